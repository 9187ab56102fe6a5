// One pane: a viewport of the library that follows the signals of the store's pane, and writes back what dragging
// changed.

import { Enums, type PlanarViewport, type RenderingEngine, type Types, cache, utilities } from "@cornerstonejs/core";
import { effect } from "@preact/signals";
import type { Stack } from "../api/types";
import type { Pane } from "../state/store";
import type { View } from "../state/view";
import type { Frames } from "./frames";
import { Prefetch } from "./prefetch";
import type { Troubles } from "./troubles";
import { windowOf } from "./window";

const { Events, OrientationAxis, ViewportType } = Enums;

const AXES = {
  axial: OrientationAxis.AXIAL,
  coronal: OrientationAxis.CORONAL,
  sagittal: OrientationAxis.SAGITTAL,
} as const;

export class PaneView {
  readonly #stop: (() => void)[] = [];
  readonly viewport: PlanarViewport;
  #shown: string | null = null;
  #drawing = false;
  #applied: View = {};
  #prefetch: Prefetch | null = null;

  constructor(
    readonly pane: Pane,
    readonly element: HTMLDivElement,
    private readonly library: RenderingEngine,
    private readonly frames: Frames,
    private readonly troubles: Troubles,
  ) {
    library.enableElement({ viewportId: pane.id, element, type: ViewportType.PLANAR_NEXT, defaultOptions: {} });
    this.viewport = library.getViewport(pane.id) as unknown as PlanarViewport;
    this.#listen(Events.STACK_NEW_IMAGE, () => this.#moved());
    this.#listen(Events.VOLUME_NEW_IMAGE, () => this.#moved());
    this.#listen(Events.CAMERA_MODIFIED, () => this.#moved());
    this.#stop.push(effect(() => void this.#show(pane.stack.value)));
    this.#stop.push(effect(() => this.#apply(pane.view.value)));
  }

  destroy(): void {
    for (const stop of this.#stop) stop();
    this.#prefetch?.stop();
    this.library.disableElement(this.pane.id);
  }

  #listen(name: string, handle: () => void): void {
    this.element.addEventListener(name, handle);
    this.#stop.push(() => this.element.removeEventListener(name, handle));
  }

  async #show(stack: Stack | null): Promise<void> {
    if (this.#shown === (stack?.id ?? null)) return;
    this.#shown = stack?.id ?? null;
    this.#prefetch?.stop();
    this.#prefetch = null;
    if (!stack) {
      for (const { displaySetId } of this.viewport.getDisplaySets()) this.viewport.removeData(displaySetId);
      return;
    }
    this.frames.add(stack);
    const imageIds = this.frames.names(stack);
    const dataId = `stack:${stack.id}`;
    const first = Math.min((this.pane.view.peek().frame ?? middle(imageIds.length)) - 1, imageIds.length - 1);
    utilities.genericViewportDisplaySetMetadataProvider.add(dataId, {
      imageIds,
      initialImageIdIndex: first,
      kind: "planar",
    });
    try {
      await this.viewport.setDisplaySets({ displaySetId: dataId });
    } catch (error) {
      if (this.#shown !== stack.id) return;
      this.pane.reason.value = error instanceof Error ? error.message : String(error);
      this.pane.phase.value = "failed";
      return;
    }
    if (this.#shown !== stack.id) return;
    this.#drawing = true;
    this.pane.phase.value = "ready";
    this.#applied = {};
    this.#apply(this.pane.view.peek());
    this.viewport.render();
    this.#moved();
    this.#prefetch = new Prefetch(imageIds, first, (loaded) => {
      this.pane.loaded.value = loaded;
    });
  }

  /** Draw what differs from what is drawn. */
  #apply(view: View): void {
    if (!this.#drawing || this.pane.phase.peek() !== "ready") return;
    const stack = this.pane.stack.peek();
    if (!stack) return;
    const before = this.#applied;
    this.#applied = view;
    const state: Record<string, unknown> = {};
    if (view.rotate !== before.rotate) state["rotation"] = view.rotate ?? 0;
    if (view.flip_horizontal !== before.flip_horizontal) state["flipHorizontal"] = view.flip_horizontal ?? false;
    if (view.flip_vertical !== before.flip_vertical) state["flipVertical"] = view.flip_vertical ?? false;
    if (Object.keys(state).length > 0) this.viewport.setViewState(state);
    if (view.zoom !== before.zoom) this.viewport.setZoom(view.zoom ?? 1);
    const presentation: Record<string, unknown> = {};
    const window = windowOf(view, stack, this.#image());
    if (window) presentation["voiRange"] = { lower: window.center - window.width / 2, upper: window.center + window.width / 2 };
    presentation["invert"] = (view.invert ?? false) !== (stack.photometric === "MONOCHROME1");
    this.viewport.setDisplaySetPresentation(presentation);
    if (view.frame !== undefined && view.frame !== before.frame) void this.viewport.setImageIdIndex(view.frame - 1);
    this.viewport.render();
  }

  #image(): Types.IImage | undefined {
    const imageId = this.viewport.getCurrentImageId();
    return imageId ? cache.getImage(imageId) : undefined;
  }

  /** The library shows another slice or place: tell the store. */
  #moved(): void {
    if (!this.#drawing) return;
    const slice = this.viewport.getSliceIndex();
    this.pane.slices.value = this.viewport.getNumberOfSlices();
    this.pane.slice.value = slice;
    this.#prefetch?.around(slice);
    const imageId = this.viewport.getCurrentImageId();
    this.pane.reason.value = imageId ? (this.troubles.of(imageId) ?? "") : "";
  }

  axis(): (typeof AXES)[keyof typeof AXES] | undefined {
    const plane = this.pane.view.peek().plane;
    return plane === "axial" || plane === "coronal" || plane === "sagittal" ? AXES[plane] : undefined;
  }
}

function middle(count: number): number {
  return Math.floor(count / 2) + 1;
}
