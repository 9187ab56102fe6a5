// Which gray values are shown: center and width in rescaled values.

import type { Stack, WindowPreset } from "../api/types";
import { lengthsOf } from "./geometry";
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
};

const SUV: readonly WindowPreset[] = [5, 7, 10, 15, 20].map((most) => ({ name: `SUV 0 to ${most}`, center: most / 2, width: most }));

/** What a person can choose for a stack: what its file names, then what is usual for its values. */
export function presetsOf(stack: Stack): WindowPreset[] {
  const found = [...stack.presets];
  const usual = stack.suv ? SUV : (PRESETS[stack.modality] ?? []);
  for (const preset of usual) {
    if (!found.some((each) => each.center === preset.center && each.width === preset.width)) found.push(preset);
  }
  return found;
}

/** Names are the same in the server's words and in those of a view: "Soft tissue", "soft-tissue". */
function sameName(one: string, other: string): boolean {
  const plain = (name: string): string => name.toLowerCase().replaceAll(/[\s_-]+/g, "-");
  return plain(one) === plain(other);
}

const SOFT_TISSUE: Window = { center: 40, width: 400 };
/** What the server calls the window of all values of one slice. */
const EVERYTHING = "Full range";

/** The window that a stack begins with, in this order: its file's, soft tissue for Hounsfield units, none. */
export function statedWindow(stack: Stack, index: number): Window | null {
  // Slices of a volume have one window, or brightness would jump while scrolling.
  const { slices } = lengthsOf(stack);
  const frame = stack.frames[stack.kind === "volume" ? Math.floor(slices / 2) : index];
  const [first] = stack.presets;
  const named = first && first.name !== EVERYTHING && !PRESETS["CT"]?.some((each) => sameName(each.name, first.name)) ? first : null;
  const stated = frame?.window ?? named;
  if (stated && stated.width > 0) return { center: stated.center, width: stated.width };
  return stack.unit === "HU" ? SOFT_TISSUE : null;
}

/** The window that a view names; null where it leaves that to the stack. */
export function askedWindow(view: View, stack: Stack, values: ArrayLike<number> | null): Window | null {
  const wanted = view.window;
  if (Array.isArray(wanted)) return { center: wanted[0], width: wanted[1] };
  if (wanted === "auto") return values ? autoWindow(values) : null;
  if (typeof wanted !== "string") return null;
  const preset = presetsOf(stack).find((each) => sameName(each.name, wanted));
  return preset ? { center: preset.center, width: preset.width } : null;
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
