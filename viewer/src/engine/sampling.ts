// Values of a volume along lines and through slabs, by the rules of hounsfield.volumes.sampling: linear between voxels;
// the outermost half voxel has its voxel's value; what lies outside does not count.

import type { Vector } from "../api/types";
import type { Lattice } from "../state/geometry";
import type { Blend } from "../state/view";
import type { Values } from "./pixels";

/** Points of a picture in (column, row, slice) indices. */
export interface Rays {
  start: Vector;
  right: Vector;
  down: Vector;
  through: Vector;
  steps: number;
}

type Slices = readonly (Values | null)[];
/** Fills one row of a picture; NaN is what is outside. */
export type Sampler = (row: number, out: Float32Array) => void;

export function rowSampler(lattice: Lattice, slices: Slices, { blend }: { blend: Blend }, rays: Rays): Sampler {
  const sampled = lineSampler(lattice, slices, rays.right);
  const { start, down, through, steps } = rays;
  let layer = new Float32Array(0);
  let counts = new Float32Array(0);
  return (row, out) => {
    if (layer.length !== out.length) {
      layer = new Float32Array(out.length);
      counts = new Float32Array(out.length);
    }
    const at = (axis: 0 | 1 | 2, step: number): number => start[axis] + down[axis] * row + through[axis] * step;
    if (steps === 1) {
      sampled([at(0, 0), at(1, 0), at(2, 0)], out);
      return;
    }
    out.fill(Number.NaN);
    counts.fill(0);
    for (let step = 0; step < steps; step += 1) {
      if (sampled([at(0, step), at(1, step), at(2, step)], layer)) mix(blend, layer, out, counts);
    }
    if (blend !== "mean") return;
    for (let pixel = 0; pixel < out.length; pixel += 1) {
      const count = counts[pixel] as number;
      if (count > 1) out[pixel] = (out[pixel] as number) / count;
    }
  };
}

function mix(blend: Blend, layer: Float32Array, out: Float32Array, counts: Float32Array): void {
  if (blend === "mean") {
    for (let at = 0; at < out.length; at += 1) {
      const value = layer[at] as number;
      if (value !== value) continue;
      const count = counts[at] as number;
      out[at] = count > 0 ? (out[at] as number) + value : value;
      counts[at] = count + 1;
    }
    return;
  }
  const greatest = blend === "mip";
  for (let at = 0; at < out.length; at += 1) {
    const value = layer[at] as number;
    const before = out[at] as number;
    // NaN is neither greater nor less: a value replaces it, and it replaces no value.
    if (before !== before || (greatest ? value > before : value < before)) out[at] = value;
  }
}

/** Fills a line that begins at an index; false where all of it is outside. */
type Line = (from: Vector, out: Float32Array) => boolean;

const FLAT = 1e-9;

function lineSampler(lattice: Lattice, slices: Slices, right: Vector): Line {
  const sizes = [lattice.columns, lattice.rows, lattice.slices] as const;
  const moving = ([0, 1, 2] as const).filter((axis) => Math.abs(right[axis]) > FLAT);
  const [axis] = moving;
  if (moving.length === 1 && axis !== undefined) {
    return axis === 2 ? alongSlices(slices, sizes, right[2]) : withinSlices(slices, sizes, axis, right[axis]);
  }
  return anywhere(slices, sizes, right);
}

type Sizes = readonly [number, number, number];

function outside(place: number, size: number): boolean {
  return place < -0.5 || place > size - 0.5;
}

function clamped(place: number, size: number): number {
  return place < 0 ? 0 : place > size - 1 ? size - 1 : place;
}

/** The two voxels that a place lies between, and how much the second one counts. */
function pair(place: number, size: number): [first: number, second: number, share: number] {
  const inside = clamped(place, size);
  const first = Math.floor(inside);
  const share = inside - first;
  return share < 1e-6 ? [first, first, 0] : [first, first + 1, share];
}

/** Places along one axis, which are the same for all lines that begin at the same place. */
class Places {
  first = new Int32Array(0);
  second = new Int32Array(0);
  share = new Float32Array(0);
  #from = Number.NaN;
  low = 0;
  high = 0;

  constructor(
    private readonly step: number,
    private readonly size: number,
    private readonly stride: number,
  ) {}

  set(from: number, count: number): void {
    if (from === this.#from && this.first.length === count) return;
    this.#from = from;
    if (this.first.length !== count) {
      this.first = new Int32Array(count);
      this.second = new Int32Array(count);
      this.share = new Float32Array(count);
    }
    this.low = count;
    this.high = 0;
    for (let at = 0; at < count; at += 1) {
      const place = from + this.step * at;
      if (outside(place, this.size)) continue;
      const [first, second, share] = pair(place, this.size);
      this.first[at] = first * this.stride;
      this.second[at] = second * this.stride;
      this.share[at] = share;
      this.low = Math.min(this.low, at);
      this.high = at + 1;
    }
  }
}

/** Lines along the columns or the rows of slices: what does not change along the line is worked out once. */
function withinSlices(slices: Slices, sizes: Sizes, axis: 0 | 1, step: number): Line {
  const places = new Places(step, sizes[axis], axis === 0 ? 1 : sizes[0]);
  const still = axis === 0 ? 1 : 0;
  const stride = still === 1 ? sizes[0] : 1;
  return (from, out) => {
    places.set(from[axis], out.length);
    out.fill(Number.NaN);
    if (outside(from[still], sizes[still]) || outside(from[2], sizes[2]) || places.low >= places.high) return false;
    const [k0, k1, kShare] = pair(from[2], sizes[2]);
    const [s0, s1, sShare] = pair(from[still], sizes[still]);
    const near = slices[k0];
    const far = slices[k1];
    if (!near || !far) return false;
    out.fill(0, places.low, places.high);
    gather(near, s0 * stride, (1 - kShare) * (1 - sShare), places, out);
    if (sShare > 0) gather(near, s1 * stride, (1 - kShare) * sShare, places, out);
    if (kShare > 0) gather(far, s0 * stride, kShare * (1 - sShare), places, out);
    if (kShare > 0 && sShare > 0) gather(far, s1 * stride, kShare * sShare, places, out);
    return true;
  };
}

function gather(slice: Values, offset: number, weight: number, places: Places, out: Float32Array): void {
  const { first, second, share, low, high } = places;
  for (let at = low; at < high; at += 1) {
    const value = slice[offset + (first[at] as number)] as number;
    const next = slice[offset + (second[at] as number)] as number;
    out[at] = (out[at] as number) + weight * (value + (next - value) * (share[at] as number));
  }
}

/** Lines from slice to slice. */
function alongSlices(slices: Slices, sizes: Sizes, step: number): Line {
  const places = new Places(step, sizes[2], 1);
  const [columns, rows] = sizes;
  return (from, out) => {
    places.set(from[2], out.length);
    out.fill(Number.NaN);
    if (outside(from[0], columns) || outside(from[1], rows)) return false;
    const [x0, x1, xShare] = pair(from[0], columns);
    const [y0, y1, yShare] = pair(from[1], rows);
    const value = (slice: Values): number => {
      const top = (slice[y0 * columns + x0] as number) * (1 - xShare) + (slice[y0 * columns + x1] as number) * xShare;
      if (yShare === 0) return top;
      const bottom = (slice[y1 * columns + x0] as number) * (1 - xShare) + (slice[y1 * columns + x1] as number) * xShare;
      return top * (1 - yShare) + bottom * yShare;
    };
    for (let at = places.low; at < places.high; at += 1) {
      const near = slices[places.first[at] as number];
      const far = slices[places.second[at] as number];
      const share = places.share[at] as number;
      if (!near || !far) continue;
      out[at] = share === 0 ? value(near) : value(near) * (1 - share) + value(far) * share;
    }
    return places.low < places.high;
  };
}

/** Lines in any direction. */
function anywhere(slices: Slices, sizes: Sizes, right: Vector): Line {
  const [columns, rows, depth] = sizes;
  const [di, dj, dk] = right;
  return (from, out) => {
    let found = false;
    for (let at = 0; at < out.length; at += 1) {
      const x = from[0] + di * at;
      const y = from[1] + dj * at;
      const z = from[2] + dk * at;
      out[at] = Number.NaN;
      if (x < -0.5 || y < -0.5 || z < -0.5 || x > columns - 0.5 || y > rows - 0.5 || z > depth - 0.5) continue;
      const cx = clamped(x, columns);
      const cy = clamped(y, rows);
      const cz = clamped(z, depth);
      const x0 = Math.floor(cx);
      const y0 = Math.floor(cy);
      const z0 = Math.floor(cz);
      const near = slices[z0];
      if (!near) continue;
      const fx = cx - x0;
      const fy = cy - y0;
      const fz = cz - z0;
      const base = y0 * columns + x0;
      const right1 = x0 + 1 < columns ? 1 : 0;
      const down1 = y0 + 1 < rows ? columns : 0;
      let value = bilinear(near, base, right1, down1, fx, fy);
      if (fz > 1e-6) {
        const far = slices[z0 + 1];
        if (!far) continue;
        value += (bilinear(far, base, right1, down1, fx, fy) - value) * fz;
      }
      out[at] = value;
      found = true;
    }
    return found;
  };
}

function bilinear(slice: Values, base: number, right: number, down: number, fx: number, fy: number): number {
  const a = slice[base] as number;
  const b = slice[base + right] as number;
  const c = slice[base + down] as number;
  const d = slice[base + down + right] as number;
  const top = a + (b - a) * fx;
  return top + (c + (d - c) * fx - top) * fy;
}
