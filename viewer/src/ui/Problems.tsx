// What is wrong with what is open: files that cannot be used, and what the catalog found in studies and series.

import { useEffect, useState } from "preact/hooks";
import { api } from "../api/client";
import type { Issue } from "../api/types";
import { cut, shown, words } from "../strings/words";
import { Dialog } from "./Dialog";
import type { Parts } from "./parts";

type Unusable = Awaited<ReturnType<typeof api.problems>>[number];

export function Problems({ store, room }: Parts) {
  const [files, setFiles] = useState<Unusable[] | null>(null);
  const [failed, setFailed] = useState("");
  useEffect(() => {
    api.problems().then(setFiles, (error: unknown) => setFailed(error instanceof Error ? error.message : String(error)));
    // More are found while a scan runs.
  }, [store.scan.value?.finished, store.scan.value?.done]);
  const study = store.studies.peek().find((each) => each.study_instance_uid === store.study.peek());
  const noted: [string, Issue][] = [
    ...(study?.issues ?? []).map((issue): [string, Issue] => ["", issue]),
    ...(study?.series ?? []).flatMap((series) => series.issues.map((issue): [string, Issue] => [series.description || series.modality || "", issue])),
  ];
  return (
    <Dialog title={words.problemsTitle} kind="notes" onClose={() => (room.dialog.value = "none")}>
      {failed ? <p role="alert">{failed}</p> : null}
      <div class="scroll" tabIndex={0} role="region" aria-label={words.problemsTitle}>
        <h2>{files ? words.unusable(files.length, !(store.scan.value?.finished ?? true)) : words.loading}</h2>
        <ul class="tiles">
          {(files ?? []).map((file) => (
            <li key={`${file.path} ${file.member ?? ""}`} class="broken">
              <b>
                <bdi>{shown([file.path.split("/").at(-1), file.member].filter(Boolean).join(" · "))}</bdi>
              </b>
              <span>{cut(file.reason, 400)}</span>
              <bdi class="quiet">{shown(file.path)}</bdi>
            </li>
          ))}
        </ul>
        <h2>{words.notesOfStudy(noted.length)}</h2>
        <ul class="notes">
          {noted.map(([where, issue], at) => (
            <li key={at} class={issue.severity}>
              <b>
                <bdi>{shown(where)}</bdi>
              </b>{" "}
              {cut(issue.message, 600)} {issue.hint ? <span class="quiet">{cut(issue.hint, 400)}</span> : null}
            </li>
          ))}
        </ul>
      </div>
    </Dialog>
  );
}
