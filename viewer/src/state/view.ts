// What is shown of an image or a volume: the same record as hounsfield.render.View (docs/reference/view.schema.json).
// Absent keys have their defaults. Points are LPS in millimeters; frames count from 1.

import type { Vector } from "../api/types";

export type Plane = "acquisition" | "axial" | "coronal" | "sagittal" | "oblique";
export type Blend = "mip" | "minip" | "mean";
export type Colors =
  | "gray"
  | "hot-iron"
  | "pet"
  | "hot-metal-blue"
  | "pet-20-step"
  | "spring"
  | "summer"
  | "fall"
  | "winter";

export interface View {
  version?: 1;
  plane?: Plane;
  normal?: Vector;
  up?: Vector;
  point?: Vector;
  center?: Vector;
  /** How many times larger than what shows everything. */
  zoom?: number;
  size?: number;
  /** Thickness in mm along the normal. */
  slab?: number | "all";
  blend?: Blend;
  /** Center and width, the name of a preset, or auto; by default what the file asks for. */
  window?: [number, number] | string;
  function?: "linear" | "linear-exact" | "sigmoid";
  invert?: boolean;
  colors?: Colors;
  /** Mirrored before rotating. */
  flip_horizontal?: boolean;
  flip_vertical?: boolean;
  /** Degrees clockwise. */
  rotate?: 0 | 90 | 180 | 270;
  frame?: number;
  time?: number;
  interpolation?: "linear" | "nearest";
  overlays?: boolean;
  presentation?: string;
  labels?: boolean;
  depth?: 8 | 16;
}

export const PLANES: readonly Plane[] = ["acquisition", "axial", "coronal", "sagittal", "oblique"];
export const BLENDS: readonly Blend[] = ["mip", "minip", "mean"];
export const COLORS: readonly Colors[] = [
  "gray",
  "hot-iron",
  "pet",
  "hot-metal-blue",
  "pet-20-step",
  "spring",
  "summer",
  "fall",
  "winter",
];

const DEFAULTS: Partial<View> = {
  version: 1,
  plane: "acquisition",
  zoom: 1,
  slab: 0,
  blend: "mip",
  invert: false,
  colors: "gray",
  flip_horizontal: false,
  flip_vertical: false,
  rotate: 0,
  time: 1,
  interpolation: "linear",
  overlays: false,
  labels: false,
  depth: 8,
};

type Check = (value: unknown) => boolean;
const finite: Check = (value) => typeof value === "number" && Number.isFinite(value);
const natural: Check = (value) => Number.isInteger(value) && (value as number) >= 1;
const truth: Check = (value) => typeof value === "boolean";
const vector: Check = (value) => Array.isArray(value) && value.length === 3 && value.every(finite);
const one =
  (allowed: readonly unknown[]): Check =>
  (value) =>
    allowed.includes(value);

const CHECKS: Record<keyof View, Check> = {
  version: one([1]),
  plane: one(PLANES),
  normal: vector,
  up: vector,
  point: vector,
  center: vector,
  zoom: (value) => finite(value) && (value as number) >= 0.01 && (value as number) <= 1000,
  size: natural,
  slab: (value) => value === "all" || (finite(value) && (value as number) >= 0 && (value as number) <= 10000),
  blend: one(BLENDS),
  window: (value) =>
    (typeof value === "string" && value.length <= 64) ||
    (Array.isArray(value) && value.length === 2 && value.every(finite) && (value[1] as number) > 0),
  function: one(["linear", "linear-exact", "sigmoid"]),
  invert: truth,
  colors: one(COLORS),
  flip_horizontal: truth,
  flip_vertical: truth,
  rotate: one([0, 90, 180, 270]),
  frame: natural,
  time: natural,
  interpolation: one(["linear", "nearest"]),
  overlays: truth,
  presentation: (value) => typeof value === "string",
  labels: truth,
  depth: one([8, 16]),
};

/** Take from anything what is a view; what is not allowed is left out. */
export function parseView(value: unknown): View {
  if (typeof value !== "object" || value === null) return {};
  const view: Record<string, unknown> = {};
  for (const [key, check] of Object.entries(CHECKS)) {
    const given = (value as Record<string, unknown>)[key];
    if (given !== undefined && check(given)) view[key] = given;
  }
  return view as View;
}

/** The view without what is the default anyway, so that addresses and files are short. */
export function compactView(view: View): View {
  const short: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(view)) {
    if (value !== undefined && value !== DEFAULTS[key as keyof View]) short[key] = value;
  }
  return short as View;
}

export function sameView(one: View, other: View): boolean {
  return JSON.stringify(sorted(compactView(one))) === JSON.stringify(sorted(compactView(other)));
}

function sorted(view: View): [string, unknown][] {
  return Object.entries(view).sort(([a], [b]) => (a < b ? -1 : 1));
}
