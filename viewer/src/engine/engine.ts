// What draws: an interface without any name of the library behind it. The user interface and the commands know only
// this; `cornerstone/` implements it, and is the only place that imports Cornerstone3D.

import type { Vector } from "../api/types";
import type { Measurement } from "../state/measurements";
import type { Tool } from "../state/store";

/** The drawn frame or cut plane: its values, row by row, and where it is. */
export interface Shown {
  columns: number;
  rows: number;
  samples: number;
  unit: string;
  position: Vector | null;
  orientation: number[] | null;
  spacing: [number, number] | null;
  values: ArrayLike<number>;
}

export interface Engine {
  /** Ready the library once; resolves when panes can be mounted. */
  start(): Promise<void>;
  /** Draw a pane of the store into an element, and follow its signals until `unmount`. */
  mount(element: HTMLDivElement, paneId: string): Promise<void>;
  unmount(paneId: string): void;
  /** The size of elements has changed. */
  resize(): void;

  /** What the left mouse button does in all panes. */
  setTool(tool: Tool): void;
  /** Move by slices in the shown plane; linked panes follow by position. */
  scroll(paneId: string, slices: number): void;
  /** Show a slice of the shown plane, from 0. */
  goTo(paneId: string, slice: number): void;
  /** Move the plane (and linked panes) to a point of the patient. */
  jump(paneId: string, point: Vector): void;
  play(paneId: string): void;
  stop(paneId: string): void;
  /** Zoom about the middle; 1:1 is `actualSize`. */
  zoom(paneId: string, factor: number): void;
  actualSize(paneId: string): void;
  fit(paneId: string): void;
  /** Least and greatest value of what is shown, without the outermost thousandths. */
  autoWindow(paneId: string): { center: number; width: number } | null;

  /** Finish an open outline, or give up what is being drawn; whether there was something. */
  close(paneId: string): boolean;
  /** Show the slice and the place of a measurement. */
  show(measurement: Measurement): void;

  /** Where a point of the patient is in the element, in CSS pixels; of an image without a place, of a column and row. */
  locate(paneId: string, point: Vector | [number, number]): [number, number] | null;
  shown(paneId: string): Shown | null;
  /** What is seen, as a PNG, with or without measurements and lines. */
  capture(paneId: string, options?: { measurements?: boolean }): Promise<Blob>;
  /** Bytes of pixel data that are kept. */
  memory(): { bytes: number; limit: number };
  destroy(): void;
}
