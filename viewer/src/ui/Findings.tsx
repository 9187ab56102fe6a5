// What was measured, and the key images: a click goes there.

import { linesOf } from "../state/measurements";
import { replaceMeasurement } from "../state/measuring";
import { words } from "../strings/english";
import type { Parts } from "./App";

export function Findings({ store, engine, commands }: Parts) {
  const study = store.study.value;
  const found = store.measurements.value.filter((each) => each.study_instance_uid === study);
  const keys = store.keyImages.value.length;
  return (
    <aside class="findings" aria-label={words.findings}>
      <h2>{words.findings}</h2>
      {found.length === 0 ? <p class="quiet">{words.noFindings}</p> : null}
      <ul>
        {found.map((each) => (
          <li key={each.id}>
            <button class="finding" aria-pressed={store.selected.value === each.id} onClick={() => engine.show(each)}>
              <span class="quiet">{commands.get(`tool.${each.kind}`)?.title}</span>
              {linesOf(each).map((line) => (
                <div key={line}>{line}</div>
              ))}
            </button>
            {store.labeling.value === each.id ? (
              <input
                aria-label={words.label}
                ref={(input) => input?.focus()}
                value={each.label}
                onKeyDown={(event) => {
                  if (event.key === "Enter" || event.key === "Escape") event.currentTarget.blur();
                }}
                onBlur={(event) => {
                  const label = event.currentTarget.value.trim();
                  if (label !== each.label) commands.did(replaceMeasurement(store, each.id, { label }));
                  store.labeling.value = null;
                }}
              />
            ) : null}
          </li>
        ))}
      </ul>
      {keys > 0 ? (
        <p class="quiet">
          {words.keyImages}: {keys}
        </p>
      ) : null}
    </aside>
  );
}
