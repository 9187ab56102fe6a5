// The bar at the right edge: where in the stack one is, what is loaded, and where key images are.

import { useEffect, useRef } from "preact/hooks";
import type { Engine } from "../engine/engine";
import { keySlices } from "../state/keeping";
import type { Pane, Store } from "../state/store";
import { words } from "../strings/words";

export function SliceBar({ pane, engine, store }: { pane: Pane; engine: Engine; store: Store }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const stack = pane.stack.value;
  const slices = pane.slices.value;
  const slice = pane.slice.value;
  const loaded = pane.loaded.value;
  const stored = (pane.view.value.plane ?? "acquisition") === "acquisition";
  const keys = stack && stored ? keySlices(store, stack) : [];
  useEffect(() => {
    const target = canvas.current;
    const context = target?.getContext("2d");
    if (!target || !context) return;
    const scale = devicePixelRatio;
    target.width = target.clientWidth * scale;
    target.height = target.clientHeight * scale;
    const { width, height } = target;
    const step = height / slices;
    context.clearRect(0, 0, width, height);
    context.fillStyle = "rgba(120,135,155,.22)";
    context.fillRect(width * 0.55, 0, width * 0.3, height);
    if (stored) {
      context.fillStyle = "rgba(108,180,255,.55)";
      for (const index of loaded) if (index < slices) context.fillRect(width * 0.55, index * step, width * 0.3, Math.max(step, 1));
      context.fillStyle = "#f2b84b";
      for (const index of keys) context.fillRect(0, index * step, width * 0.4, Math.max(step, 2 * scale));
    }
    const knob = Math.max(step, 6 * scale);
    context.fillStyle = "#e6edf3";
    context.fillRect(width * 0.42, Math.min(slice * step, height - knob), width * 0.56, knob);
  });
  const go = (event: PointerEvent): void => {
    const box = (event.currentTarget as HTMLElement).getBoundingClientRect();
    const at = Math.floor(((event.clientY - box.top) / box.height) * slices);
    engine.goTo(pane.id, Math.min(Math.max(at, 0), slices - 1));
  };
  return (
    <div
      class="slices"
      role="scrollbar"
      aria-label={words.sliceBar}
      aria-orientation="vertical"
      aria-valuemin={1}
      aria-valuemax={slices}
      aria-valuenow={slice + 1}
      aria-controls={pane.id}
      onPointerDown={(event) => {
        event.stopPropagation();
        (event.currentTarget as HTMLElement).setPointerCapture(event.pointerId);
        go(event);
      }}
      onPointerMove={(event) => {
        if (event.buttons) go(event);
      }}
      onDblClick={(event) => event.stopPropagation()}
    >
      <canvas ref={canvas} />
    </div>
  );
}
