// What the library asks about an image, answered from the server's JSON of its stack.

import { metaData } from "@cornerstonejs/core";
import type { Frames, Named } from "./frames";

type Answer = Record<string, unknown> | undefined;

function plane({ stack, frame }: Named): Answer {
  const [rowSpacing, columnSpacing] = stack.pixel_spacing ?? [1, 1];
  const orientation = frame.orientation ?? [1, 0, 0, 0, 1, 0];
  return {
    frameOfReferenceUID: stack.frame_of_reference_uid ?? `image ${frame.sop_instance_uid}`,
    rows: frame.rows,
    columns: frame.columns,
    imageOrientationPatient: orientation,
    rowCosines: orientation.slice(0, 3),
    columnCosines: orientation.slice(3, 6),
    imagePositionPatient: frame.position ?? [0, 0, 0],
    pixelSpacing: [rowSpacing, columnSpacing],
    rowPixelSpacing: rowSpacing,
    columnPixelSpacing: columnSpacing,
    sliceThickness: stack.slice_spacing ?? 1,
    usingDefaultValues: frame.position === null || frame.orientation === null,
  };
}

const MODULES: Record<string, (named: Named) => Answer> = {
  imagePlaneModule: plane,
  imagePixelModule: ({ stack, frame }) => ({
    samplesPerPixel: stack.samples,
    photometricInterpretation: stack.samples === 3 ? "RGB" : stack.photometric,
    rows: frame.rows,
    columns: frame.columns,
    bitsAllocated: stack.bits_allocated,
    bitsStored: stack.bits_allocated,
    highBit: stack.bits_allocated - 1,
    // After rescaling: CT's values are below zero.
    pixelRepresentation: stack.signed || frame.intercept < 0 ? 1 : 0,
    planarConfiguration: 0,
  }),
  generalSeriesModule: ({ stack }) => ({
    modality: stack.modality,
    seriesInstanceUID: stack.series_instance_uid,
    studyInstanceUID: stack.study_instance_uid,
  }),
  generalImageModule: ({ frame }) => ({ sopInstanceUID: frame.sop_instance_uid, instanceNumber: frame.instance_number }),
  sopCommonModule: ({ frame }) => ({ sopInstanceUID: frame.sop_instance_uid }),
  frameModule: ({ frame }) => ({ sopInstanceUID: frame.sop_instance_uid, frameNumber: frame.frame }),
  voiLutModule: ({ stack, frame }) => {
    const window = frame.window ?? stack.presets[0];
    return window ? { windowCenter: [window.center], windowWidth: [window.width] } : {};
  },
  modalityLutModule: ({ stack }) => ({ rescaleSlope: 1, rescaleIntercept: 0, rescaleType: stack.unit || undefined }),
  scalingModule: () => undefined,
  cineModule: ({ stack }) => (stack.frame_rate ? { frameTime: 1000 / stack.frame_rate } : undefined),
};

export function registerMetadata(frames: Frames): void {
  metaData.addProvider((type: string, ...queries: unknown[]) => {
    const [imageId] = queries;
    if (typeof imageId !== "string") return undefined;
    const answer = MODULES[type];
    if (!answer) return undefined;
    const named = frames.find(imageId);
    return named ? answer(named) : undefined;
  }, 10_000);
}
