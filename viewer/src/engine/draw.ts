// Values to colors on a canvas: window, palette, inversion, by the rules of hounsfield.pixels.window (PS3.3 C.11.2.1).
// The picture of a frame is kept while only its place on the screen changes.

import type { Types } from "@cornerstonejs/core";
import type { View } from "../state/view";
import type { Window } from "../state/window";
import { paletteOf } from "./palettes";

export interface Look {
  /** Null for color. */
  window: Window | null;
  function: NonNullable<View["function"]>;
  invert: boolean;
  colors: string;
  smooth: boolean;
}

/** From pixels of the image to pixels of the canvas: a, b, c, d, e, f of `setTransform`. */
export type Transform = [number, number, number, number, number, number];

const LEVELS = 256;
/** Whole numbers in so wide a range are looked up. */
const WIDEST = 1 << 17;

/** Level 0 to 255 of a value. */
export function levelOf(window: Window, how: Look["function"]): (value: number) => number {
  const { center, width } = window;
  const clamp = (share: number): number => (share <= 0 ? 0 : share >= 1 ? 255 : share === share ? Math.round(share * 255) : 0);
  if (how === "sigmoid") return (value) => clamp(1 / (1 + Math.exp((-4 * (value - center)) / width)));
  if (how === "linear-exact" || width < 1) return (value) => clamp((value - center) / width + 0.5);
  if (width === 1) return (value) => (value > center - 0.5 ? 255 : 0);
  return (value) => clamp((value - (center - 0.5)) / (width - 1) + 0.5);
}

/** Colors of the levels, as little-endian red, green, blue, opaque. */
function colorsOf({ colors, invert }: Look): Uint32Array {
  const palette = paletteOf(colors);
  return Uint32Array.from({ length: LEVELS }, (_, at) => {
    const level = invert ? LEVELS - 1 - at : at;
    const [red, green, blue] = palette
      ? [palette[3 * level] as number, palette[3 * level + 1] as number, palette[3 * level + 2] as number]
      : [level, level, level];
    return (0xff000000 | (blue << 16) | (green << 8) | red) >>> 0;
  });
}

type Pixels = ArrayLike<number>;

/** Fill colors of gray values. */
export function paint(values: Pixels, range: { min: number; max: number }, look: Look, out: Uint32Array): void {
  const colors = colorsOf(look);
  const level = levelOf(look.window ?? { center: 128, width: 256 }, look.function);
  const whole = !(values instanceof Float32Array) && range.max - range.min < WIDEST;
  if (!whole) {
    for (let at = 0; at < out.length; at += 1) out[at] = colors[level(values[at] as number)] as number;
    return;
  }
  const table = new Uint32Array(range.max - range.min + 1);
  for (let at = 0; at < table.length; at += 1) table[at] = colors[level(at + range.min)] as number;
  const { min } = range;
  for (let at = 0; at < out.length; at += 1) out[at] = table[(values[at] as number) - min] as number;
}

function paintColor(values: Pixels, invert: boolean, out: Uint32Array): void {
  const turn = invert ? 0xffffff : 0;
  for (let at = 0, from = 0; at < out.length; at += 1, from += 3) {
    const color = ((values[from + 2] as number) << 16) | ((values[from + 1] as number) << 8) | (values[from] as number);
    out[at] = (0xff000000 | (color ^ turn)) >>> 0;
  }
}

/** Draws the frames of one pane. */
export class Painter {
  #picture: HTMLCanvasElement | null = null;
  #pixels: ImageData | null = null;
  #key = "";

  draw(canvas: HTMLCanvasElement, image: Types.IImage, look: Look, transform: Transform, over: ImageBitmap | null): void {
    const context = canvas.getContext("2d");
    const picture = this.#painted(image, look);
    if (!context || !picture) return;
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.fillStyle = "#000";
    context.fillRect(0, 0, canvas.width, canvas.height);
    context.imageSmoothingEnabled = look.smooth;
    context.imageSmoothingQuality = "high";
    context.setTransform(...transform);
    context.drawImage(picture, 0, 0);
    if (over) context.drawImage(over, 0, 0, picture.width, picture.height);
    context.setTransform(1, 0, 0, 1, 0, 0);
  }

  #painted(image: Types.IImage, look: Look): HTMLCanvasElement | null {
    const key = `${image.imageId} ${JSON.stringify(look)}`;
    if (this.#picture && this.#key === key) return this.#picture;
    const { columns, rows } = image;
    if (!this.#picture || this.#picture.width !== columns || this.#picture.height !== rows) {
      this.#picture = document.createElement("canvas");
      this.#picture.width = columns;
      this.#picture.height = rows;
      this.#pixels = new ImageData(columns, rows);
    }
    const context = this.#picture.getContext("2d");
    if (!context || !this.#pixels) return null;
    const out = new Uint32Array(this.#pixels.data.buffer);
    const values = image.getPixelData() as Pixels;
    if (image.color) paintColor(values, look.invert, out);
    else paint(values, { min: image.minPixelValue, max: image.maxPixelValue }, look, out);
    context.putImageData(this.#pixels, 0, 0);
    this.#key = key;
    return this.#picture;
  }
}
