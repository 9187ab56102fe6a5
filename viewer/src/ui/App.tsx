// The reading room: a bar at the top, series at the left, pictures in the middle, findings or elements at the right.

import { useEffect } from "preact/hooks";
import { api } from "../api/client";
import { shown, words } from "../strings/words";
import { About } from "./About";
import { Findings } from "./Findings";
import { Help } from "./Help";
import { Palette } from "./Palette";
import { Panes } from "./Panes";
import type { Parts } from "./parts";
import { Problems } from "./Problems";
import { Rail } from "./Rail";
import { Studies } from "./Studies";
import { TagPanel } from "./Tags";
import { TopBar } from "./TopBar";

/** How many files an empty view names. */
const REASONS = 5;

export function App(parts: Parts) {
  const { room } = parts;
  return (
    <div class="room">
      <TopBar {...parts} />
      {room.rail.value ? <Rail {...parts} /> : <span />}
      <Panes {...parts} />
      {room.side.value === "findings" ? <Findings {...parts} /> : room.side.value === "tags" ? <TagPanel {...parts} /> : <span />}
      <Foot {...parts} />
      {room.dialog.value === "studies" && <Studies {...parts} />}
      {room.dialog.value === "palette" && <Palette {...parts} />}
      {room.dialog.value === "problems" && <Problems {...parts} />}
      {room.dialog.value === "about" && <About {...parts} />}
      {room.dialog.value === "help" && <Help {...parts} />}
    </div>
  );
}

function Foot({ store, session, room, commands }: Parts) {
  const scan = store.scan.value;
  useEffect(() => {
    api.problems().then(
      (found) => {
        room.unusable.value = found.length;
        room.reasons.value = found.slice(0, REASONS).map((each) => ({
          name: [each.path.split("/").at(-1), each.member].filter(Boolean).join(" · "),
          reason: each.reason,
        }));
      },
      // A server that does not answer is spoken of elsewhere.
      () => undefined,
    );
  }, [scan?.finished, scan?.done]);
  return (
    <footer class="foot">
      {store.server.value === "lost" && (
        <span class="lost" role="alert">
          {words.serverLost}
        </span>
      )}
      {scan && !scan.finished && <span role="status">{words.found(scan.done)}</span>}
      {session.opening.value && <span role="status">{`${words.loading} ...`}</span>}
      {session.failed.value && <span class="mark error">{shown(session.failed.value)}</span>}
      <span role="status">{shown(room.said.value)}</span>
      <span class="gap" />
      {room.unusable.value > 0 && (
        <button type="button" class="mark" onClick={() => void commands.run("open.problems")}>
          {words.unusable(room.unusable.value, false)}
        </button>
      )}
      <span>{words.notDevice}</span>
    </footer>
  );
}
