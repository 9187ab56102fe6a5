// Bytes of a frame to values: little-endian, uncompressed, as the server sends them. Values of images that are not in
// color are rescaled here once, so that windows, statistics and the pointer all speak of the same numbers.

import type { Frame, Stack } from "../api/types";

export type Values = Uint8Array | Int8Array | Uint16Array | Int16Array | Uint32Array | Int32Array | Float32Array;

export class BrokenFrame extends Error {}

/** Stored values. Copies where the bytes do not lie on a border that the type needs. */
export function stored(bytes: Uint8Array, stack: Stack, frame: Frame): Values {
  const wanted = frame.rows * frame.columns * stack.samples * (stack.bits_allocated / 8);
  if (bytes.byteLength < wanted) {
    throw new BrokenFrame(`The frame has ${bytes.byteLength} bytes of pixels where ${wanted} belong.`);
  }
  const size = stack.bits_allocated / 8;
  const aligned = bytes.byteOffset % size === 0 ? bytes : bytes.slice(0, wanted);
  const { buffer, byteOffset } = aligned;
  const count = wanted / size;
  if (stack.floating) {
    if (size === 8) return Float32Array.from(new Float64Array(buffer, byteOffset, count));
    return new Float32Array(buffer, byteOffset, count);
  }
  switch (size) {
    case 1:
      return stack.signed ? new Int8Array(buffer, byteOffset, count) : new Uint8Array(buffer, byteOffset, count);
    case 2:
      return stack.signed ? new Int16Array(buffer, byteOffset, count) : new Uint16Array(buffer, byteOffset, count);
    case 4:
      return stack.signed ? new Int32Array(buffer, byteOffset, count) : new Uint32Array(buffer, byteOffset, count);
    default:
      throw new BrokenFrame(`Pixels of ${stack.bits_allocated} bits cannot be shown.`);
  }
}

export function extremes(values: Values): { min: number; max: number } {
  let min = Infinity;
  let max = -Infinity;
  for (const value of values) {
    if (value < min) min = value;
    if (value > max) max = value;
  }
  return Number.isFinite(min) ? { min, max } : { min: 0, max: 0 };
}

/** Rescaled values: 16-bit integers where slope and intercept leave them exact, else floating point numbers. */
export function rescaled(values: Values, slope: number, intercept: number): Values {
  if (slope === 1 && intercept === 0) return narrow(values);
  const { min, max } = extremes(values);
  const ends = [min * slope + intercept, max * slope + intercept];
  const exact = Number.isInteger(slope) && Number.isInteger(intercept);
  const fits = Math.min(...ends) >= -32768 && Math.max(...ends) <= 32767;
  // Numbers of the same size are written where they came from: a series of slices is never held twice.
  const inPlace = exact && fits && values.BYTES_PER_ELEMENT === 2;
  const target = inPlace
    ? new Int16Array(values.buffer, values.byteOffset, values.length)
    : exact && fits
      ? new Int16Array(values.length)
      : new Float32Array(values.length);
  for (let at = 0; at < values.length; at += 1) target[at] = (values[at] as number) * slope + intercept;
  return target;
}

/** 32-bit integers in the narrowest type that holds them, since drawing takes 8 and 16 bits and floats only. */
function narrow(values: Values): Values {
  if (!(values instanceof Uint32Array || values instanceof Int32Array)) return values;
  const { min, max } = extremes(values);
  if (min >= 0 && max <= 65535) return Uint16Array.from(values);
  if (min >= -32768 && max <= 32767) return Int16Array.from(values);
  return Float32Array.from(values);
}
