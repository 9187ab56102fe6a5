// Planes and slabs cut from a stack of slices, by the rules of hounsfield.render.grid and hounsfield.volumes.sampling:
// one layer of a slab lies on the plane itself, points within half a voxel of the volume count, outside is nothing.
//
// A cut is made of the slices as they are: no second copy of the volume is held. Work is done in short pieces, so that
// the page stays alive, and is given up when nobody wants it any more.

import type { Frame, Stack, Vector } from "../api/types";
import {
  type Axes,
  type Lattice,
  add,
  axesOf,
  dot,
  extentOf,
  inverseOf,
  latticeOf,
  middleOf,
  scale,
  subtract,
  voxelAlong,
} from "../state/geometry";
import type { Blend, View } from "../state/view";
import type { Values } from "./pixels";
import { type Rays, rowSampler } from "./sampling";

/** Layers of which some may be left out for a while. */
const MANY = 16;
const LARGEST = 2048;
const LEAST = 512;
/** Milliseconds of work between two breaths. */
const BREATH = 12;

/** Parallel planes through a volume, each of which is one picture. */
export interface Cut {
  axes: Axes;
  pixel: number;
  columns: number;
  rows: number;
  /** Middle of the first pixel of each plane. */
  origins: Vector[];
  step: number;
  /** First layer of the slab, distance of layers and their number. */
  layers: { first: number; step: number; count: number };
  blend: Blend;
}

/** Whether a view of a stack needs a cut: the slices themselves are shown as they are. */
export function needsCut(view: View): boolean {
  return (view.plane ?? "acquisition") !== "acquisition" || (view.slab ?? 0) !== 0;
}

export function cutOf(view: View, stack: Stack): Cut | null {
  const lattice = latticeOf(stack);
  if (!lattice) return null;
  const axes = axesOf(view, lattice);
  const [low, high] = extentOf(lattice, axes);
  const width = high[0] - low[0];
  const height = high[1] - low[1];
  const longest = Math.max(width, height);
  let pixel = Math.max(Math.min(voxelAlong(lattice, axes.right), voxelAlong(lattice, axes.down)), longest / LARGEST);
  if ((view.plane ?? "acquisition") !== "acquisition") pixel = Math.min(pixel, longest / LEAST);
  const columns = Math.max(1, Math.floor(width / pixel + 0.5));
  const rows = Math.max(1, Math.floor(height / pixel + 0.5));
  const left = (low[0] + high[0]) / 2 - ((columns - 1) * pixel) / 2;
  const top = (low[1] + high[1]) / 2 - ((rows - 1) * pixel) / 2;
  const flat = add(scale(axes.right, left), scale(axes.down, top));
  const step = voxelAlong(lattice, axes.away);
  const depth = dot(view.point ?? middleOf(lattice), axes.away);
  const before = Math.max(0, Math.floor((depth - low[2]) / step - 0.5 + 1e-6));
  const after = Math.max(0, Math.floor((high[2] - depth) / step - 0.5 + 1e-6));
  const origins = Array.from({ length: before + after + 1 }, (_, at) =>
    add(flat, scale(axes.away, depth + (at - before) * step)),
  );
  const layers = layersOf(view, step, [low[2] - depth, high[2] - depth]);
  const single = view.slab === "all" ? [origins[before] as Vector] : origins;
  return { axes, pixel, columns, rows, origins: single, step, layers, blend: view.blend ?? "mip" };
}

function layersOf(view: View, step: number, ends: [number, number]): Cut["layers"] {
  const slab = view.slab ?? 0;
  if (slab === 0) return { first: 0, step, count: 1 };
  const [low, high] = slab === "all" ? ends : [-slab / 2, slab / 2];
  const first = Math.ceil(low / step - 1e-6);
  const last = Math.floor(high / step + 1e-6);
  return first > last ? { first: 0, step, count: 1 } : { first: first * step, step, count: last - first + 1 };
}

/** By how much a cut has to be coarser to be made of so much less. */
export function factorOf(cut: Cut, less: number): number {
  return Math.ceil(cut.layers.count > MANY ? Math.cbrt(less) : Math.sqrt(less));
}

/** How many values of the volume a picture of a cut is made of. */
export function workOf(cut: Cut): number {
  return cut.rows * cut.columns * cut.layers.count;
}

/** The same planes with larger pixels, and slabs of fewer layers: quick to make, for as long as something is dragged. */
export function coarser(cut: Cut, factor: number): Cut {
  const { axes, pixel, columns, rows, layers } = cut;
  const deep = layers.count > MANY ? factor : 1;
  const fewer = { first: layers.first, step: layers.step * deep, count: Math.ceil(layers.count / deep) };
  const longest = Math.max(columns, rows);
  const large = (pixel * longest) / Math.max(1, Math.round(longest / factor));
  const size = (count: number): number => Math.max(1, Math.round((count * pixel) / large));
  const [across, down] = [size(columns), size(rows)];
  // The middle stays where it is.
  const inward = (count: number, left: number): number => ((count - 1) * pixel - (left - 1) * large) / 2;
  const shift = add(scale(axes.right, inward(columns, across)), scale(axes.down, inward(rows, down)));
  return { ...cut, layers: fewer, pixel: large, columns: across, rows: down, origins: cut.origins.map((origin) => add(origin, shift)) };
}

/** What names a cut: the same plane again is the same picture, and measurements on it are found again. */
export function cutKey(view: View, cut: Cut): string {
  const { axes, origins } = cut;
  const phase = dot(origins[0] ?? [0, 0, 0], axes.away);
  const numbers = [...axes.right, ...axes.down, phase].map((value) => value.toFixed(3).replace(/^-(0\.0+)$/, "$1"));
  return `${numbers.join(",")};${view.slab ?? 0};${view.blend ?? "mip"}`;
}

/** A cut as a stack like any other, whose frames know where they are. */
export function cutStack(stack: Stack, key: string, cut: Cut): Stack {
  const { axes } = cut;
  const template = stack.frames[Math.floor(stack.frames.length / 2)] as Frame;
  return {
    ...stack,
    id: `${stack.id}|${key}`,
    rows: cut.rows,
    columns: cut.columns,
    pixel_spacing: [cut.pixel, cut.pixel],
    slice_spacing: cut.step,
    axes: ["slice"],
    shape: [cut.origins.length],
    frames: cut.origins.map((position, index) => ({
      ...template,
      frame: index + 1,
      url: "",
      error: null,
      position,
      orientation: [...axes.right, ...axes.down] as Frame["orientation"],
      rows: cut.rows,
      columns: cut.columns,
      slope: 1,
      intercept: 0,
    })),
  };
}

/** Values of the slices of a stack, in its order; null for what is not there. */
export type Slices = readonly (Values | null)[];

function raysOf(cut: Cut, lattice: Lattice, index: number): Rays {
  const inverse = inverseOf(lattice);
  const turned = (vector: Vector): Vector => [dot(inverse[0], vector), dot(inverse[1], vector), dot(inverse[2], vector)];
  const from = add(cut.origins[index] ?? lattice.origin, scale(cut.axes.away, cut.layers.first));
  return {
    start: turned(subtract(from, lattice.origin)),
    right: turned(scale(cut.axes.right, cut.pixel)),
    down: turned(scale(cut.axes.down, cut.pixel)),
    through: turned(scale(cut.axes.away, cut.layers.step)),
    steps: cut.layers.count,
  };
}

/** Cut one plane. What is outside the volume becomes its least value. */
export async function cutValues(
  cut: Cut,
  lattice: Lattice,
  slices: Slices,
  index: number,
  signal?: AbortSignal,
): Promise<Values> {
  const rays = raysOf(cut, lattice, index);
  const integer = slices.every((slice) => slice === null || !(slice instanceof Float32Array));
  const sums = new Float32Array(cut.rows * cut.columns);
  const row = rowSampler(lattice, slices, cut, rays);
  let started = performance.now();
  for (let down = 0; down < cut.rows; down += 1) {
    row(down, sums.subarray(down * cut.columns, (down + 1) * cut.columns));
    if (performance.now() - started > BREATH) {
      await breath();
      if (signal?.aborted) throw new DOMException("Nobody wants this plane any more.", "AbortError");
      started = performance.now();
    }
  }
  return finished(sums, integer);
}

/** Let the page draw and hear. */
function breath(): Promise<void> {
  return new Promise((resolve) => {
    const channel = new MessageChannel();
    channel.port1.onmessage = () => {
      channel.port1.close();
      resolve();
    };
    channel.port2.postMessage(null);
  });
}

function finished(sums: Float32Array, integer: boolean): Values {
  let least = Infinity;
  let most = -Infinity;
  for (const value of sums) {
    if (value < least) least = value;
    if (value > most) most = value;
  }
  const outside = Number.isFinite(least) ? Math.min(least, 0) : 0;
  const fits = integer && outside >= -32768 && most <= 32767;
  const values = fits ? new Int16Array(sums.length) : new Float32Array(sums.length);
  for (let at = 0; at < sums.length; at += 1) {
    const value = sums[at] as number;
    const known = Number.isNaN(value) ? outside : value;
    values[at] = fits ? Math.round(known) : known;
  }
  return values;
}

