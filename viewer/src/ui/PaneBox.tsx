// One view: the picture, and around it who, what, where.

import { useEffect, useRef } from "preact/hooks";
import type { Pane } from "../state/store";
import { amount } from "../state/measurements";
import { words } from "../strings/english";
import type { Parts } from "./App";
import { DRAGGED } from "./Studies";

export function PaneBox({ pane, number, hidden, ...parts }: Parts & { pane: Pane; number: number; hidden: boolean }) {
  const { store, engine, session } = parts;
  const element = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (element.current) void engine.mount(element.current, pane.id);
    return () => engine.unmount(pane.id);
  }, [pane.id]);
  const drop = async (event: DragEvent): Promise<void> => {
    event.preventDefault();
    const series = event.dataTransfer?.getData(DRAGGED);
    const [stack] = series ? await session.stacks(series) : [];
    if (stack) store.open(pane.id, stack);
    store.activeId.value = pane.id;
  };
  const stack = pane.stack.value;
  const active = store.activeId.value === pane.id;
  return (
    <section
      class={`pane${active ? " active" : ""}`}
      style={{ display: hidden ? "none" : undefined }}
      aria-label={words.pane(number)}
      aria-current={active}
      onDblClick={() => store.maximize(store.layout.peek().maximized === null ? pane.id : null)}
      onDragOver={(event) => event.preventDefault()}
      onDrop={(event) => void drop(event)}
    >
      <div class="picture">
        <div ref={element} style={{ width: "100%", height: "100%" }} />
      </div>
      {stack && store.showText.value ? <Words pane={pane} {...parts} /> : null}
      {stack ? <Slider pane={pane} {...parts} /> : null}
      <Tile pane={pane} />
    </section>
  );
}

function Tile({ pane }: { pane: Pane }) {
  const reason = pane.reason.value;
  if (!pane.stack.value) return <div class="tile">{words.empty}</div>;
  if (pane.phase.value === "loading") return <div class="tile">{words.loading} …</div>;
  if (!reason) return null;
  return (
    <div class="tile bad" role="alert">
      <b>{words.cannotShow}</b>
      {reason}
    </div>
  );
}

function Words({ pane, store }: Parts & { pane: Pane }) {
  const stack = pane.stack.value;
  const drawn = pane.drawn.value;
  if (!stack) return null;
  const { corners } = stack;
  const view = pane.view.value;
  const window = drawn?.window;
  const slab = view.slab ? `${{ mip: "MIP", minip: "MinIP", mean: "Mean" }[view.blend ?? "mip"]} ${view.slab === "all" ? "" : `${view.slab} mm`}` : "";
  const plane = view.plane && view.plane !== "acquisition" ? view.plane : "";
  const times = pane.times.value > 1 ? `${words.time} ${view.time ?? 1} / ${pane.times.value}` : "";
  return (
    <>
      <Corner at="top-left" lines={store.showIdentity.value ? corners.top_left : []} />
      <Corner at="top-right" lines={corners.top_right} />
      <Corner
        at="bottom-left"
        lines={[...corners.bottom_left, [plane, slab].filter(Boolean).join(" · "), `${words.slice} ${pane.slice.value + 1} / ${pane.slices.value}`, times]}
      />
      <Corner
        at="bottom-right"
        lines={[...corners.bottom_right, <Under pane={pane} />, window ? `C ${amount(window.center)}  W ${amount(window.width)}` : ""]}
      />
      {drawn?.letters
        ? (["left", "right", "top", "bottom"] as const).map((side) => (
            <span key={side} class={`letter ${side}`}>
              {drawn.letters?.[side]}
            </span>
          ))
        : null}
      {drawn?.millimetersPerPixel ? <Scale perPixel={drawn.millimetersPerPixel} /> : null}
    </>
  );
}

/** The value under the pointer, alone, so that nothing else is drawn when it moves. */
function Under({ pane }: { pane: Pane }) {
  const pointer = pane.pointer.value;
  if (!pointer?.value) return null;
  return (
    <>
      {pointer.value.map(amount).join(" ")} {pointer.unit}
    </>
  );
}

function Corner({ at, lines }: { at: string; lines: (string | preact.JSX.Element)[] }) {
  return (
    <div class={`corner ${at}`}>
      {lines.map((line, place) => (line ? <div key={place}>{line}</div> : null))}
    </div>
  );
}

const LENGTHS = [1, 2, 5, 10, 20, 50, 100, 200, 500];

function Scale({ perPixel }: { perPixel: number }) {
  const length = LENGTHS.filter((each) => each / perPixel <= 160).at(-1) ?? 1;
  const text = length >= 10 ? `${length / 10} cm` : `${length} mm`;
  return (
    <div class="scale" style={{ width: `${length / perPixel}px` }}>
      <span>{text}</span>
    </div>
  );
}

function Slider({ pane, engine }: Parts & { pane: Pane }) {
  const count = pane.slices.value;
  if (count < 2) return null;
  const share = (at: number): string => `${(100 * at) / count}%`;
  const move = (event: PointerEvent): void => {
    if (event.buttons === 0) return;
    const box = (event.currentTarget as HTMLElement).getBoundingClientRect();
    (event.currentTarget as HTMLElement).setPointerCapture(event.pointerId);
    engine.goTo(pane.id, Math.min(Math.max(Math.floor(((event.clientY - box.top) / box.height) * count), 0), count - 1));
  };
  const flat = (pane.view.value.plane ?? "acquisition") === "acquisition" && pane.times.value === 1;
  return (
    <div
      class="slider"
      role="slider"
      aria-label={words.slice}
      aria-orientation="vertical"
      aria-valuemin={1}
      aria-valuemax={count}
      aria-valuenow={pane.slice.value + 1}
      onPointerDown={move}
      onPointerMove={move}
    >
      {flat ? runs(pane.loaded.value).map(([from, to]) => <i key={from} style={{ top: share(from), height: share(to - from) }} />) : null}
      <b style={{ top: `calc(${share(pane.slice.value)} * 0.99)`, height: share(1) }} />
    </div>
  );
}

/** Numbers that follow each other, as ranges. */
function runs(numbers: ReadonlySet<number>): [number, number][] {
  const found: [number, number][] = [];
  for (const number of [...numbers].sort((a, b) => a - b)) {
    const last = found.at(-1);
    if (last && last[1] === number) last[1] = number + 1;
    else found.push([number, number + 1]);
  }
  return found;
}
