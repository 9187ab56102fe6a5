// Which gray values are shown: center and width in rescaled values.

import type { Stack, WindowPreset } from "../api/types";
import type { View } from "../state/view";

export interface Window {
  center: number;
  width: number;
}

/** Usual windows by modality; a file's own come before them. */
export const PRESETS: Readonly<Record<string, readonly WindowPreset[]>> = {
  CT: [
    { name: "soft-tissue", center: 40, width: 400 },
    { name: "lung", center: -600, width: 1500 },
    { name: "bone", center: 480, width: 2500 },
    { name: "brain", center: 40, width: 80 },
    { name: "subdural", center: 75, width: 215 },
    { name: "stroke", center: 32, width: 8 },
    { name: "mediastinum", center: 50, width: 350 },
    { name: "abdomen", center: 60, width: 400 },
    { name: "liver", center: 90, width: 150 },
    { name: "angio", center: 300, width: 600 },
  ],
};

interface Ranged {
  minPixelValue: number;
  maxPixelValue: number;
  getPixelData(): ArrayLike<number>;
}

/** The window a view asks for; null leaves it to the file. */
export function windowOf(view: View, stack: Stack, image: Ranged | undefined): Window | null {
  const wanted = view.window;
  if (Array.isArray(wanted)) return { center: wanted[0], width: wanted[1] };
  if (wanted === "auto") return image ? autoWindow(image.getPixelData()) : null;
  if (typeof wanted === "string") {
    const presets = [...stack.presets, ...(PRESETS[stack.modality] ?? [])];
    const preset = presets.find((each) => each.name.toLowerCase() === wanted.toLowerCase());
    if (preset) return { center: preset.center, width: preset.width };
  }
  return null;
}

/** Between the thousandth and the last thousandth of the values. */
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
  return { center: (low + high) / 2, width: Math.max(high - low, 1) };
}
