// One pane: a viewport of the library that follows the signals of the store's pane. Nothing is ever drawn that the
// store does not say; what dragging changes goes through the store.

import { Enums, type PlanarViewport, type RenderingEngine, type Types, cache, imageLoader, utilities } from "@cornerstonejs/core";
import { effect } from "@preact/signals";
import type { Frame, Stack, Vector } from "../api/types";
import { type Rectangle, add, frameIndex, latticeOf, lengthsOf, letters, middleOf, normalOf, scale, subtract } from "../state/geometry";
import type { Drawn, Pane, Pointer } from "../state/store";
import type { View } from "../state/view";
import { type Cut, coarser, cutKey, cutOf, cutStack, cutValues, factorOf, needsCut, workOf } from "./cut";
import { type Look, Painter } from "./draw";
import type { Frames } from "./frames";
import type { Overlays } from "./overlays";
import type { Values } from "./pixels";
import { Prefetch } from "./prefetch";
import type { Troubles } from "./troubles";
import type { Volumes } from "./volumes";
import { type Window, askedWindow, autoWindow, statedWindow } from "../state/window";

const { Events, ViewportType } = Enums;
/** Cut planes that are kept for coming back to them. */
const KEPT_CUTS = 6;
/** Cuts that take longer are drawn coarsely while something is dragged, in about so much time. */
const SLOW_MS = 120;
const DRAFT_MS = 60;
/** So long nothing changes before a coarse picture is replaced by the whole one. */
const STILL_MS = 150;
/** Milliseconds for each value that a cut is made of, until it has been measured. */
const GUESS_MS = 2e-5;
const COARSEST = 8;

export interface Services {
  library: RenderingEngine;
  frames: Frames;
  troubles: Troubles;
  volumes: Volumes;
  overlays: Overlays;
  /** Windows of stacks whose files name none. */
  usual: Map<string, Window | null>;
  /** Something was drawn: lines over it move with it. */
  drawn(): void;
}

/** What is to be drawn: the stack itself, or planes cut from it. */
interface Wanted {
  shown: Stack;
  index: number;
  /** It is coarse, and is to be drawn again. */
  draft?: boolean;
}

export class PaneView {
  readonly viewport: PlanarViewport;
  readonly #stop: (() => void)[] = [];
  #shown: Stack | null = null;
  #base: Stack | null = null;
  /** The drawn frame of what is shown. */
  #index = 0;
  #cut: { key: string; stack: Stack } | null = null;
  #kept: string[] = [];
  #stale: { id: string; names: string[] }[] = [];
  #prefetch: Prefetch | null = null;
  #prefetched: Stack | null = null;
  #dirty = false;
  #working = false;
  #destroyed = false;
  #window: Window | null = null;
  #perValue = GUESS_MS;
  #draft = false;
  /** Ends a slow cut that is no longer wanted. */
  #slow: AbortController | null = null;
  #changed: (() => void) | null = null;
  #make: ((index: number, signal?: AbortSignal) => Promise<Values>) | null = null;
  #made: { key: string; index: number; values: Values } | null = null;
  #look: Look = { window: null, function: "linear", invert: false, colors: "gray", smooth: true };
  readonly #painter = new Painter();

  constructor(
    readonly pane: Pane,
    readonly element: HTMLDivElement,
    private readonly services: Services,
  ) {
    services.library.enableElement({ viewportId: pane.id, element, type: ViewportType.PLANAR_NEXT, defaultOptions: {} });
    this.viewport = services.library.getViewport(pane.id) as unknown as PlanarViewport;
    const rendered = (): void => this.#tell();
    element.addEventListener(Events.IMAGE_RENDERED, rendered);
    this.#stop.push(() => element.removeEventListener(Events.IMAGE_RENDERED, rendered));
    this.#stop.push(
      effect(() => {
        void pane.stack.value;
        void pane.view.value;
        this.#dirty = true;
        this.#slow?.abort();
        this.#changed?.();
        void this.#work();
      }),
    );
  }

  destroy(): void {
    this.#destroyed = true;
    this.#slow?.abort();
    this.#changed?.();
    for (const stop of this.#stop) stop();
    this.#prefetch?.stop();
    this.#forgetCuts();
    this.services.library.disableElement(this.pane.id);
    this.#dropStale();
  }

  /** The frame that is drawn, and its stack: of a cut, the plane. */
  get frame(): { stack: Stack; frame: Frame; index: number } | null {
    const stack = this.#shown;
    const index = this.#index;
    const frame = stack?.frames[index];
    return stack && frame ? { stack, frame, index } : null;
  }

  get image(): Types.IImage | undefined {
    const drawn = this.frame;
    return drawn ? cache.getImage(this.services.frames.name(drawn.stack, drawn.index)) : undefined;
  }

  /** What is drawn is coarse: no values are to be measured in it. */
  get draft(): boolean {
    return this.#draft;
  }

  get window(): Window | null {
    return this.#window;
  }

  /** The slice that is wanted, which may not be drawn yet. */
  get target(): number {
    const stack = this.pane.stack.peek();
    const view = this.pane.view.peek();
    if (!stack) return 0;
    if (needsCut(view)) {
      const cut = this.#cut;
      return cut && view.point ? nearest(cut.stack, view.point, normalOf(cut.stack.frames[0]?.orientation ?? [])) : this.pane.slice.peek();
    }
    return view.frame === undefined ? this.pane.slice.peek() : clamp(view.frame - 1, lengthsOf(stack).slices);
  }

  /** Where the drawn frame is; null for images that do not know. */
  rectangle(): Rectangle | null {
    const drawn = this.frame;
    if (!drawn?.frame.position || !drawn.frame.orientation || !drawn.stack.pixel_spacing) return null;
    const [a, b, c, d, e, f] = drawn.frame.orientation;
    const [rowSpacing, columnSpacing] = drawn.stack.pixel_spacing;
    return {
      corner: drawn.frame.position,
      right: [a, b, c],
      down: [d, e, f],
      width: (drawn.frame.columns - 1) * columnSpacing,
      height: (drawn.frame.rows - 1) * rowSpacing,
    };
  }

  normal(): Vector | null {
    const orientation = this.frame?.frame.orientation;
    return orientation ? normalOf(orientation) : null;
  }

  /** The plane's point for showing a slice, keeping where the plane's point is within it. */
  viewAt(slice: number): Partial<View> {
    const cut = needsCut(this.pane.view.peek()) ? this.#cut : null;
    if (!cut) return { frame: slice + 1 };
    const from = cut.stack.frames[this.target]?.position;
    const to = cut.stack.frames[slice]?.position;
    if (!from || !to) return {};
    return { point: add(this.#point(), subtract(to, from)) };
  }

  #point(): Vector {
    const view = this.pane.view.peek();
    const stack = this.pane.stack.peek();
    const lattice = stack ? latticeOf(stack) : null;
    return view.point ?? (lattice ? middleOf(lattice) : [0, 0, 0]);
  }

  /** One thing after the other, and always the newest wish: what was passed over is never fetched. */
  async #work(): Promise<void> {
    if (this.#working) return;
    this.#working = true;
    this.pane.behind.value = true;
    try {
      while (this.#dirty && !this.#destroyed) {
        this.#dirty = false;
        const coarse = await this.#step(true);
        if (coarse && (await this.#still())) await this.#step(false);
      }
    } finally {
      this.#working = false;
      this.pane.behind.value = false;
    }
  }

  /** Whether nothing is changed for a while. */
  async #still(): Promise<boolean> {
    if (!this.#dirty) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, STILL_MS);
        this.#changed = () => {
          clearTimeout(timer);
          resolve();
        };
      });
      this.#changed = null;
    }
    return !this.#dirty && !this.#destroyed;
  }

  /** Draw what is wanted, coarsely where that is allowed and needed; tells whether it was. */
  async #step(hurry: boolean): Promise<boolean> {
    const stack = this.pane.stack.peek();
    const view = this.pane.view.peek();
    if (!stack) {
      this.#clear();
      return false;
    }
    const slow = hurry ? null : new AbortController();
    this.#slow = slow;
    try {
      if (this.#base !== stack) {
        this.#base = stack;
        this.services.frames.add(stack);
      }
      const source = needsCut(view) ? await this.services.volumes.straight(stack) : stack;
      const wanted = this.#resolve(source, view, hurry);
      this.#fetchAhead(stack, wanted);
      const name = this.services.frames.name(wanted.shown, wanted.index);
      if (slow && this.#make && this.#cut && this.#cut.stack === wanted.shown && !cache.getImage(name)) {
        // Not within the library, which would leave the end of what is given up to nobody.
        const { key } = this.#cut;
        this.#made = { key, index: wanted.index, values: await this.#make(wanted.index, slow.signal) };
      }
      if (!cache.getImage(name)) await imageLoader.loadAndCacheImage(name);
      if (this.#destroyed || this.pane.stack.peek() !== stack) return false;
      this.#draft = wanted.draft ?? false;
      await this.#draw(wanted, this.pane.view.peek());
      return this.#draft;
    } catch (error) {
      if (this.#destroyed || this.pane.stack.peek() !== stack || slow?.signal.aborted) return false;
      this.pane.reason.value = error instanceof Error ? error.message : String(error);
      this.pane.phase.value = "failed";
      return false;
    } finally {
      this.#slow = null;
    }
  }

  #resolve(stack: Stack, view: View, hurry: boolean): Wanted {
    const { slices, times } = lengthsOf(stack);
    const time = clamp((view.time ?? 1) - 1, times);
    this.pane.times.value = times;
    if (!needsCut(view)) {
      // A movie begins at its beginning, everything else in its middle.
      const usual = stack.kind === "cine" ? 0 : Math.floor(slices / 2);
      return { shown: stack, index: frameIndex(stack, view.frame === undefined ? usual : view.frame - 1, time) };
    }
    const whole = cutOf(view, stack);
    const lattice = latticeOf(stack);
    if (!whole || !lattice) throw new Error(stack.no_volume ?? "This series is no volume: no other plane can be cut from it.");
    const known = `${cutKey(view, whole)};${time}`;
    const takes = workOf(whole) * this.#perValue;
    const coarse = hurry && takes > SLOW_MS && !this.#has(known, whole, view);
    const factor = coarse ? Math.min(factorOf(whole, takes / DRAFT_MS), COARSEST) : 1;
    const cut = factor > 1 ? coarser(whole, factor) : whole;
    const key = factor > 1 ? `${known};coarse${factor}` : known;
    if (this.#cut?.key !== key || !this.#cut.stack.id.startsWith(`${stack.id}|`)) {
      this.#forgetCuts();
      this.#cut = { key, stack: cutStack(stack, key, cut) };
      const make = async (index: number, signal?: AbortSignal): Promise<Values> => {
        const all = await this.services.volumes.slices(stack, time);
        const begun = performance.now();
        const values = await cutValues(cut, lattice, all, index, signal);
        this.#perValue = (performance.now() - begun) / workOf(cut);
        return values;
      };
      this.#make = make;
      this.services.frames.add(this.#cut.stack, async (index) => {
        const made = this.#made;
        this.#made = null;
        return made?.key === key && made.index === index ? made.values : make(index);
      });
    }
    const shown = this.#cut.stack;
    return { shown, index: nearest(shown, view.point ?? this.#point(), cut.axes.away), draft: factor > 1 };
  }

  /** Whether the whole picture of a cut is there already. */
  #has(key: string, cut: Cut, view: View): boolean {
    if (this.#cut?.key !== key) return false;
    const { stack } = this.#cut;
    const name = this.services.frames.name(stack, nearest(stack, view.point ?? this.#point(), cut.axes.away));
    return cache.getImage(name) !== undefined;
  }

  #fetchAhead(stack: Stack, wanted: Wanted): void {
    if (this.#prefetched !== stack) {
      this.#prefetch?.stop();
      this.#prefetched = stack;
      this.#prefetch = new Prefetch(this.services.frames.names(stack), wanted.index, (loaded) => {
        this.pane.loaded.value = loaded;
      });
    }
    if (wanted.shown === stack) this.#prefetch?.around(wanted.index);
  }

  async #draw(wanted: Wanted, view: View): Promise<void> {
    const { shown, index } = wanted;
    const dataId = `stack:${shown.id}`;
    if (this.#shown !== shown) {
      const previous = this.viewport.getDisplaySets().map((each) => each.displaySetId);
      utilities.genericViewportDisplaySetMetadataProvider.add(dataId, {
        imageIds: this.services.frames.names(shown),
        initialImageIdIndex: index,
        kind: "planar",
      });
      await this.viewport.setDisplaySets({ displaySetId: dataId });
      for (const old of previous) {
        if (old !== dataId) utilities.genericViewportDisplaySetMetadataProvider.remove(old);
      }
      this.#shown = shown;
      this.#dropStale();
    }
    this.#index = index;
    this.pane.slices.value = lengthsOf(shown).slices;
    this.pane.slice.value = index % lengthsOf(shown).slices;
    const name = this.services.frames.name(shown, index);
    this.pane.reason.value = this.services.troubles.of(name) ?? "";
    this.#rememberCut(shown, name);
    this.#apply(shown, index, view);
    this.pane.phase.value = "ready";
    await frameOrSoon();
  }

  #apply(shown: Stack, index: number, view: View): void {
    this.#window = this.#windowFor(this.pane.stack.peek() ?? shown, index, view);
    const stated = this.frame?.frame.window?.function ?? "linear";
    this.#look = {
      window: this.#window,
      function: view.function ?? (stated as Look["function"]),
      invert: (view.invert ?? false) !== (shown.photometric === "MONOCHROME1"),
      colors: view.colors ?? "gray",
      smooth: view.interpolation !== "nearest",
    };
    // Views are mirrored before they are turned, the library's after: a quarter turn exchanges the mirrors.
    const quarter = (view.rotate ?? 0) % 180 !== 0;
    const [across, down] = [view.flip_horizontal ?? false, view.flip_vertical ?? false];
    this.viewport.setViewState({
      slice: { kind: "stackIndex", imageIdIndex: index },
      rotation: view.rotate ?? 0,
      flipHorizontal: quarter ? down : across,
      flipVertical: quarter ? across : down,
      scale: [view.zoom ?? 1, view.zoom ?? 1],
      scaleMode: "fit",
      anchorCanvas: [0.5, 0.5],
      anchorWorld: view.center,
    });
  }

  /** Overlays and shutters of a frame, or those of a presentation state; they are drawn when they are there. */
  #over(frame: Frame): ImageBitmap | null {
    const { file } = frame;
    const { overlays, presentation } = this.pane.view.peek();
    if ((!overlays && presentation === undefined) || file === undefined || file === null || !frame.url) return null;
    return this.services.overlays.of(file, frame.frame, presentation, () => {
      this.#dirty = true;
      void this.#work();
    });
  }

  #windowFor(stack: Stack, index: number, view: View): Window | null {
    const values = this.image?.getPixelData() ?? null;
    if (stack.samples === 3) return null;
    const found = askedWindow(view, stack, values) ?? statedWindow(stack, index);
    if (found) return found;
    // From the values that were seen first, so that brightness stays while scrolling, and is the same in all panes.
    const { usual } = this.services;
    if (!usual.has(stack.id) && values) usual.set(stack.id, autoWindow(values));
    return usual.get(stack.id) ?? null;
  }

  /** Draw an image of the library on its canvas. */
  paint(canvas: HTMLCanvasElement, image: Types.IImage): void {
    if (!this.frame || image !== this.image) return;
    const ratio = canvas.width / Math.max(this.element.clientWidth, 1);
    const at = (pixel: [number, number]): [number, number] => {
      const [x, y] = this.viewport.worldToCanvas(this.worldOf(pixel));
      return [x * ratio, y * ratio];
    };
    // The corner of the first pixel, and one pixel to the right and down; far away, so that rounding does not matter.
    const far = 1000;
    const corner = at([-0.5, -0.5]);
    const right = at([far - 0.5, -0.5]);
    const down = at([-0.5, far - 0.5]);
    this.#painter.draw(canvas, image, this.#look, [
      (right[0] - corner[0]) / far,
      (right[1] - corner[1]) / far,
      (down[0] - corner[0]) / far,
      (down[1] - corner[1]) / far,
      corner[0],
      corner[1],
    ], this.#over(this.frame.frame));
  }

  #clear(): void {
    this.#prefetch?.stop();
    this.#prefetch = null;
    this.#prefetched = null;
    this.#shown = null;
    this.#base = null;
    this.#forgetCuts();
    for (const { displaySetId } of this.viewport.getDisplaySets()) this.viewport.removeData(displaySetId);
    this.#dropStale();
    this.pane.slices.value = 0;
    this.pane.drawn.value = null;
  }

  #rememberCut(shown: Stack, name: string): void {
    if (shown === this.pane.stack.peek()) return;
    this.#kept = [...this.#kept.filter((each) => each !== name), name];
    while (this.#kept.length > KEPT_CUTS) drop(this.#kept.shift() as string);
  }

  /** Give up the planes that were cut. They are known until something else is drawn, since the library asks of them. */
  #forgetCuts(): void {
    if (this.#cut) this.#stale.push({ id: this.#cut.stack.id, names: this.#kept });
    this.#kept = [];
    this.#cut = null;
  }

  #dropStale(): void {
    for (const { id, names } of this.#stale) {
      if (id === this.#cut?.stack.id) continue;
      for (const name of names) drop(name);
      this.services.frames.delete(id);
    }
    this.#stale = [];
  }

  /** The element has another size: a canvas that is resized is empty. */
  resized(): void {
    this.viewport.resize();
    this.#dirty = true;
    void this.#work();
  }

  /** Tell the store what is drawn. */
  #tell(): void {
    const drawn = this.frame;
    if (!drawn || this.#destroyed) return;
    const next = this.#drawnNow(drawn.stack, drawn.frame);
    if (JSON.stringify(next) !== JSON.stringify(this.pane.drawn.peek())) this.pane.drawn.value = next;
    this.services.drawn();
  }

  #drawnNow(stack: Stack, frame: Frame): Drawn {
    const from = this.viewport.canvasToWorld([100, 100]) as Vector;
    const right = subtract(this.viewport.canvasToWorld([200, 100]) as Vector, from);
    const down = subtract(this.viewport.canvasToWorld([100, 200]) as Vector, from);
    const known = frame.orientation !== null && frame.orientation !== undefined;
    const perPixel = Math.hypot(...right) / 100;
    return {
      window: this.#window,
      letters: known
        ? {
            left: letters(scale(right, -1)),
            right: letters(right),
            top: letters(scale(down, -1)),
            bottom: letters(down),
          }
        : null,
      millimetersPerPixel: stack.pixel_spacing ? perPixel : null,
      magnification: (stack.pixel_spacing?.[1] ?? 1) / perPixel,
    };
  }

  /** What is under a point of the element. */
  pointerAt(x: number, y: number): Pointer | null {
    const drawn = this.frame;
    const image = this.image;
    if (!drawn || !image) return null;
    const world = this.viewport.canvasToWorld([x, y]) as Vector;
    const [column, row] = this.pixelOf(world);
    const [c, r] = [Math.round(column), Math.round(row)];
    if (c < 0 || r < 0 || c >= drawn.frame.columns || r >= drawn.frame.rows) return null;
    const values = image.getPixelData();
    const samples = drawn.stack.samples;
    const at = (r * drawn.frame.columns + c) * samples;
    return {
      world: drawn.frame.position ? world : null,
      pixel: [column, row],
      value: Array.from({ length: samples }, (_, sample) => Number(values[at + sample])),
      unit: drawn.stack.unit,
    };
  }

  /** The point of a column and row, as `pixelOf` counts them. */
  worldOf([column, row]: readonly [number, number]): Vector {
    const drawn = this.frame;
    const [a, b, c, d, e, f] = drawn?.frame.orientation ?? [1, 0, 0, 0, 1, 0];
    const [rowSpacing, columnSpacing] = drawn?.stack.pixel_spacing ?? [1, 1];
    const across = add(scale([a, b, c], column * columnSpacing), scale([d, e, f], row * rowSpacing));
    return add(drawn?.frame.position ?? [0, 0, 0], across);
  }

  /** Column and row of a point, from 0 in the middle of the first pixel. */
  pixelOf(world: Vector): [number, number] {
    const drawn = this.frame;
    if (!drawn) return [Number.NaN, Number.NaN];
    const [a, b, c, d, e, f] = drawn.frame.orientation ?? [1, 0, 0, 0, 1, 0];
    const [rowSpacing, columnSpacing] = drawn.stack.pixel_spacing ?? [1, 1];
    const away = subtract(world, drawn.frame.position ?? [0, 0, 0]);
    return [
      (away[0] * a + away[1] * b + away[2] * c) / columnSpacing,
      (away[0] * d + away[1] * e + away[2] * f) / rowSpacing,
    ];
  }
}

function clamp(index: number, count: number): number {
  return Math.min(Math.max(0, index), count - 1);
}

function nearest(stack: Stack, point: Vector, away: Vector): number {
  const depth = (place: Vector): number => place[0] * away[0] + place[1] * away[1] + place[2] * away[2];
  const first = stack.frames[0]?.position;
  const second = stack.frames[1]?.position;
  if (!first || !second) return 0;
  return clamp(Math.round((depth(point) - depth(first)) / (depth(second) - depth(first))), stack.frames.length);
}

function drop(name: string): void {
  if (cache.getImageLoadObject(name)) cache.removeImageLoadObject(name, { force: true });
}

/** Until the next picture is drawn; hidden pages draw none. */
function frameOrSoon(): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, 50);
    requestAnimationFrame(() => {
      clearTimeout(timer);
      resolve();
    });
  });
}
