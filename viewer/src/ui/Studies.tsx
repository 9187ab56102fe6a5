// The studies that are open, with their series; a series is clicked or dragged into a view.

import { useState } from "preact/hooks";
import type { SeriesRow, StudyRow } from "../api/types";
import { hangBeside } from "../hang/hang";
import { words } from "../strings/english";
import type { Parts } from "./App";

/** What is dragged is named by this type. */
export const DRAGGED = "application/x-hounsfield-series";

function matches(study: StudyRow, search: string): boolean {
  const text = [study.patient_name, study.patient_id, study.date, study.description, ...study.modalities].join(" ").toLowerCase();
  return search.toLowerCase().split(/\s+/).every((word) => text.includes(word));
}

export function Studies(parts: Parts) {
  const { store } = parts;
  const [search, setSearch] = useState("");
  const studies = store.studies.value.filter((study) => matches(study, search));
  return (
    <nav class="rail" aria-label={words.studies}>
      <h2>{words.studies}</h2>
      <input type="search" placeholder={words.search} aria-label={words.search} onInput={(event) => setSearch(event.currentTarget.value)} />
      {studies.length === 0 ? <p class="quiet">{search ? words.noMatch : words.noStudies}</p> : null}
      <ul>
        {studies.slice(0, 300).map((study) => (
          <Study key={study.study_instance_uid} study={study} {...parts} />
        ))}
      </ul>
    </nav>
  );
}

function Study({ study, ...parts }: Parts & { study: StudyRow }) {
  const { store, session } = parts;
  const open = store.study.value === study.study_instance_uid || store.compare.value === study.study_instance_uid;
  const who = store.showIdentity.value ? study.patient_name || words.unnamed : "•••";
  return (
    <li class="study">
      <button
        aria-expanded={open}
        title={words.compareHint}
        onClick={(event) => {
          if (event.ctrlKey || event.metaKey) void session.compareWith(study.study_instance_uid, hangBeside);
          else void session.openStudy(study.study_instance_uid);
        }}
      >
        <b>{who}</b>
        <span>{study.description}</span>
        <span class="quiet">
          {[study.date, study.modalities.join(" "), words.images(study.instances)].filter(Boolean).join(" · ")}
        </span>
        {study.issues.length > 0 ? <span class="warn">{words.problems(study.issues.length)}</span> : null}
      </button>
      {open ? (
        <ul class="serieslist">
          {study.series
            .filter((series) => series.images)
            .map((series) => (
              <Series key={series.series_instance_uid} series={series} {...parts} />
            ))}
        </ul>
      ) : null}
    </li>
  );
}

function Series({ series, store, session }: Parts & { series: SeriesRow }) {
  const show = async (): Promise<void> => {
    const [stack] = await session.stacks(series.series_instance_uid);
    if (stack) store.open(store.activeId.peek(), stack);
  };
  return (
    <li>
      <button
        draggable
        onDragStart={(event) => event.dataTransfer?.setData(DRAGGED, series.series_instance_uid)}
        onClick={() => void show()}
        title={series.issues.map((issue) => issue.message).join("\n")}
      >
        {series.thumbnail ? <img src={series.thumbnail} alt="" loading="lazy" draggable={false} /> : <i class="blank" />}
        <span>
          <span>{series.description || series.modality}</span>
          <span class="quiet">
            {series.modality} · {words.images(series.frames)}
          </span>
          {series.issues.length > 0 ? <span class="warn">{words.problems(series.issues.length)}</span> : null}
        </span>
      </button>
    </li>
  );
}
