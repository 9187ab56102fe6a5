// The server's JSON (docs/reference/server.md), as far as the viewer uses it. Points are LPS in millimeters; frames
// count from 1, as in DICOM.

export type Vector = [number, number, number];

export type StackKind = "stack" | "volume" | "cine" | "color";

export interface Issue {
  code: string;
  severity: "error" | "warning" | "info";
  message: string;
  where?: string;
  hint?: string | null;
  count?: number;
}

export interface SeriesRow {
  series_instance_uid: string;
  modality: string | null;
  series_number: number | null;
  description: string | null;
  body_part: string | null;
  laterality: string | null;
  date: string | null;
  time: string | null;
  frame_of_reference_uid: string | null;
  instances: number;
  frames: number;
  bytes: number;
  /** Whether there are pictures in it. */
  images: boolean;
  issues: Issue[];
  /** Address of a small picture. */
  thumbnail: string | null;
}

export interface StudyRow {
  study_instance_uid: string;
  patient_id: string | null;
  patient_name: string | null;
  patient_birth_date: string | null;
  patient_sex: string | null;
  patient_age: string | null;
  date: string | null;
  time: string | null;
  description: string | null;
  accession_number: string | null;
  referring_physician: string | null;
  modalities: string[];
  instances: number;
  bytes: number;
  issues: Issue[];
  series: SeriesRow[];
}

export type WindowFunction = "linear" | "linear-exact" | "sigmoid";

export interface WindowPreset {
  name: string;
  center: number;
  width: number;
  function?: WindowFunction;
}

/** A region of an ultrasound image with a scale of its own (Sequence of Ultrasound Regions, PS3.3 C.8.5.5). */
export interface UltrasoundRegion {
  /** Left, top, right, bottom in pixels, from 0. */
  box: [number, number, number, number];
  delta_x: number;
  delta_y: number;
  unit_x: string;
  unit_y: string;
  format?: string;
  reference_x?: number | null;
  reference_y?: number | null;
}

export interface Frame {
  sop_instance_uid: string;
  /** From 1. */
  frame: number;
  instance_number: number | null;
  /** Number of the file, for its tags and overlays; null in a straightened volume. */
  file?: number | null;
  /** Address of the pixels. */
  url: string;
  /** Upper left pixel's middle, for images that know where they are. */
  position: Vector | null;
  /** Row and column direction. */
  orientation: [number, number, number, number, number, number] | null;
  rows: number;
  columns: number;
  slope: number;
  intercept: number;
  window: { center: number; width: number; function: WindowFunction } | null;
  /** Why the frame cannot be shown, when it cannot. */
  error: string | null;
}

export interface Stack {
  id: string;
  /** What tells it from the other stacks of its series, where there are several. */
  name?: string;
  study_instance_uid: string;
  series_instance_uid: string;
  modality: string;
  kind: StackKind;
  description: string;
  frame_of_reference_uid: string | null;
  rows: number;
  columns: number;
  /** What the frames run through, the fastest last: ["time", "slice"] and how many of each. */
  axes?: string[];
  shape?: number[];
  /** Row spacing, column spacing in mm; null where the file knows none. */
  pixel_spacing: [number, number] | null;
  /** Whose spacing it is: of the patient, of the detector, or unknown. */
  spacing_source: "patient" | "detector" | "calibrated" | null;
  slice_spacing: number | null;
  samples: 1 | 3;
  bits_allocated: 8 | 16 | 32 | 64;
  signed: boolean;
  floating: boolean;
  photometric: string;
  /** Of the shown values: HU, SUV, Bq/mL, Gy, or empty. */
  unit: string;
  presets: WindowPreset[];
  frames: Frame[];
  frame_rate: number | null;
  ultrasound_regions: UltrasoundRegion[];
  /** What Bq/mL are multiplied with. */
  suv: { factor: number; unit: string; formula?: string } | null;
  /** Address of the same stack with even slices at right angles, where this one has others. */
  straight?: string | null;
  issues: Issue[];
  /** Why no volume can be cut from it, when it is none. */
  no_volume: string | null;
  corners: { top_left: string[]; top_right: string[]; bottom_left: string[]; bottom_right: string[] };
}

export type ObjectKind = "measurements" | "key-images" | "presentation";

/** Something that was saved in a study, or came with it. */
export interface ObjectRow {
  kind: ObjectKind;
  sop_instance_uid: string;
  series_instance_uid: string;
  title: string | null;
  date: string | null;
  time: string | null;
  author: string | null;
  file: number | null;
  count: number;
}

/** An image that matters. */
export interface KeyImage {
  sop_instance_uid: string;
  frame: number | null;
}

export interface Graphic {
  kind: "polyline" | "ellipse" | "point" | "text";
  points: [number, number][];
  filled: boolean;
  text: string;
}

/** How an image is shown, in a presentation state. */
export interface Presented {
  sop_instance_uid: string;
  frame: number | null;
  window: { center: number; width: number; function: WindowFunction } | null;
  invert: boolean;
  rotate: 0 | 90 | 180 | 270;
  flip_horizontal: boolean;
  area: { left: number; top: number; right: number; bottom: number } | null;
  graphics: Graphic[];
}

export interface Saved {
  sop_instance_uid: string;
  series_instance_uid: string;
  path: string;
}

export interface Element {
  tag: string;
  keyword: string;
  name: string;
  vr: string;
  length: number | null;
  value: string | null;
  creator: string | null;
  items: Element[][] | null;
}

export interface Tags {
  path: string;
  transfer_syntax: string;
  elements: Element[];
}
