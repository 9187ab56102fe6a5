// Which color stands for which value, beside a picture with a color map.

import { useEffect, useRef } from "preact/hooks";
import { paletteOf } from "../engine/palettes";
import type { Pane } from "../state/store";
import { short, words } from "../strings/words";

const LEVELS = 256;

export function ColorBar({ pane }: { pane: Pane }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const stack = pane.stack.value;
  const { colors = "gray", invert = false } = pane.view.value;
  const window = pane.drawn.value?.window;
  const shown = colors !== "gray" && stack?.samples === 1 && window !== null && window !== undefined;
  const turned = invert !== (stack?.photometric === "MONOCHROME1");
  useEffect(() => {
    const context = canvas.current?.getContext("2d");
    const palette = paletteOf(colors);
    if (!context || !palette) return;
    const column = context.createImageData(1, LEVELS);
    for (let at = 0; at < LEVELS; at += 1) {
      const level = turned ? at : LEVELS - 1 - at;
      column.data.set([...palette.slice(3 * level, 3 * level + 3), 255], 4 * at);
    }
    context.putImageData(column, 0, 0);
  }, [colors, turned, shown]);
  if (!shown) return null;
  const [high, low] = [window.center + window.width / 2, window.center - window.width / 2];
  return (
    <div class="colorbar" role="img" aria-label={words.colorBar(low, high, stack.unit)}>
      <span>{`${short(high)} ${stack.unit}`.trim()}</span>
      <canvas ref={canvas} width={1} height={LEVELS} />
      <span>{`${short(low)} ${stack.unit}`.trim()}</span>
    </div>
  );
}
