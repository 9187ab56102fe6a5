// PET in standardized uptake values, where the server could work out the factor: from then on all numbers are SUV.

import type { Stack } from "./types";

export const SUV = "SUV";

export function inUptake(stack: Stack): Stack {
  if (!stack.suv) return stack;
  const { factor } = stack.suv;
  const scaled = <T extends { center: number; width: number }>(window: T): T => ({
    ...window,
    center: window.center * factor,
    width: window.width * factor,
  });
  return {
    ...stack,
    unit: SUV,
    presets: stack.presets.map(scaled),
    frames: stack.frames.map((frame) => ({
      ...frame,
      slope: frame.slope * factor,
      intercept: frame.intercept * factor,
      window: frame.window ? scaled(frame.window) : null,
    })),
  };
}
