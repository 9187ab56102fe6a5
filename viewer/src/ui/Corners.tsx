// Text in the corners, letters at the edges, and a ruler.

import type { Pane, Store } from "../state/store";
import { short, shown, words } from "../strings/words";

const BLENDS = { mip: "MIP", minip: "MinIP", mean: "mean" } as const;

export function Corners({ pane, store }: { pane: Pane; store: Store }) {
  const stack = pane.stack.value;
  if (!stack || !store.showText.value) return null;
  const { corners } = stack;
  const drawn = pane.drawn.value;
  const view = pane.view.value;
  const letters = drawn?.letters;
  const identity = store.showIdentity.value ? corners.top_left : [words.identityHidden];
  const slab = view.slab ? words.slab(view.slab, BLENDS[view.blend ?? "mip"]) : "";
  const plane = view.plane && view.plane !== "acquisition" ? view.plane : "";
  return (
    <>
      <Corner at="top-left" lines={identity} />
      <Corner at="top-right" lines={corners.top_right} />
      <Corner
        at="bottom-left"
        lines={[
          ...corners.bottom_left,
          stack.no_volume && stack.frames.length > 1 ? `${words.noVolume}${stack.no_volume}` : "",
          [plane, slab].filter(Boolean).join("  "),
          pane.times.value > 1 ? words.timeOf(view.time ?? 1, pane.times.value) : "",
          pane.slices.value > 1 ? words.sliceOf(pane.slice.value + 1, pane.slices.value) : "",
        ]}
      />
      <Corner
        at="bottom-right"
        lines={[
          pointed(pane),
          ...corners.bottom_right,
          drawn ? words.zoom(drawn.magnification) : "",
          drawn?.window ? words.windowIs(drawn.window.center, drawn.window.width) : "",
        ]}
      />
      {letters && (
        <>
          <span class="letter left">{letters.left}</span>
          <span class="letter right">{letters.right}</span>
          <span class="letter top">{letters.top}</span>
          <span class="letter bottom">{letters.bottom}</span>
        </>
      )}
      <Ruler millimeters={drawn?.millimetersPerPixel ?? null} />
    </>
  );
}

function Corner({ at, lines }: { at: string; lines: readonly string[] }) {
  const filled = lines.map(shown).filter(Boolean);
  return (
    <div class={`corner ${at}`}>
      {filled.map((line, number) => (
        <p key={number}>{line}</p>
      ))}
    </div>
  );
}

function pointed(pane: Pane): string {
  const pointer = pane.pointer.value;
  if (!pointer?.value) return "";
  const value = pointer.value.map(short).join(" ");
  const place = pointer.pixel ? `  (${pointer.pixel.map((each) => Math.round(each)).join(", ")})` : "";
  return `${value} ${pointer.unit}${place}`.trim();
}

const LENGTHS = [500, 200, 100, 50, 20, 10, 5, 2, 1, 0.5, 0.2, 0.1];
const WIDEST = 160;

function Ruler({ millimeters }: { millimeters: number | null }) {
  if (!millimeters || !Number.isFinite(millimeters)) return null;
  const length = LENGTHS.find((each) => each / millimeters <= WIDEST);
  if (!length) return null;
  return (
    <div class="scale" style={{ width: `${length / millimeters}px` }}>
      <span>{length >= 10 ? `${length / 10} cm` : `${length} mm`}</span>
    </div>
  );
}
