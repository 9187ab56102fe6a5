// Which gray values are shown: center and width in rescaled values.

import type { Stack, WindowPreset } from "../api/types";
import type { View } from "./view";

export interface Window {
  center: number;
  width: number;
}

/** Centers and widths that radiology departments commonly begin with: those of hounsfield.pixels.window. */
export const PRESETS: Readonly<Record<string, readonly WindowPreset[]>> = {
  CT: [
    { name: "soft-tissue", center: 40, width: 400 },
    { name: "abdomen", center: 50, width: 400 },
    { name: "liver", center: 80, width: 150 },
    { name: "mediastinum", center: 50, width: 350 },
    { name: "lung", center: -600, width: 1500 },
    { name: "bone", center: 400, width: 1800 },
    { name: "spine", center: 50, width: 250 },
    { name: "brain", center: 40, width: 80 },
    { name: "stroke", center: 40, width: 40 },
    { name: "subdural", center: 75, width: 215 },
    { name: "temporal-bone", center: 600, width: 2800 },
    { name: "angio", center: 300, width: 600 },
  ],
  PT: [
    { name: "SUV 0 to 5", center: 2.5, width: 5 },
    { name: "SUV 0 to 7", center: 3.5, width: 7 },
    { name: "SUV 0 to 10", center: 5, width: 10 },
    { name: "SUV 0 to 15", center: 7.5, width: 15 },
  ],
};

/** What a person can choose for a stack: what its file names, then what is usual for its modality. */
export function presetsOf(stack: Stack): WindowPreset[] {
  const usual = stack.modality === "PT" && !/^SUV|g\/ml/i.test(stack.unit) ? [] : (PRESETS[stack.modality] ?? []);
  return [...stack.presets, ...usual];
}

interface Ranged {
  windowCenter: number | number[];
  windowWidth: number | number[];
  getPixelData(): ArrayLike<number>;
}

/** The window that a view of an image means; null for color. */
export function windowOf(view: View, stack: Stack, image: Ranged | undefined): Window | null {
  if (stack.samples === 3) return null;
  const wanted = view.window;
  if (Array.isArray(wanted)) return { center: wanted[0], width: wanted[1] };
  if (wanted === "auto" && image) return autoWindow(image.getPixelData());
  if (typeof wanted === "string") {
    const preset = presetsOf(stack).find((each) => each.name.toLowerCase() === wanted.toLowerCase());
    if (preset) return { center: preset.center, width: preset.width };
  }
  if (!image) return null;
  const first = (value: number | number[]): number => (Array.isArray(value) ? (value[0] ?? 0) : value);
  return { center: first(image.windowCenter), width: Math.max(first(image.windowWidth), 1e-6) };
}

/** From the thousandth to the last but a thousandth of the values. */
export function autoWindow(values: ArrayLike<number>): Window | null {
  const step = Math.max(1, Math.floor(values.length / 65536));
  const sample: number[] = [];
  for (let at = 0; at < values.length; at += step) {
    const value = values[at];
    if (value !== undefined && Number.isFinite(value)) sample.push(value);
  }
  if (sample.length === 0) return null;
  sample.sort((a, b) => a - b);
  const low = sample[Math.floor(sample.length * 0.001)] ?? 0;
  const high = sample[Math.min(sample.length - 1, Math.floor(sample.length * 0.999))] ?? low;
  return { center: (low + high) / 2, width: high > low ? high - low : 1 };
}

/** What a region means for a window: its mean, and two standard deviations to both sides. */
export function windowAround(values: ArrayLike<number>): Window | null {
  let count = 0;
  let sum = 0;
  let squares = 0;
  for (let at = 0; at < values.length; at += 1) {
    const value = values[at] as number;
    if (!Number.isFinite(value)) continue;
    count += 1;
    sum += value;
    squares += value * value;
  }
  if (count === 0) return null;
  const mean = sum / count;
  const deviation = Math.sqrt(Math.max(squares / count - mean * mean, 0));
  return { center: mean, width: Math.max(4 * deviation, Math.abs(mean) * 1e-3, 1e-3) };
}
