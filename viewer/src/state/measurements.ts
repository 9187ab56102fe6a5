// What was measured: points in the patient's space and, for images that do not know where they are, in pixels. It is
// what goes to the server, which writes DICOM (TID 1500, presentation states), and comes back from there.

import type { Vector } from "../api/types";

export type MeasurementKind =
  | "length"
  | "angle"
  | "cobb"
  | "bidirectional"
  | "ellipse"
  | "rectangle"
  | "freehand"
  | "polygon"
  | "probe"
  | "arrow"
  | "text";

export interface Quantity {
  /** "length", "area", "mean" ... */
  name: string;
  value: number;
  /** UCUM: mm, mm2, [hnsf'U], deg, 1 ... */
  unit: string;
}

export interface Measurement {
  id: string;
  kind: MeasurementKind;
  label: string;
  stack: string;
  study_instance_uid: string;
  series_instance_uid: string;
  /** Of the image that it was drawn on; null on a plane cut from a volume. */
  sop_instance_uid: string | null;
  frame: number | null;
  frame_of_reference_uid: string | null;
  /** LPS in mm; for images without a place, null. */
  points: Vector[] | null;
  /** Column and row of the image, from 0 in the middle of the first pixel; null on a cut plane. */
  pixels: [number, number][] | null;
  quantities: Quantity[];
  color: string | null;
  visible: boolean;
  locked: boolean;
}
