// What was measured: points in the patient's space and, on images, in pixels. It is what goes to the server, which
// writes DICOM (TID 1500, presentation states), and comes back from there.

import type { UltrasoundRegion, Vector } from "../api/types";

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

export type Pixel = [column: number, row: number];

export interface Quantity {
  name:
    | "length"
    | "long_axis"
    | "short_axis"
    | "angle"
    | "area"
    | "perimeter"
    | "mean"
    | "sd"
    | "min"
    | "max"
    | "value"
    | "count";
  value: number;
  /** UCUM: mm, mm2, [hnsf'U], deg, {pixels}, 1 ... */
  unit: string;
}

/**
 * Points by kind: length 2; angle 3 with the vertex in the middle; cobb two lines; bidirectional the long axis, then the
 * short one; ellipse the ends of its two axes; rectangle 4 corners; freehand and polygon their outline, not closed;
 * probe 1; arrow its head, then its tail; text 1.
 */
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
  /** LPS in mm; null for images that do not know where they are. */
  points: Vector[] | null;
  /** Of the image, from 0 in the middle of the first pixel; null on a cut plane. */
  pixels: Pixel[] | null;
  quantities: Quantity[];
  visible: boolean;
}

/** Millimeters for each column and row; or pixels, where nothing is known. */
export interface Calibration {
  column: number;
  row: number;
  unit: "mm" | "{pixels}";
  /** Whose spacing it is: that of a detector is larger than the patient. */
  source: "patient" | "detector" | "ultrasound" | "none";
}

/** Centimeters is what ultrasound regions are stated in (PS3.3 C.8.5.5.1.15: 3). */
export function calibrationOf(
  pixelSpacing: [number, number] | null,
  source: string | null,
  regions: readonly UltrasoundRegion[],
  pixels: readonly Pixel[],
): Calibration {
  const inside = (region: UltrasoundRegion): boolean =>
    pixels.every(
      ([column, row]) =>
        column >= region.box[0] - 0.5 && row >= region.box[1] - 0.5 && column <= region.box[2] + 0.5 && row <= region.box[3] + 0.5,
    );
  const region = regions.find((each) => each.unit_x === "cm" && each.unit_y === "cm" && inside(each));
  if (region) {
    return { column: Math.abs(region.delta_x) * 10, row: Math.abs(region.delta_y) * 10, unit: "mm", source: "ultrasound" };
  }
  if (pixelSpacing && regions.length === 0) {
    return { column: pixelSpacing[1], row: pixelSpacing[0], unit: "mm", source: source === "detector" ? "detector" : "patient" };
  }
  return { column: 1, row: 1, unit: "{pixels}", source: "none" };
}

/** Values of an image, and what they are. */
export interface Image {
  columns: number;
  rows: number;
  samples: number;
  values: ArrayLike<number>;
  /** Of the shown values: "HU", "SUV", ... */
  unit: string;
}

export const POINTS: Readonly<Record<MeasurementKind, number>> = {
  length: 2,
  angle: 3,
  cobb: 4,
  bidirectional: 2,
  ellipse: 2,
  rectangle: 2,
  freehand: Infinity,
  polygon: Infinity,
  probe: 1,
  arrow: 2,
  text: 1,
};

const CLOSED: ReadonlySet<MeasurementKind> = new Set<MeasurementKind>(["ellipse", "rectangle", "freehand", "polygon"]);

export function isRegion(kind: MeasurementKind): boolean {
  return CLOSED.has(kind);
}

/** UCUM for units as the server writes them for people. */
export function ucum(unit: string): string {
  const known: Record<string, string> = { HU: "[hnsf'U]", "": "1", SUV: "g/ml{SUVbw}" };
  return known[unit] ?? unit;
}

function between([a, b]: Pixel, [c, d]: Pixel, { column, row }: Calibration): number {
  return Math.hypot((a - c) * column, (b - d) * row);
}

/** Degrees between two directions. */
function angleBetween(one: Pixel, other: Pixel): number {
  const cosine = (one[0] * other[0] + one[1] * other[1]) / (Math.hypot(...one) * Math.hypot(...other) || 1);
  return (Math.acos(Math.min(Math.max(cosine, -1), 1)) * 180) / Math.PI;
}

function way([a, b]: Pixel, [c, d]: Pixel, { column, row }: Calibration): Pixel {
  return [(c - a) * column, (d - b) * row];
}

/** What a measurement says, from its pixels; an empty list where points are missing. */
export function quantitiesOf(kind: MeasurementKind, pixels: readonly Pixel[], calibration: Calibration, image: Image | null): Quantity[] {
  const [a, b, c, d] = pixels;
  const { unit } = calibration;
  switch (kind) {
    case "length":
      return a && b ? [{ name: "length", value: between(a, b, calibration), unit }] : [];
    case "bidirectional":
      if (!a || !b || !c || !d) return [];
      return [
        { name: "long_axis", value: between(a, b, calibration), unit },
        { name: "short_axis", value: between(c, d, calibration), unit },
      ];
    case "angle":
      if (!a || !b || !c) return [];
      return [{ name: "angle", value: angleBetween(way(b, a, calibration), way(b, c, calibration)), unit: "deg" }];
    case "cobb": {
      if (!a || !b || !c || !d) return [];
      // Lines have no direction: the angle is the smaller one.
      const angle = angleBetween(way(a, b, calibration), way(c, d, calibration));
      return [{ name: "angle", value: Math.min(angle, 180 - angle), unit: "deg" }];
    }
    case "probe":
      return a && image ? probe(a, image) : [];
    case "ellipse":
    case "rectangle":
    case "freehand":
    case "polygon":
      return region(kind, pixels, calibration, image);
    default:
      return [];
  }
}

function probe([column, row]: Pixel, image: Image): Quantity[] {
  const [c, r] = [Math.round(column), Math.round(row)];
  if (c < 0 || r < 0 || c >= image.columns || r >= image.rows || image.samples !== 1) return [];
  return [{ name: "value", value: Number(image.values[r * image.columns + c]), unit: ucum(image.unit) }];
}

function region(kind: MeasurementKind, pixels: readonly Pixel[], calibration: Calibration, image: Image | null): Quantity[] {
  const outline = outlineOf(kind, pixels);
  if (outline.length < 3) return [];
  const { unit, column, row } = calibration;
  const area = kind === "ellipse" ? ellipseArea(pixels) : polygonArea(outline);
  const found: Quantity[] = [{ name: "area", value: area * column * row, unit: unit === "mm" ? "mm2" : "{pixels}" }];
  if (kind === "freehand" || kind === "polygon") {
    found.push({ name: "perimeter", value: perimeter(outline, calibration), unit });
  }
  if (image && image.samples === 1) found.push(...statistics(kind, pixels, image));
  return found;
}

/** Of the pixels whose middles are inside; the deviation is that of a sample (n - 1). */
function statistics(kind: MeasurementKind, pixels: readonly Pixel[], image: Image): Quantity[] {
  const values = valuesInside(kind, pixels, image);
  if (values.length === 0) return [];
  let [min, max, sum] = [Infinity, -Infinity, 0];
  for (const value of values) {
    min = Math.min(min, value);
    max = Math.max(max, value);
    sum += value;
  }
  const mean = sum / values.length;
  let squares = 0;
  for (const value of values) squares += (value - mean) ** 2;
  const sd = values.length > 1 ? Math.sqrt(squares / (values.length - 1)) : 0;
  const unit = ucum(image.unit);
  return [
    { name: "mean", value: mean, unit },
    { name: "sd", value: sd, unit },
    { name: "min", value: min, unit },
    { name: "max", value: max, unit },
    { name: "count", value: values.length, unit: "{pixels}" },
  ];
}

export function valuesInside(kind: MeasurementKind, pixels: readonly Pixel[], image: Image): number[] {
  const inside = insideOf(kind, pixels);
  const outline = outlineOf(kind, pixels);
  const limits = (axis: 0 | 1, size: number): [number, number] => {
    const places = outline.map((point) => point[axis]);
    return [Math.max(0, Math.floor(Math.min(...places))), Math.min(size - 1, Math.ceil(Math.max(...places)))];
  };
  const [left, right] = limits(0, image.columns);
  const [top, bottom] = limits(1, image.rows);
  const values: number[] = [];
  for (let row = top; row <= bottom; row += 1) {
    for (let column = left; column <= right; column += 1) {
      if (!inside([column, row])) continue;
      const value = Number(image.values[row * image.columns + column]);
      if (Number.isFinite(value)) values.push(value);
    }
  }
  return values;
}

function insideOf(kind: MeasurementKind, pixels: readonly Pixel[]): (pixel: Pixel) => boolean {
  const [a, b, c, d] = pixels;
  if (kind === "ellipse" && a && b && c && d) {
    const middle: Pixel = [(a[0] + b[0]) / 2, (a[1] + b[1]) / 2];
    const one: Pixel = [(b[0] - a[0]) / 2, (b[1] - a[1]) / 2];
    const other: Pixel = [(d[0] - c[0]) / 2, (d[1] - c[1]) / 2];
    const size = one[0] * other[1] - one[1] * other[0];
    if (Math.abs(size) < 1e-12) return () => false;
    return ([column, row]) => {
      const [x, y] = [column - middle[0], row - middle[1]];
      const u = (x * other[1] - y * other[0]) / size;
      const v = (one[0] * y - one[1] * x) / size;
      return u * u + v * v <= 1 + 1e-12;
    };
  }
  if (kind === "rectangle" && pixels.length === 4) {
    const ends = (axis: 0 | 1): [number, number] => {
      const places = pixels.map((point) => point[axis]);
      return [Math.min(...places), Math.max(...places)];
    };
    const [left, right] = ends(0);
    const [top, bottom] = ends(1);
    return ([column, row]) => column >= left && column <= right && row >= top && row <= bottom;
  }
  return (pixel) => insidePolygon(pixel, pixels);
}

/** By the even-odd rule. */
export function insidePolygon([column, row]: Pixel, outline: readonly Pixel[]): boolean {
  let inside = false;
  for (let at = 0, before = outline.length - 1; at < outline.length; before = at, at += 1) {
    const [x1, y1] = outline[at] as Pixel;
    const [x2, y2] = outline[before] as Pixel;
    if (y1 > row !== y2 > row && column < ((x2 - x1) * (row - y1)) / (y2 - y1) + x1) inside = !inside;
  }
  return inside;
}

const ROUND = 64;

/** Corners of what is enclosed. */
export function outlineOf(kind: MeasurementKind, pixels: readonly Pixel[]): Pixel[] {
  const [a, b, c, d] = pixels;
  if (kind !== "ellipse" || !a || !b || !c || !d) return [...pixels];
  return Array.from({ length: ROUND }, (_, step) => {
    const angle = (2 * Math.PI * step) / ROUND;
    const at = (axis: 0 | 1): number =>
      (a[axis] + b[axis]) / 2 + ((b[axis] - a[axis]) / 2) * Math.cos(angle) + ((d[axis] - c[axis]) / 2) * Math.sin(angle);
    return [at(0), at(1)] as Pixel;
  });
}

function ellipseArea([a, b, c, d]: readonly Pixel[]): number {
  if (!a || !b || !c || !d) return 0;
  return (Math.PI / 4) * Math.abs((b[0] - a[0]) * (d[1] - c[1]) - (b[1] - a[1]) * (d[0] - c[0]));
}

function polygonArea(outline: readonly Pixel[]): number {
  let twice = 0;
  outline.forEach(([x1, y1], at) => {
    const [x2, y2] = outline[(at + 1) % outline.length] as Pixel;
    twice += x1 * y2 - x2 * y1;
  });
  return Math.abs(twice) / 2;
}

function perimeter(outline: readonly Pixel[], calibration: Calibration): number {
  return outline.reduce(
    (sum, point, at) => sum + between(point, outline[(at + 1) % outline.length] as Pixel, calibration),
    0,
  );
}

/** From the places that were pressed to the points that are kept. */
export function pointsOf(kind: MeasurementKind, placed: readonly Pixel[]): Pixel[] {
  const [a, b] = placed;
  if (!a || !b || placed.length > 2) return [...placed];
  const middle: Pixel = [(a[0] + b[0]) / 2, (a[1] + b[1]) / 2];
  if (kind === "rectangle") return [a, [b[0], a[1]], b, [a[0], b[1]]];
  if (kind === "ellipse") return [[a[0], middle[1]], [b[0], middle[1]], [middle[0], a[1]], [middle[0], b[1]]];
  if (kind === "bidirectional") {
    const across: Pixel = [-(b[1] - a[1]) / 4, (b[0] - a[0]) / 4];
    return [a, b, [middle[0] - across[0], middle[1] - across[1]], [middle[0] + across[0], middle[1] + across[1]]];
  }
  return [...placed];
}

/** Points after one of them has been dragged: shapes stay what they are. */
export function dragged(kind: MeasurementKind, points: readonly Pixel[], handle: number, to: Pixel): Pixel[] {
  const next = points.map((point) => [...point] as Pixel);
  if (kind === "rectangle" && next.length === 4) {
    const opposite = next[(handle + 2) % 4] as Pixel;
    const along = handle % 2 === 0 ? 1 : 3;
    next[handle] = to;
    next[(handle + along) % 4] = [opposite[0], to[1]];
    next[(handle + 4 - along) % 4] = [to[0], opposite[1]];
    return next;
  }
  if (kind === "ellipse" && next.length === 4) return draggedEllipse(next, handle, to);
  if (kind === "bidirectional" && next.length === 4) return draggedAxes(next, handle, to);
  next[handle] = to;
  return next;
}

function draggedEllipse(points: Pixel[], handle: number, to: Pixel): Pixel[] {
  const other = handle ^ 1;
  const fixed = points[other] as Pixel;
  const end = points[handle] as Pixel;
  const axis: Pixel = [end[0] - fixed[0], end[1] - fixed[1]];
  const size = axis[0] ** 2 + axis[1] ** 2 || 1;
  const share = ((to[0] - fixed[0]) * axis[0] + (to[1] - fixed[1]) * axis[1]) / size;
  const moved: Pixel = [fixed[0] + axis[0] * share, fixed[1] + axis[1] * share];
  const shift: Pixel = [(moved[0] - end[0]) / 2, (moved[1] - end[1]) / 2];
  return points.map((point, at) => {
    if (at === handle) return moved;
    if (at === other) return point;
    return [point[0] + shift[0], point[1] + shift[1]];
  });
}

/** The short axis stays at a right angle to the long one. */
function draggedAxes(points: Pixel[], handle: number, to: Pixel): Pixel[] {
  const [a, b, c, d] = points as [Pixel, Pixel, Pixel, Pixel];
  const size = Math.hypot(b[0] - a[0], b[1] - a[1]) || 1;
  const along = (point: Pixel): number => ((point[0] - a[0]) * (b[0] - a[0]) + (point[1] - a[1]) * (b[1] - a[1])) / size ** 2;
  const across = (point: Pixel): number => ((point[1] - a[1]) * (b[0] - a[0]) - (point[0] - a[0]) * (b[1] - a[1])) / size;
  const place = (from: Pixel, till: Pixel, share: number, aside: number): Pixel => {
    const far = Math.hypot(till[0] - from[0], till[1] - from[1]) || 1;
    const unit: Pixel = [(till[0] - from[0]) / far, (till[1] - from[1]) / far];
    return [from[0] + unit[0] * share * far - unit[1] * aside, from[1] + unit[1] * share * far + unit[0] * aside];
  };
  if (handle < 2) {
    const [from, till] = handle === 0 ? [to, b] : [a, to];
    return [from, till, place(from, till, along(c), across(c)), place(from, till, along(d), across(d))];
  }
  const share = Math.min(Math.max(along(to), 0), 1);
  const asides = [across(c), across(d)] as [number, number];
  asides[handle - 2] = across(to);
  return [a, b, place(a, b, share, asides[0]), place(a, b, share, asides[1])];
}

/** Few digits, as many as matter. */
export function amount(value: number): string {
  const size = Math.abs(value);
  const digits = size >= 100 ? 0 : size >= 10 ? 1 : size >= 0.1 || size === 0 ? 2 : 4;
  return value.toFixed(digits);
}

const SHOWN: Readonly<Record<string, string>> = {
  mm2: "mm²",
  deg: "°",
  "{pixels}": "px",
  "[hnsf'U]": "HU",
  "1": "",
  "g/ml{SUVbw}": "SUV",
};

/** A quantity as it is written beside the lines. */
export function written({ value, unit }: Quantity): string {
  const shown = SHOWN[unit] ?? unit;
  return shown === "°" ? `${amount(value)}°` : `${amount(value)} ${shown}`.trim();
}

/** Lines of text beside a measurement. */
export function linesOf(measurement: Measurement): string[] {
  const by = new Map(measurement.quantities.map((each) => [each.name, each]));
  const lines: string[] = measurement.label ? [measurement.label] : [];
  const put = (prefix: string, name: Quantity["name"]): string => {
    const found = by.get(name);
    return found ? `${prefix}${written(found)}` : "";
  };
  for (const line of [
    put("", "length"),
    put("L ", "long_axis"),
    put("S ", "short_axis"),
    put("", "angle"),
    put("", "value"),
    put("Area ", "area"),
    [put("Mean ", "mean"), put("SD ", "sd")].filter(Boolean).join("  "),
    [put("Min ", "min"), put("Max ", "max")].filter(Boolean).join("  "),
  ]) {
    if (line) lines.push(line);
  }
  return lines;
}
