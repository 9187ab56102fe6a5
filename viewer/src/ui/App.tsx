// The user interface: for now the panes.

import { useEffect, useRef } from "preact/hooks";
import type { Engine } from "../engine/engine";
import type { Commands } from "../state/commands";
import type { Session } from "../state/session";
import type { Pane, Store } from "../state/store";

export interface Parts {
  store: Store;
  commands: Commands;
  engine: Engine;
  session: Session;
}

export function App({ store, engine }: Parts) {
  const { rows, columns } = store.layout.value;
  return (
    <main
      style={{
        display: "grid",
        gap: "2px",
        gridTemplate: `repeat(${rows}, minmax(0, 1fr)) / repeat(${columns}, minmax(0, 1fr))`,
        height: "100vh",
        background: "#222",
        color: "#ccc",
      }}
    >
      {store.panes.value.map((pane) => (
        <PaneBox key={pane.id} pane={pane} engine={engine} />
      ))}
    </main>
  );
}

function PaneBox({ pane, engine }: { pane: Pane; engine: Engine }) {
  const element = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (element.current) void engine.mount(element.current, pane.id);
    return () => engine.unmount(pane.id);
  }, []);
  return (
    <section style={{ position: "relative", minHeight: 0 }}>
      <div ref={element} style={{ width: "100%", height: "100%" }} />
      <p data-testid={`status-${pane.id}`} style={{ position: "absolute", left: 8, bottom: 0, zIndex: 4 }}>
        {pane.phase.value} {pane.slice.value + 1} / {pane.slices.value} {pane.reason.value}{" "}
        {JSON.stringify(pane.drawn.value?.letters)}
      </p>
    </section>
  );
}
