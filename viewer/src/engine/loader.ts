// Frames from the server to images of the library: one loader for all that the workstation shows.

import { type Types, imageLoader, utilities } from "@cornerstonejs/core";
import { api } from "../api/client";
import { boundaryOf, parts } from "../api/multipart";
import type { Frame, Stack } from "../api/types";
import { type Frames, SCHEME } from "./frames";
import type { Troubles } from "./troubles";
import { BrokenFrame, type Values, extremes, rescaled, stored } from "./pixels";

/** Explicit VR Little Endian: bytes as they are. */
const ACCEPT = 'multipart/related; type="application/octet-stream"; transfer-syntax=1.2.840.10008.1.2.1';

async function bytesOf(frame: Frame, signal: AbortSignal): Promise<Uint8Array> {
  if (frame.error !== null && frame.error !== undefined) throw new BrokenFrame(frame.error);
  const response = await api.bytes(frame.url, ACCEPT, signal);
  const body = new Uint8Array(await response.arrayBuffer());
  const boundary = boundaryOf(response.headers.get("Content-Type"));
  if (boundary === null) return body;
  const [first] = parts(body, boundary);
  if (!first) throw new BrokenFrame("The server sent no frame.");
  return first.bytes;
}

function canvasOf(image: { rows: number; columns: number }): HTMLCanvasElement {
  const canvas = document.createElement("canvas");
  canvas.width = image.columns;
  canvas.height = image.rows;
  return canvas;
}

function defaultWindow(stack: Stack, frame: Frame, range: { min: number; max: number }): { center: number; width: number } {
  const given = frame.window ?? stack.presets[0];
  if (given && given.width > 0) return { center: given.center, width: given.width };
  const width = Math.max(range.max - range.min, 1);
  return { center: range.min + width / 2, width };
}

/** An image of the library made of values. */
export function toImage(imageId: string, stack: Stack, frame: Frame, values: Values): Types.IImage {
  const color = stack.samples === 3;
  const range = color ? { min: 0, max: 255 } : extremes(values);
  const window = color ? { center: 128, width: 255 } : defaultWindow(stack, frame, range);
  const [rowSpacing, columnSpacing] = stack.pixel_spacing ?? [1, 1];
  const components = color ? 3 : 1;
  const image = {
    imageId,
    minPixelValue: range.min,
    maxPixelValue: range.max,
    slope: 1,
    intercept: 0,
    windowCenter: window.center,
    windowWidth: window.width,
    voiLUTFunction: (frame.window?.function ?? "LINEAR").replace("-", "_").toUpperCase(),
    rows: frame.rows,
    columns: frame.columns,
    height: frame.rows,
    width: frame.columns,
    color,
    rgba: false,
    numberOfComponents: components,
    columnPixelSpacing: columnSpacing,
    rowPixelSpacing: rowSpacing,
    invert: stack.photometric === "MONOCHROME1",
    photometricInterpretation: color ? "RGB" : stack.photometric,
    sizeInBytes: values.byteLength,
    dataType: values.constructor.name,
    isPreScaled: true,
    preScale: {
      enabled: true,
      scaled: true,
      scalingParameters: { modality: stack.modality, rescaleSlope: 1, rescaleIntercept: 0 },
    },
    getPixelData: () => values,
    getCanvas: () => canvasOf(frame),
    voxelManager: utilities.VoxelManager.createImageVoxelManager({
      width: frame.columns,
      height: frame.rows,
      numberOfComponents: components,
      scalarData: values as Types.PixelDataTypedArray,
    }),
  };
  return image as unknown as Types.IImage;
}

/** Tell the library how frames come here. */
export function registerLoader(frames: Frames, troubles: Troubles): void {
  imageLoader.registerImageLoader(SCHEME, (imageId: string) => {
    const canceling = new AbortController();
    const promise = load(frames, troubles, imageId, canceling.signal);
    return { promise, cancelFn: () => canceling.abort() };
  });
}

async function load(frames: Frames, troubles: Troubles, imageId: string, signal: AbortSignal): Promise<Types.IImage> {
  const named = frames.find(imageId);
  if (!named) throw new BrokenFrame("The frame is not in any stack.");
  const { stack, frame, index, make } = named;
  if (make) return toImage(imageId, stack, frame, await make(index));
  let raw: Values;
  try {
    raw = stored(await bytesOf(frame, signal), stack, frame);
    troubles.forget(imageId);
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    troubles.note(imageId, error instanceof Error ? error.message : String(error));
    raw = new Uint8Array(frame.rows * frame.columns * stack.samples);
  }
  const values = stack.samples === 3 ? raw : rescaled(raw, frame.slope, frame.intercept);
  return toImage(imageId, stack, frame, values);
}
