// Points, planes and grids in the patient, LPS in mm: the same rules as hounsfield.render (planes.py, grid.py), so that
// the workstation and a script that hold one view show one picture.

import type { Stack, Vector } from "../api/types";
import type { View } from "./view";

export const add = (a: Vector, b: Vector): Vector => [a[0] + b[0], a[1] + b[1], a[2] + b[2]];
export const subtract = (a: Vector, b: Vector): Vector => [a[0] - b[0], a[1] - b[1], a[2] - b[2]];
export const scale = (a: Vector, by: number): Vector => [a[0] * by, a[1] * by, a[2] * by];
export const dot = (a: Vector, b: Vector): number => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
export const cross = (a: Vector, b: Vector): Vector => [
  a[1] * b[2] - a[2] * b[1],
  a[2] * b[0] - a[0] * b[2],
  a[0] * b[1] - a[1] * b[0],
];
export const length = (a: Vector): number => Math.hypot(a[0], a[1], a[2]);
export const unit = (a: Vector): Vector => scale(a, 1 / (length(a) || 1));

/** Turn a vector about a unit axis, by radians, right-handed (Rodrigues). */
export function turn(vector: Vector, axis: Vector, angle: number): Vector {
  const along = scale(axis, dot(axis, vector) * (1 - Math.cos(angle)));
  return add(add(scale(vector, Math.cos(angle)), scale(cross(axis, vector), Math.sin(angle))), along);
}

/** Unit vectors of a picture: to the right, down, and away from the viewer. */
export interface Axes {
  right: Vector;
  down: Vector;
  away: Vector;
}

/** A regular grid of voxels: the middle of the first one, and the steps to the next column, row and slice. */
export interface Lattice {
  origin: Vector;
  column: Vector;
  row: Vector;
  slice: Vector;
  columns: number;
  rows: number;
  slices: number;
}

/** Slices of one time of a stack, and times; a clip without slices is all slices. */
export function lengthsOf(stack: Stack): { slices: number; times: number } {
  const slices = stack.shape?.at(-1) ?? stack.frames.length;
  if (slices <= 1 || stack.frames.length % slices !== 0) return { slices: stack.frames.length, times: 1 };
  return { slices, times: stack.frames.length / slices };
}

/** The frame of a slice at a time, all from 0. */
export function frameIndex(stack: Stack, slice: number, time: number): number {
  const { slices, times } = lengthsOf(stack);
  const clamp = (value: number, count: number): number => Math.min(Math.max(value, 0), count - 1);
  return clamp(time, times) * slices + clamp(slice, slices);
}

/** The voxels of a stack, tilted as it may be; null for a stack that is no volume. */
export function latticeOf(stack: Stack): Lattice | null {
  const { slices } = lengthsOf(stack);
  const first = stack.frames[0];
  const last = stack.frames[slices - 1];
  const spacing = stack.pixel_spacing;
  if (stack.kind !== "volume" || slices < 2 || !spacing) return null;
  if (!first?.position || !first.orientation || !last?.position) return null;
  const [a, b, c, d, e, f] = first.orientation;
  return {
    origin: first.position,
    column: scale([a, b, c], spacing[1]),
    row: scale([d, e, f], spacing[0]),
    slice: scale(subtract(last.position, first.position), 1 / (slices - 1)),
    columns: stack.columns,
    rows: stack.rows,
    slices,
  };
}

/** Whether all slices lie where a lattice says. */
export function isEven(stack: Stack, lattice: Lattice): boolean {
  const most = 0.02 * length(lattice.slice);
  return stack.frames.slice(0, lattice.slices).every(({ position }, index) => {
    return position !== null && length(subtract(position, pointAt(lattice, [0, 0, index]))) <= most;
  });
}

/** Rows of the inverse of the steps: multiply with (point - origin) for (column, row, slice). */
export function inverseOf(lattice: Lattice): [Vector, Vector, Vector] {
  const { column, row, slice } = lattice;
  const volume = dot(column, cross(row, slice));
  return [
    scale(cross(row, slice), 1 / volume),
    scale(cross(slice, column), 1 / volume),
    scale(cross(column, row), 1 / volume),
  ];
}

export function indexOf(lattice: Lattice, point: Vector): Vector {
  const away = subtract(point, lattice.origin);
  const [i, j, k] = inverseOf(lattice);
  return [dot(i, away), dot(j, away), dot(k, away)];
}

export function pointAt(lattice: Lattice, index: Vector): Vector {
  return add(
    add(lattice.origin, scale(lattice.column, index[0])),
    add(scale(lattice.row, index[1]), scale(lattice.slice, index[2])),
  );
}

/** Of the middle voxel, as `hounsfield.render.grid.point_of` counts it. */
export function middleOf(lattice: Lattice): Vector {
  const half = (count: number) => Math.floor(count / 2);
  return pointAt(lattice, [half(lattice.columns), half(lattice.rows), half(lattice.slices)]);
}

const STANDARD: Readonly<Record<"axial" | "coronal" | "sagittal", readonly [Vector, Vector]>> = {
  axial: [
    [1, 0, 0],
    [0, 1, 0],
  ],
  coronal: [
    [1, 0, 0],
    [0, 0, -1],
  ],
  sagittal: [
    [0, 1, 0],
    [0, 0, -1],
  ],
};
/** Below this share of the normal's length, the head can no longer be told from the picture's middle. */
const NEARLY_AXIAL = 0.9;

export function axesOf(view: View, lattice: Lattice): Axes {
  const plane = view.plane ?? "acquisition";
  if (plane === "axial" || plane === "coronal" || plane === "sagittal") {
    const [right, down] = STANDARD[plane];
    return { right, down, away: cross(right, down) };
  }
  if (plane === "oblique" && view.normal) return oblique(view.normal, view.up);
  const right = unit(lattice.column);
  const rough = unit(lattice.row);
  const down = unit(subtract(rough, scale(right, dot(rough, right))));
  return { right, down, away: cross(right, down) };
}

function oblique(normal: Vector, wanted: Vector | undefined): Axes {
  let away = unit(normal);
  let up = wanted;
  if (!up) {
    // Seen from the feet, the front or the left: whichever the plane is nearest to.
    const sizes = away.map(Math.abs);
    const largest = sizes.indexOf(Math.max(...sizes));
    if ((away[largest] as number) > 0 !== largest > 0) away = scale(away, -1);
    up = Math.abs(away[2]) > NEARLY_AXIAL ? [0, -1, 0] : [0, 0, 1];
  }
  const down = scale(unit(subtract(up, scale(away, dot(up, away)))), -1);
  return { right: cross(down, away), down, away };
}

/** Outermost places of a volume along axes of a picture: least and greatest of each. */
export function extentOf(lattice: Lattice, axes: Axes): [low: Vector, high: Vector] {
  const low: Vector = [Infinity, Infinity, Infinity];
  const high: Vector = [-Infinity, -Infinity, -Infinity];
  for (const i of [-0.5, lattice.columns - 0.5]) {
    for (const j of [-0.5, lattice.rows - 0.5]) {
      for (const k of [-0.5, lattice.slices - 0.5]) {
        const corner = pointAt(lattice, [i, j, k]);
        [axes.right, axes.down, axes.away].forEach((axis, at) => {
          const place = dot(corner, axis);
          low[at] = Math.min(low[at] as number, place);
          high[at] = Math.max(high[at] as number, place);
        });
      }
    }
  }
  return [low, high];
}

/** Millimeters along a direction in which no index grows by more than 1. */
export function voxelAlong(lattice: Lattice, direction: Vector): number {
  return 1 / Math.max(...inverseOf(lattice).map((row) => Math.abs(dot(row, direction))));
}

const ENDS = ["RL", "AP", "FH"] as const;
/** The sine of 15 degrees: less of a direction has no letter. */
const LETTER = 0.26;

/** Name a direction in the patient, "L", "PH": at most two letters, the larger part first. */
export function letters(direction: Vector): string {
  const way = unit(direction);
  return [0, 1, 2]
    .sort((a, b) => Math.abs(way[b] as number) - Math.abs(way[a] as number))
    .filter((axis) => Math.abs(way[axis] as number) > LETTER)
    .map((axis) => (ENDS[axis] as string)[(way[axis] as number) > 0 ? 1 : 0])
    .slice(0, 2)
    .join("");
}

/** A plane and the rectangle of it that is shown. */
export interface Rectangle {
  corner: Vector;
  right: Vector;
  down: Vector;
  width: number;
  height: number;
}

/** Where a plane meets a rectangle: both ends, or null where it misses it. */
export function crossing(rectangle: Rectangle, point: Vector, normal: Vector): [Vector, Vector] | null {
  const { corner, right, down, width, height } = rectangle;
  const corners = [
    corner,
    add(corner, scale(right, width)),
    add(add(corner, scale(right, width)), scale(down, height)),
    add(corner, scale(down, height)),
  ];
  const found: Vector[] = [];
  corners.forEach((from, at) => {
    const to = corners[(at + 1) % 4] as Vector;
    const a = dot(subtract(from, point), normal);
    const b = dot(subtract(to, point), normal);
    if (a === b || a * b > 0) return;
    const place = add(from, scale(subtract(to, from), a / (a - b)));
    if (!found.some((other) => length(subtract(other, place)) < 1e-6)) found.push(place);
  });
  return found.length >= 2 ? [found[0] as Vector, found[1] as Vector] : null;
}

/** The slice of a stack whose plane is nearest to a point, from 0, and how far it is in mm; null without places. */
export function nearestSlice(stack: Stack, point: Vector): { index: number; distance: number } | null {
  let best: { index: number; distance: number } | null = null;
  stack.frames.slice(0, lengthsOf(stack).slices).forEach((frame, index) => {
    if (!frame.position || !frame.orientation) return;
    const [a, b, c, d, e, f] = frame.orientation;
    const distance = Math.abs(dot(unit(cross([a, b, c], [d, e, f])), subtract(point, frame.position)));
    if (!best || distance < best.distance) best = { index, distance };
  });
  return best;
}

export function normalOf(orientation: readonly number[]): Vector {
  const [a = 1, b = 0, c = 0, d = 0, e = 1, f = 0] = orientation;
  return unit(cross([a, b, c], [d, e, f]));
}
