// The engine made of Cornerstone3D.

import { RenderingEngine, cache, getRenderingCapabilities, init as initCore } from "@cornerstonejs/core";
import { init as initTools } from "@cornerstonejs/tools";
import type { Vector } from "../api/types";
import type { Measurement } from "../state/measurements";
import type { Store, Tool } from "../state/store";
import type { Engine } from "./engine";
import { Frames } from "./frames";
import { registerLoader } from "./loader";
import { registerMetadata } from "./metadata";
import { PaneView } from "./pane";
import { Troubles } from "./troubles";
import { autoWindow } from "./window";

const MEGABYTE = 1024 * 1024;

export class CornerstoneEngine implements Engine {
  readonly #frames = new Frames();
  readonly #troubles = new Troubles();
  readonly #panes = new Map<string, PaneView>();
  #library: RenderingEngine | null = null;
  #starting: Promise<void> | null = null;

  constructor(private readonly store: Store) {}

  start(): Promise<void> {
    this.#starting ??= this.#start();
    return this.#starting;
  }

  async #start(): Promise<void> {
    const { webgl, softwareRasterizer } = getRenderingCapabilities();
    initCore({
      rendering: {
        useGenericViewport: true,
        // A graphics card in software draws more slowly than the library's own code for planes.
        useCPURendering: !webgl || softwareRasterizer,
      },
    } as never);
    initTools();
    cache.setMaxCacheSize(2048 * MEGABYTE);
    registerMetadata(this.#frames);
    registerLoader(this.#frames, this.#troubles);
    this.#library = new RenderingEngine("hounsfield");
  }

  async mount(element: HTMLDivElement, paneId: string): Promise<void> {
    await this.start();
    const pane = this.store.pane(paneId);
    if (!pane || !this.#library) return;
    this.unmount(paneId);
    this.#panes.set(paneId, new PaneView(pane, element, this.#library, this.#frames, this.#troubles));
  }

  unmount(paneId: string): void {
    this.#panes.get(paneId)?.destroy();
    this.#panes.delete(paneId);
  }

  resize(): void {
    this.#library?.resize(true, true);
  }

  setTool(_tool: Tool): void {}

  scroll(paneId: string, slices: number): void {
    void this.#panes.get(paneId)?.viewport.scroll(slices);
  }

  goTo(paneId: string, slice: number): void {
    void this.#panes.get(paneId)?.viewport.setImageIdIndex(slice);
  }

  jump(_paneId: string, _point: Vector): void {}
  play(_paneId: string): void {}
  stop(_paneId: string): void {}

  zoom(paneId: string, factor: number): void {
    const viewport = this.#panes.get(paneId)?.viewport;
    if (viewport) this.store.change(paneId, { zoom: viewport.getZoom() * factor });
  }

  actualSize(_paneId: string): void {}
  fit(paneId: string): void {
    this.store.change(paneId, { zoom: 1, center: undefined });
  }

  autoWindow(paneId: string): { center: number; width: number } | null {
    const imageId = this.#panes.get(paneId)?.viewport.getCurrentImageId();
    const image = imageId ? cache.getImage(imageId) : undefined;
    return image ? autoWindow(image.getPixelData()) : null;
  }

  restore(_measurements: readonly Measurement[]): void {}
  remove(_measurementId: string): void {}
  show(_measurement: Measurement): void {}

  capture(paneId: string): Promise<Blob> {
    const canvas = this.#panes.get(paneId)?.viewport.getCanvas();
    return new Promise((resolve, reject) => {
      if (!canvas) reject(new Error("There is no such pane."));
      else canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error("The picture could not be made."))), "image/png");
    });
  }

  memory(): { bytes: number; limit: number } {
    return { bytes: cache.getCacheSize(), limit: cache.getMaxCacheSize() };
  }

  destroy(): void {
    for (const paneId of [...this.#panes.keys()]) this.unmount(paneId);
    this.#library?.destroy();
    this.#library = null;
  }
}
