// The address restores what is shown: study, grid, and for each pane the stack and its view.

import { parseView, compactView, type View } from "./view";

export interface Place {
  study: string | null;
  compare: string | null;
  rows: number;
  columns: number;
  panes: { stack: string | null; series: string | null; view: View }[];
}

/** Written after the `#`, which is never sent to a server. */
export function writePlace(place: Place): string {
  const parameters = new URLSearchParams();
  if (place.study) parameters.set("study", place.study);
  if (place.compare) parameters.set("compare", place.compare);
  if (place.rows * place.columns > 1) parameters.set("grid", `${place.rows}x${place.columns}`);
  place.panes.forEach((pane, index) => {
    if (!pane.stack) return;
    parameters.set(`p${index + 1}`, JSON.stringify([pane.series, pane.stack, compactView(pane.view)]));
  });
  return parameters.toString();
}

export function readPlace(hash: string): Place {
  const parameters = new URLSearchParams(hash.replace(/^#/, ""));
  const grid = /^(\d)x(\d)$/.exec(parameters.get("grid") ?? "");
  const rows = Math.min(Math.max(Number(grid?.[1] ?? 1), 1), 6);
  const columns = Math.min(Math.max(Number(grid?.[2] ?? 1), 1), 6);
  const panes = Array.from({ length: rows * columns }, (_, index) => readPane(parameters.get(`p${index + 1}`)));
  return { study: parameters.get("study"), compare: parameters.get("compare"), rows, columns, panes };
}

function readPane(text: string | null): Place["panes"][number] {
  const nothing = { stack: null, series: null, view: {} };
  if (text === null) return nothing;
  try {
    const value: unknown = JSON.parse(text);
    if (!Array.isArray(value)) return nothing;
    const [series, stack, view] = value as unknown[];
    if (typeof stack !== "string") return nothing;
    return { stack, series: typeof series === "string" ? series : null, view: parseView(view) };
  } catch {
    return nothing;
  }
}
