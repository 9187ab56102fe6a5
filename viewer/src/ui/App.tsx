// The page: bar, studies, panes, findings; and what opens over them.

import { useEffect } from "preact/hooks";
import type { Engine } from "../engine/engine";
import type { Commands } from "../state/commands";
import type { Session } from "../state/session";
import type { Store } from "../state/store";
import { words } from "../strings/english";
import "../theme/theme.css";
import { Bar } from "./Bar";
import { addPageCommands, page } from "./page";
import { Findings } from "./Findings";
import { Help } from "./Help";
import { Palette } from "./Palette";
import { PaneBox } from "./PaneBox";
import { Studies } from "./Studies";

export interface Parts {
  store: Store;
  commands: Commands;
  engine: Engine;
  session: Session;
}

export function App(parts: Parts) {
  const { store, commands } = parts;
  useEffect(() => addPageCommands(parts), []);
  const { rows, columns, maximized } = store.layout.value;
  const alone = maximized !== null;
  const shape = alone ? "1fr / 1fr" : `repeat(${rows}, minmax(0, 1fr)) / repeat(${columns}, minmax(0, 1fr))`;
  const scan = store.scan.value;
  return (
    <div class="workstation">
      <Bar {...parts} />
      <Studies {...parts} />
      <main class="grid" style={{ gridTemplate: shape }}>
        {store.panes.value.map((pane, at) => (
          <PaneBox key={pane.id} pane={pane} number={at + 1} hidden={alone && pane.id !== maximized} {...parts} />
        ))}
      </main>
      <Findings {...parts} />
      <footer class="foot">
        <span>{scan && !scan.finished ? words.scanning(scan.done, scan.total) : ""}</span>
        <span role="status">{commands.failed.value || parts.session.failed.value}</span>
        <span class="far">{words.caution}</span>
      </footer>
      {store.server.value === "lost" ? (
        <div class="lost" role="alert">
          {words.lost}
        </div>
      ) : null}
      {page.value === "palette" ? <Palette commands={commands} /> : null}
      {page.value === "help" ? <Help commands={commands} /> : null}
    </div>
  );
}
