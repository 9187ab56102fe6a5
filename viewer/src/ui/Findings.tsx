// What was measured, and the images that matter: press one to go there.

import type { ObjectRow } from "../api/types";
import { linesOf, type Measurement } from "../state/measurements";
import { loadMeasurements, present, sameImage } from "../state/keeping";
import { shown, words } from "../strings/words";
import { save } from "./commands";
import { Icon } from "./icons";
import type { Parts } from "./parts";

function csv(measurements: readonly Measurement[]): string {
  const quoted = (text: string): string => {
    // A cell that begins so would be a formula to a spreadsheet.
    const safe = /^[=+\-@\t\r]/.test(text) && Number.isNaN(Number(text)) ? `'${text}` : text;
    return `"${safe.replaceAll('"', '""')}"`;
  };
  const rows = measurements.flatMap((each) =>
    (each.quantities.length ? each.quantities : [null]).map((quantity) =>
      [
        each.kind,
        each.label,
        quantity ? quantity.name : "",
        quantity ? String(quantity.value) : "",
        quantity ? quantity.unit : "",
        each.series_instance_uid,
        each.sop_instance_uid ?? "",
        each.frame === null ? "" : String(each.frame),
      ]
        .map(quoted)
        .join(","),
    ),
  );
  return ["kind,label,quantity,value,unit,series,instance,frame", ...rows].join("\r\n");
}

export function Findings({ store, engine, commands, room }: Parts) {
  const study = store.study.value;
  const own = store.measurements.value.filter((each) => !study || each.study_instance_uid === study || each.study_instance_uid === store.compare.value);
  const change = (id: string, part: Partial<Measurement>): void => {
    store.measurements.value = store.measurements.peek().map((each) => (each.id === id ? { ...each, ...part } : each));
  };
  const remove = (measurement: Measurement): void => {
    store.selected.value = measurement.id;
    void commands.run("measure.delete");
  };
  return (
    <aside class="side" aria-label={words.findings}>
      <header>
        <h2>{words.findings}</h2>
        {own.length > 0 && (
          <>
            <button type="button" onClick={() => save(new Blob([csv(own)], { type: "text/csv" }), "findings.csv")}>
              {words.exportCsv}
            </button>
            <button type="button" onClick={() => save(new Blob([JSON.stringify(own, null, 2)], { type: "application/json" }), "findings.json")}>
              {words.exportJson}
            </button>
          </>
        )}
        <button
          type="button"
          class="tool"
          aria-label={words.close}
          onClick={() => {
            room.side.value = "none";
          }}
        >
          <Icon name="close" />
        </button>
      </header>
      <div class="scroll" tabIndex={0}>
        {own.length === 0 && <p class="quiet">{words.noFindings}</p>}
        {own.map((each) => (
          <div key={each.id} class="row" aria-current={store.selected.value === each.id}>
            <button
              type="button"
              style={{ textAlign: "left" }}
              onClick={() => {
                store.selected.value = each.id;
                engine.show(each);
              }}
            >
              {shown(each.label) || commands.get(`tool.${each.kind}`)?.title || each.kind}
            </button>
            <span>
              <button type="button" class="tool" aria-pressed={each.visible} aria-label={words.visible} title={words.visible} onClick={() => change(each.id, { visible: !each.visible })}>
                <Icon name={each.kind} />
              </button>
              <button type="button" class="tool" aria-label={words.remove} title={words.remove} onClick={() => remove(each)}>
                <Icon name="close" />
              </button>
            </span>
            <span class="values">{linesOf(each).map(shown).join("\n")}</span>
          </div>
        ))}
        {store.keyImages.value.length > 0 && <h2>{words.keyImages}</h2>}
        {store.keyImages.value.map((image) => {
          const stack = [...store.stacks.value.values()].find((each) => each.frames.some((frame) => sameImage(frame, image)));
          const at = stack?.frames.findIndex((frame) => sameImage(frame, image)) ?? -1;
          return (
            <button
              key={`${image.sop_instance_uid} ${image.frame}`}
              type="button"
              class="row"
              disabled={!stack}
              onClick={() => {
                if (stack) store.open(store.activeId.peek(), stack, { frame: at + 1 });
              }}
            >
              <span>{`★ ${shown(stack?.description)}`}</span>
              <span class="quiet">{at + 1}</span>
            </button>
          );
        })}
        {store.objects.value.length > 0 && <h2>{words.saved}</h2>}
        {store.objects.value.map((row) => (
          <SavedRow key={row.sop_instance_uid} row={row} store={store} commands={commands} />
        ))}
      </div>
    </aside>
  );
}

/** An object of the study; a presentation state is shown by a press, and taken away by another. */
function SavedRow({ row, store, commands }: { row: ObjectRow; store: Parts["store"]; commands: Parts["commands"] }) {
  const pane = store.active.value;
  const applied = row.kind === "presentation" && pane.view.value.presentation === row.sop_instance_uid;
  const show = async (): Promise<void> => {
    if (row.kind === "measurements") {
      await loadMeasurements(store, store.study.peek() ?? "", row.sop_instance_uid);
    } else if (applied) {
      store.open(pane.id, pane.stack.peek(), { frame: pane.view.peek().frame });
    } else if (!(await present(store, row.sop_instance_uid))) {
      commands.failed.value = words.notHere;
    }
  };
  const shows = row.kind === "presentation" || row.kind === "measurements";
  return (
    <div class="row">
      <span>{shown(row.title) || row.kind}</span>
      {shows ? (
        <button
          type="button"
          aria-pressed={applied}
          aria-label={`${applied ? words.takeAway : words.bring}: ${shown(row.title) || row.kind}`}
          onClick={() => void show().catch((error: unknown) => (commands.failed.value = error instanceof Error ? error.message : String(error)))}
        >
          {applied ? words.takeAway : words.bring}
        </button>
      ) : (
        <span class="quiet">{row.count}</span>
      )}
      <span class="values">{[shown(row.date), shown(row.time), shown(row.author)].filter(Boolean).join(" ")}</span>
    </div>
  );
}
