// The list of studies: searched by words, sorted by a column, drawn only where it is seen.

import { useMemo, useRef, useState } from "preact/hooks";
import type { StudyRow } from "../api/types";
import { day, personName, shown, words } from "../strings/words";
import { hangBeside } from "../hang/hang";
import { Dialog } from "./Dialog";
import type { Parts } from "./parts";

type Column = "patient" | "number" | "date" | "study" | "modality" | "images";

const COLUMNS: readonly [Column, string, (study: StudyRow) => string | number][] = [
  ["patient", words.patient, (study) => personName(study.patient_name).toLowerCase()],
  ["number", words.number, (study) => shown(study.patient_id).toLowerCase()],
  ["date", words.date, (study) => `${study.date ?? ""}${study.time ?? ""}`],
  ["study", words.study, (study) => shown(study.description).toLowerCase()],
  ["modality", words.modality, (study) => study.modalities.join(" ")],
  ["images", words.images, (study) => study.instances],
];
const LINE = 34;
const MORE = 12;

/** What a search looks through, made once for each study. */
function textOf(study: StudyRow): string {
  return [
    personName(study.patient_name),
    shown(study.patient_id),
    day(study.date),
    study.date,
    shown(study.description),
    shown(study.accession_number),
    ...study.modalities,
    ...study.series.map((series) => shown(series.description)),
  ]
    .join(" ")
    .toLowerCase();
}

/** Studies that have every word, sorted. */
export function found(
  rows: readonly { study: StudyRow; text: string }[],
  search: string,
  column: Column,
  falling: boolean,
): StudyRow[] {
  const parts = search.toLowerCase().split(/\s+/).filter(Boolean);
  const key = COLUMNS.find(([id]) => id === column)?.[2] ?? (() => 0);
  const kept = rows.filter(({ text }) => parts.every((part) => text.includes(part))).map(({ study }) => ({ study, key: key(study) }));
  kept.sort((one, other) => (one.key < other.key ? -1 : one.key > other.key ? 1 : 0));
  if (falling) kept.reverse();
  return kept.map(({ study }) => study);
}

export const searchable = (studies: readonly StudyRow[]): { study: StudyRow; text: string }[] => studies.map((study) => ({ study, text: textOf(study) }));

export function Studies(parts: Parts) {
  const { store, session, room } = parts;
  const [search, setSearch] = useState("");
  const [order, setOrder] = useState<{ column: Column; falling: boolean }>({ column: "date", falling: true });
  const [top, setTop] = useState(0);
  const list = useRef<HTMLDivElement>(null);
  const studies = store.studies.value;
  const rows = useMemo(() => searchable(studies), [studies]);
  const kept = useMemo(() => found(rows, search, order.column, order.falling), [rows, search, order]);
  const height = list.current?.clientHeight ?? 600;
  const first = Math.max(Math.floor(top / LINE) - MORE, 0);
  const seen = kept.slice(first, first + Math.ceil(height / LINE) + 2 * MORE);
  const close = (): void => {
    room.dialog.value = "none";
  };
  const open = (study: StudyRow): void => {
    close();
    void session.openStudy(study.study_instance_uid);
  };
  return (
    <Dialog title={`${words.studies}: ${kept.length.toLocaleString("en")}`} kind="studies" onClose={close}>
      <div style={{ padding: "8px 14px" }}>
        <input
          type="search"
          style={{ width: "100%" }}
          placeholder={words.searchStudies}
          aria-label={words.searchStudies}
          value={search}
          autoFocus
          onInput={(event) => {
            setSearch(event.currentTarget.value);
            list.current?.scrollTo(0, 0);
          }}
          onKeyDown={(event) => {
            if (event.key === "Enter" && kept[0]) open(kept[0]);
          }}
        />
      </div>
      <div class="line heads">
        {COLUMNS.map(([id, title]) => (
          <button
            key={id}
            type="button"
            aria-label={order.column === id ? `${title}, ${order.falling ? words.falling : words.rising}` : title}
            onClick={() => setOrder({ column: id, falling: order.column === id ? !order.falling : id === "date" })}
          >
            {`${title}${order.column === id ? (order.falling ? " ▾" : " ▴") : ""}`}
          </button>
        ))}
        <span />
      </div>
      <div class="list" ref={list} onScroll={(event) => setTop(event.currentTarget.scrollTop)}>
        {kept.length === 0 && <p class="message">{words.noStudies}</p>}
        <div style={{ height: `${kept.length * LINE}px`, position: "relative" }}>
          {seen.map((study, at) => (
            <div key={study.study_instance_uid} class="line" style={{ position: "absolute", top: `${(first + at) * LINE}px`, height: `${LINE}px` }} aria-current={study.study_instance_uid === store.study.value}>
              <button type="button" style={{ textAlign: "left", overflow: "hidden" }} onClick={() => open(study)}>
                <span>{store.showIdentity.value ? personName(study.patient_name) : words.hiddenStudy}</span>
              </button>
              <span>{store.showIdentity.value ? shown(study.patient_id) : ""}</span>
              <span>{day(study.date)}</span>
              <span>{shown(study.description)}</span>
              <span>{study.modalities.map(shown).join(" ")}</span>
              <span>
                {study.instances.toLocaleString("en")}
                {study.issues.length > 0 && <span class="mark" title={study.issues.map((issue) => shown(issue.message)).join("\n")}>{" ▲"}</span>}
              </span>
              {study.study_instance_uid !== store.study.value && store.study.value ? (
                <button
                  type="button"
                  onClick={() => {
                    close();
                    void session.compareWith(study.study_instance_uid, hangBeside);
                  }}
                >
                  {words.compareWith}
                </button>
              ) : (
                <span />
              )}
            </div>
          ))}
        </div>
      </div>
    </Dialog>
  );
}
