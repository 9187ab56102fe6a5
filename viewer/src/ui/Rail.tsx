// The series of the open study: drag one into a pane, or press it for the active one.

import type { Stack, StudyRow } from "../api/types";
import { day, shown, words } from "../strings/words";
import type { Parts } from "./parts";

export const DRAGGED = "application/x-hounsfield-stack";

export function Rail({ store }: Parts) {
  const open = [store.study.value, store.compare.value].flatMap(
    (uid) => store.studies.value.find((study) => study.study_instance_uid === uid) ?? [],
  );
  return (
    <nav class="rail" aria-label={words.series}>
      {open.map((study) => (
        <StudyCards key={study.study_instance_uid} study={study} store={store} several={open.length > 1} />
      ))}
    </nav>
  );
}

function StudyCards({ study, store, several }: { study: StudyRow; store: Parts["store"]; several: boolean }) {
  const stacks = [...store.stacks.value.values()];
  return (
    <>
      {several && <h2>{`${day(study.date)} ${shown(study.description)}`}</h2>}
      {study.series.map((series) => {
        const own = stacks.filter((stack) => stack.series_instance_uid === series.series_instance_uid);
        const issues = [...series.issues, ...own.flatMap((stack) => stack.issues)].filter((issue) => issue.severity !== "info");
        const mark = issues.length > 0 && (
          <span class={issues.some((issue) => issue.severity === "error") ? "mark error" : "mark"} title={issues.map((issue) => shown(issue.message)).join("\n")}>
            {` ▲ ${issues.length}`}
          </span>
        );
        const about = (count: number) => (
          <span class="quiet">
            {`${shown(series.modality)} ${series.series_number ?? ""} · ${words.files(count)}`}
            {mark}
          </span>
        );
        if (!series.images || own.length === 0) {
          return (
            <div key={series.series_instance_uid} class="card quiet">
              <span class="none">{shown(series.modality)}</span>
              <span>
                <span class="name">{shown(series.description) || words.noDescription}</span>
                {about(series.frames || series.instances)}
              </span>
            </div>
          );
        }
        return own.map((stack) => (
          <StackCard key={stack.id} stack={stack} store={store} picture={series.thumbnail} about={about(stack.frames.length)} />
        ));
      })}
    </>
  );
}

function StackCard({ stack, store, picture, about }: { stack: Stack; store: Parts["store"]; picture: string | null; about: preact.ComponentChildren }) {
  const here = store.panes.value.some((pane) => pane.stack.value?.id === stack.id);
  const title = [shown(stack.description) || words.noDescription, shown(stack.name)].filter(Boolean).join(" · ");
  return (
    <button
      type="button"
      class="card"
      draggable
      aria-current={here}
      title={stack.no_volume ? `${title}\n${words.noVolume}${shown(stack.no_volume)}` : title}
      onDragStart={(event) => event.dataTransfer?.setData(DRAGGED, stack.id)}
      onClick={() => store.open(store.activeId.peek(), stack)}
    >
      {picture ? <img src={picture} alt="" loading="lazy" /> : <span class="none">{shown(stack.modality)}</span>}
      <span>
        <span class="name">{title}</span>
        {about}
      </span>
    </button>
  );
}
