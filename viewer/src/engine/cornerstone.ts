// The engine made of Cornerstone3D: what the panes share, and what concerns more than one of them.

import { RenderingEngine, type Types, cache, init as initCore, setUseCPURendering } from "@cornerstonejs/core";
import { batch, effect } from "@preact/signals";
import type { Vector } from "../api/types";
import type { Commands } from "../state/commands";
import type { Measurement } from "../state/measurements";
import { lengthsOf } from "../state/geometry";
import type { Store, Tool } from "../state/store";
import type { View } from "../state/view";
import { pictureOf } from "./capture";
import { Cine } from "./cine";
import type { Engine, Shown } from "./engine";
import { Frames } from "./frames";
import { Layer } from "./layer";
import { follow, pointOfSlice, sharesSpace, showPoint } from "./linking";
import { registerLoader } from "./loader";
import { registerMetadata } from "./metadata";
import { Measuring, middleOf } from "./measuring";
import { type Hands, Navigation } from "./navigation";
import { Overlays } from "./overlays";
import { PaneView } from "./pane";
import { Troubles } from "./troubles";
import { Volumes } from "./volumes";
import { type Window, autoWindow } from "../state/window";

const MEGABYTE = 1024 * 1024;
const MOST_PIXELS = 2048 * MEGABYTE;
/** Of stacks that are no longer shown: they are there at once when one comes back to them. */
const MOST_CLOSED = 128 * MEGABYTE;

interface Mounted {
  view: PaneView;
  layer: Layer;
  measuring: Measuring;
  navigation: Navigation;
  watch: ResizeObserver;
}

export class CornerstoneEngine implements Engine, Hands {
  readonly #frames = new Frames();
  readonly #troubles = new Troubles();
  readonly #volumes = new Volumes(this.#frames, this.#troubles);
  readonly #overlays = new Overlays();
  readonly #usual = new Map<string, Window | null>();
  readonly #panes = new Map<string, Mounted>();
  readonly #cine = new Cine();
  #library: RenderingEngine | null = null;
  #resizing = false;
  #starting: Promise<void> | null = null;

  constructor(
    private readonly store: Store,
    private readonly commands: Commands,
  ) {}

  start(): Promise<void> {
    this.#starting ??= this.#start();
    return this.#starting;
  }

  async #start(): Promise<void> {
    // Planes are drawn by the processor on every machine: the picture is the same everywhere, no context is lost, and
    // graphics cards made of software, which hang, are never asked.
    initCore({ rendering: { useGenericViewport: true, useCPURendering: true } } as never);
    setUseCPURendering(true);
    cache.setMaxCacheSize(MOST_PIXELS);
    registerMetadata(this.#frames);
    registerLoader(this.#frames, this.#troubles, (canvas, image) => this.#draw(canvas, image));
    this.#library = new RenderingEngine("hounsfield");
    effect(() => {
      void this.store.panes.value.map((pane) => pane.stack.value?.id);
      setTimeout(() => this.#tidy(), 1000);
    });
  }

  async mount(element: HTMLDivElement, paneId: string): Promise<void> {
    await this.start();
    const pane = this.store.pane(paneId);
    if (!pane || !this.#library) return;
    this.unmount(paneId);
    const view = new PaneView(pane, element, {
      library: this.#library,
      frames: this.#frames,
      troubles: this.#troubles,
      volumes: this.#volumes,
      overlays: this.#overlays,
      usual: this.#usual,
      drawn: () => {
        this.#panes.get(paneId)?.layer.draw();
        this.#panes.get(paneId)?.measuring.draw();
      },
    });
    const layer = new Layer(view, this.store, { all: () => this.#views() });
    const measuring = new Measuring(view, this.store, layer.svg, (change) => this.commands.did(change));
    const navigation = new Navigation(view, this.store, layer, measuring, this);
    const watch = new ResizeObserver(() => this.resize());
    watch.observe(element);
    this.#panes.set(paneId, { view, layer, measuring, navigation, watch });
  }

  unmount(paneId: string): void {
    const mounted = this.#panes.get(paneId);
    if (!mounted) return;
    this.#panes.delete(paneId);
    this.#cine.stop(mounted.view.pane);
    mounted.watch.disconnect();
    mounted.navigation.destroy();
    mounted.measuring.destroy();
    mounted.layer.destroy();
    mounted.view.destroy();
    this.#tidy();
  }

  #draw(canvas: HTMLCanvasElement, image: Types.IImage): void {
    this.#views()
      .find((view) => view.viewport.getCanvas() === canvas)
      ?.paint(canvas, image);
  }

  #views(): PaneView[] {
    return [...this.#panes.values()].map((each) => each.view);
  }

  #view(paneId: string): PaneView | undefined {
    return this.#panes.get(paneId)?.view;
  }

  resize(): void {
    if (this.#resizing) return;
    this.#resizing = true;
    requestAnimationFrame(() => {
      this.#resizing = false;
      this.#library?.resize(true, true);
      for (const view of this.#views()) view.resized();
    });
  }

  setTool(tool: Tool): void {
    this.store.tool.value = tool;
  }

  scroll(paneId: string, slices: number): void {
    const pane = this.store.pane(paneId);
    const view = this.#view(paneId);
    if (!pane || !view) return;
    this.goTo(paneId, Math.min(Math.max(view.target + slices, 0), pane.slices.peek() - 1));
  }

  goTo(paneId: string, slice: number): void {
    const view = this.#view(paneId);
    if (!view) return;
    batch(() => {
      const point = pointOfSlice(view, slice);
      this.store.change(paneId, view.viewAt(slice));
      if (point) follow(this.store, view, this.#views(), point);
    });
  }

  jump(paneId: string, point: Vector): void {
    const view = this.#view(paneId);
    if (!view) return;
    batch(() => {
      for (const other of this.#views()) {
        if (other !== view && sharesSpace(view, other)) showPoint(this.store, other, point);
      }
    });
  }

  did(paneId: string, before: View, after: View): void {
    const put = (view: View) => (): void => {
      const pane = this.store.pane(paneId);
      if (pane) pane.view.value = view;
    };
    this.commands.did({ undo: put(before), redo: put(after) });
  }

  play(paneId: string): void {
    const pane = this.store.pane(paneId);
    if (pane) this.#cine.play(pane, (slice) => this.goTo(paneId, slice));
  }

  stop(paneId: string): void {
    const pane = this.store.pane(paneId);
    if (pane) this.#cine.stop(pane);
  }

  zoom(paneId: string, factor: number): void {
    const pane = this.store.pane(paneId);
    if (pane) this.store.change(paneId, { zoom: Math.min(Math.max((pane.view.peek().zoom ?? 1) * factor, 0.05), 100) });
  }

  actualSize(paneId: string): void {
    const pane = this.store.pane(paneId);
    const drawn = pane?.drawn.peek();
    if (!pane || !drawn) return;
    const zoom = pane.view.peek().zoom ?? 1;
    this.store.change(paneId, { zoom: zoom / (drawn.magnification * window.devicePixelRatio) });
  }

  fit(paneId: string): void {
    this.store.change(paneId, { zoom: 1, center: undefined });
  }

  autoWindow(paneId: string): { center: number; width: number } | null {
    const image = this.#view(paneId)?.image;
    return image && !image.color ? autoWindow(image.getPixelData()) : null;
  }

  show(measurement: Measurement): void {
    const views = this.#views();
    const view = views.find((each) => each.pane.stack.peek()?.id === measurement.stack);
    if (!view) return;
    const stack = view.pane.stack.peek();
    const frame = stack?.frames.findIndex(
      (each) => each.sop_instance_uid === measurement.sop_instance_uid && each.frame === (measurement.frame ?? 1),
    );
    const point = middleOf(measurement);
    batch(() => {
      this.store.activeId.value = view.pane.id;
      this.store.selected.value = measurement.id;
      if (stack && frame !== undefined && frame >= 0) {
        const { slices } = lengthsOf(stack);
        const time = Math.floor(frame / slices) + 1;
        this.store.change(view.pane.id, { plane: "acquisition", slab: 0, frame: (frame % slices) + 1, time });
      }
      else if (point) this.store.change(view.pane.id, { point });
    });
  }

  close(paneId: string): boolean {
    return this.#panes.get(paneId)?.measuring.close() ?? false;
  }

  locate(paneId: string, point: Vector | [number, number]): [number, number] | null {
    const view = this.#view(paneId);
    if (!view?.frame) return null;
    const [first, second, third] = point;
    const place: Vector = third === undefined ? view.worldOf([first, second]) : [first, second, third];
    const [x, y] = view.viewport.worldToCanvas(place);
    return [x, y];
  }

  shown(paneId: string): Shown | null {
    const view = this.#view(paneId);
    const drawn = view?.frame;
    const values = view?.image?.getPixelData();
    if (!drawn || !values) return null;
    const { stack, frame } = drawn;
    return {
      columns: frame.columns,
      rows: frame.rows,
      samples: stack.samples,
      unit: stack.unit,
      position: frame.position,
      orientation: frame.orientation,
      spacing: stack.pixel_spacing,
      values,
    };
  }

  async capture(paneId: string, { measurements = true }: { measurements?: boolean } = {}): Promise<Blob> {
    const mounted = this.#panes.get(paneId);
    if (!mounted?.view.frame) throw new Error("The pane shows nothing.");
    return pictureOf(mounted.view.viewport.getCanvas(), measurements ? mounted.layer.svg : null);
  }

  memory(): { bytes: number; limit: number } {
    return { bytes: cache.getCacheSize(), limit: cache.getMaxCacheSize() };
  }

  /** Give back the pixels of stacks that no pane shows, the least recently seen first. */
  #tidy(): void {
    const shown = new Set(this.store.panes.peek().flatMap((pane) => pane.stack.peek()?.id ?? []));
    this.#volumes.keep(shown);
    let closed = 0;
    for (const name of this.#frames.recentNames(shown)) {
      const bytes = cache.getImage(name)?.sizeInBytes;
      if (bytes === undefined) continue;
      closed += bytes;
      if (closed > MOST_CLOSED) cache.removeImageLoadObject(name, { force: true });
    }
  }

  destroy(): void {
    for (const paneId of [...this.#panes.keys()]) this.unmount(paneId);
    this.#library?.destroy();
    this.#library = null;
  }
}
