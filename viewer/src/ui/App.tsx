// The user interface: for now the list of stacks and one pane.

import { useEffect, useRef } from "preact/hooks";
import { api } from "../api/client";
import type { Engine } from "../engine/engine";
import type { Commands } from "../state/commands";
import type { Store } from "../state/store";

export interface Parts {
  store: Store;
  commands: Commands;
  engine: Engine;
}

export function App({ store, engine }: Parts) {
  const element = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (element.current) void engine.mount(element.current, "pane-1");
    void (async () => {
      store.studies.value = await api.studies();
      const series = store.studies.value[0]?.series[0];
      if (!series) return;
      const [stack] = await api.stacks(series.series_instance_uid);
      if (stack) store.open("pane-1", stack);
    })();
    return () => engine.unmount("pane-1");
  }, []);
  const pane = store.active.value;
  return (
    <main style={{ display: "grid", gridTemplateRows: "1fr auto", height: "100vh", background: "#000", color: "#ccc" }}>
      <div ref={element} style={{ minHeight: 0 }} />
      <p data-testid="status">
        {pane.phase.value} {pane.slice.value + 1} / {pane.slices.value} {pane.reason.value}
      </p>
    </main>
  );
}
