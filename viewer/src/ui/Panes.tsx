// The grid of pictures.

import { useEffect, useRef, useState } from "preact/hooks";
import { api } from "../api/client";
import type { Pane } from "../state/store";
import { cut, short, shown, words } from "../strings/words";
import { ColorBar } from "./ColorBar";
import { Corners } from "./Corners";
import { Icon } from "./icons";
import type { Parts } from "./parts";
import { DRAGGED } from "./Rail";
import { SliceBar } from "./SliceBar";

export function Panes(parts: Parts) {
  const { store } = parts;
  const { rows, columns, maximized } = store.layout.value;
  const grid = maximized ? "minmax(0, 1fr) / minmax(0, 1fr)" : `repeat(${rows}, minmax(0, 1fr)) / repeat(${columns}, minmax(0, 1fr))`;
  useEffect(() => parts.engine.resize(), [rows, columns, maximized, parts.room.side.value, parts.room.rail.value]);
  return (
    <main class="panes" style={{ gridTemplate: grid }}>
      {store.panes.value.map((pane, at) => (
        <PaneBox key={pane.id} pane={pane} at={at} hidden={maximized !== null && maximized !== pane.id} parts={parts} />
      ))}
    </main>
  );
}

function PaneBox({ pane, at, hidden, parts }: { pane: Pane; at: number; hidden: boolean; parts: Parts }) {
  const { store, engine } = parts;
  const element = useRef<HTMLDivElement>(null);
  const [target, setTarget] = useState(false);
  useEffect(() => {
    if (element.current) void engine.mount(element.current, pane.id);
    return () => engine.unmount(pane.id);
  }, []);
  const stack = pane.stack.value;
  const active = store.activeId.value === pane.id;
  const label = stack ? `${at + 1}: ${shown(stack.modality)} ${shown(stack.description)}` : `${at + 1}: ${words.noImage}`;
  const names = ["pane", active && store.panes.value.length > 1 && "active", target && "target"].filter(Boolean).join(" ");
  return (
    <section
      class={names}
      style={hidden ? { display: "none" } : undefined}
      aria-label={label}
      tabIndex={0}
      onFocus={() => {
        store.activeId.value = pane.id;
      }}
      onPointerDown={() => {
        store.activeId.value = pane.id;
      }}
      onDblClick={() => store.panes.peek().length > 1 && store.maximize(store.layout.peek().maximized ? null : pane.id)}
      onDragOver={(event) => {
        if (!event.dataTransfer?.types.includes(DRAGGED)) return;
        event.preventDefault();
        setTarget(true);
      }}
      onDragLeave={() => setTarget(false)}
      onDrop={(event) => {
        event.preventDefault();
        setTarget(false);
        const dropped = store.stacks.peek().get(event.dataTransfer?.getData(DRAGGED) ?? "");
        if (dropped) {
          store.open(pane.id, dropped);
          store.activeId.value = pane.id;
        }
      }}
    >
      <div class="picture" id={pane.id} ref={element} />
      <Message pane={pane} parts={parts} />
      {stack && pane.phase.value !== "failed" && <Corners pane={pane} store={store} />}
      {stack && pane.phase.value === "ready" && <ColorBar pane={pane} />}
      {stack && pane.slices.value > 1 && <SliceBar pane={pane} engine={engine} store={store} />}
      {stack && active && (stack.kind === "cine" || pane.playing.value) && pane.slices.value > 1 && <Cine pane={pane} parts={parts} />}
    </section>
  );
}

function Message({ pane, parts }: { pane: Pane; parts: Parts }) {
  const { store, room } = parts;
  const phase = pane.phase.value;
  const study = store.studies.value.find((each) => each.study_instance_uid === store.study.value);
  // One slice of a good stack may be the broken one.
  if (phase === "failed" || pane.reason.value) {
    return (
      <div class="message" role="alert">
        <strong>{words.cannotShow}</strong>
        <span>{shown(pane.reason.value)}</span>
      </div>
    );
  }
  if (phase === "ready") return null;
  if (phase === "empty" && study && !study.series.some((series) => series.images)) {
    const kinds = study.series.map((series) => `${shown(series.modality)} ${shown(series.description)}`.trim());
    return (
      <div class="message">
        <strong>{words.noPictures}</strong>
        <span>{cut([...new Set(kinds)].join(", "), 400)}</span>
      </div>
    );
  }
  // Only once everything has been looked at is it certain that nothing is of use.
  if (phase === "empty" && store.studies.value.length === 0 && store.scan.value?.finished && room.reasons.value.length > 0) {
    return (
      <div class="message" role="alert">
        <strong>{words.nothingUsable}</strong>
        <ul>
          {room.reasons.value.map(({ name, reason }, at) => (
            <li key={at}>
              <bdi>{`${shown(name)}: ${cut(reason, 300)}`}</bdi>
            </li>
          ))}
        </ul>
      </div>
    );
  }
  return <div class="message">{phase === "loading" ? `${words.loading} ...` : words.dropHere}</div>;
}

function Cine({ pane, parts }: { pane: Pane; parts: Parts }) {
  const { engine, commands } = parts;
  const playing = pane.playing.value;
  return (
    <div class="cine" role="group" aria-label="Cine" onPointerDown={(event) => event.stopPropagation()} onDblClick={(event) => event.stopPropagation()}>
      <button type="button" class="tool" aria-label={playing ? words.stop : words.play} onClick={() => (playing ? engine.stop(pane.id) : engine.play(pane.id))}>
        <Icon name={playing ? "stop" : "play"} />
      </button>
      <button type="button" aria-label={commands.get("cine.slower")?.title} onClick={() => void commands.run("cine.slower")}>
        −
      </button>
      <span>{`${short(pane.rate.value)} ${words.perSecond}`}</span>
      <button type="button" aria-label={commands.get("cine.faster")?.title} onClick={() => void commands.run("cine.faster")}>
        +
      </button>
    </div>
  );
}

/** The file of the frame that a pane shows, for its tags. */
export function fileOf(pane: Pane): number | null {
  const stack = pane.stack.value;
  const index = Math.min(pane.slice.value, (stack?.frames.length ?? 1) - 1);
  return stack?.frames[index]?.file ?? null;
}

export const tagsOf = (file: number): ReturnType<typeof api.tags> => api.tags(file);
