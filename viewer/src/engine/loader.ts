// Frames from the server to images of the library: one loader for all that the workstation shows.

import { type Types, imageLoader, utilities } from "@cornerstonejs/core";
import { api, patiently } from "../api/client";
import { boundaryOf, parts } from "../api/multipart";
import type { Frame } from "../api/types";
import { type Frames, type Named, SCHEME } from "./frames";
import type { Troubles } from "./troubles";
import { BrokenFrame, type Values, extremes, rescaled, stored } from "./pixels";

/** Explicit VR Little Endian: bytes as they are. */
const ACCEPT = 'multipart/related; type="application/octet-stream"; transfer-syntax=1.2.840.10008.1.2.1';

async function bytesOf(frame: Frame, signal: AbortSignal): Promise<Uint8Array> {
  if (frame.error !== null && frame.error !== undefined) throw new BrokenFrame(frame.error);
  const [body, type] = await patiently(async () => {
    const response = await api.bytes(frame.url, ACCEPT, signal);
    return [new Uint8Array(await response.arrayBuffer()), response.headers.get("Content-Type")] as const;
  });
  const boundary = boundaryOf(type);
  if (boundary === null) return body;
  const [first] = parts(body, boundary);
  if (!first) throw new BrokenFrame("The server sent no frame.");
  return first.bytes;
}

/** An image of the library made of values. */
export function toImage(imageId: string, { stack, frame }: Named, values: Values, draw: Draw): Types.IImage {
  const color = stack.samples === 3;
  const range = color ? { min: 0, max: 255 } : extremes(values);
  // The library asks for a window, and does not use it: frames are drawn by our own rules.
  const window = { center: (range.min + range.max) / 2, width: Math.max(range.max - range.min, 1) };
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
    voiLUTFunction: "LINEAR",
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
    getCanvas: undefined,
    render: (element: { canvas: HTMLCanvasElement; image: Types.IImage }) => draw(element.canvas, element.image),
    voxelManager: utilities.VoxelManager.createImageVoxelManager({
      width: frame.columns,
      height: frame.rows,
      numberOfComponents: components,
      scalarData: values as Types.PixelDataTypedArray,
    }),
  };
  return image as unknown as Types.IImage;
}

/** Draws an image on the canvas of a pane. */
export type Draw = (canvas: HTMLCanvasElement, image: Types.IImage) => void;

/** Tell the library how frames come here, and how they are drawn. */
export function registerLoader(frames: Frames, troubles: Troubles, draw: Draw): void {
  imageLoader.registerImageLoader(SCHEME, (imageId: string) => {
    const canceling = new AbortController();
    const promise = load(frames, troubles, imageId, canceling.signal).then(([named, values]) =>
      toImage(imageId, named, values, draw),
    );
    return { promise, cancelFn: () => canceling.abort() };
  });
}

async function load(frames: Frames, troubles: Troubles, imageId: string, signal: AbortSignal): Promise<[Named, Values]> {
  const named = frames.find(imageId);
  if (!named) throw new BrokenFrame("The frame is not in any stack.");
  const { stack, frame, index, make } = named;
  if (make) return [named, await make(index)];
  let raw: Values;
  try {
    raw = stored(await bytesOf(frame, signal), stack, frame);
    troubles.forget(imageId);
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    troubles.note(imageId, error instanceof Error ? error.message : String(error));
    raw = new Uint8Array(frame.rows * frame.columns * stack.samples);
  }
  return [named, stack.samples === 3 ? raw : rescaled(raw, frame.slope, frame.intercept)];
}
