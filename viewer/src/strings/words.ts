// Every word of the user interface that is not the title of a command.

export const words = {
  notDevice: "Not a medical device",
  studies: "Studies",
  searchStudies: "Search patients, numbers, descriptions, dates, modalities",
  noStudies: "There is nothing to read yet.",
  scanning: "Looking through the files",
  patient: "Patient",
  number: "Number",
  date: "Date",
  study: "Study",
  modality: "Modality",
  series: "Series",
  images: "Images",
  falling: "falling",
  rising: "rising",
  compareWith: "Compare",
  close: "Close",
  noImage: "no image",
  noName: "(no name)",
  noDescription: "(no description)",
  identityHidden: "patient hidden",
  hiddenStudy: "(hidden)",
  loading: "Loading",
  cannotShow: "This cannot be shown",
  noPictures: "This study has no pictures",
  nothingUsable: "None of the files can be used",
  dropHere: "Drag a series here, or press Ctrl+K for everything that can be done",
  noVolume: "No planes can be cut: ",
  serverLost: "The program does not answer. Waiting for it to come back ...",
  palette: "What do you want to do?",
  help: "Keys",
  changeKey: "Press the new keys for",
  resetKeys: "Keys as they were",
  tags: "Elements of the image",
  searchTags: "Search tags, names, values",
  findings: "Findings",
  noFindings: "Nothing measured yet. Press L and drag for a length, E for an ellipse.",
  keyImages: "Key images",
  saved: "Saved",
  bring: "Show",
  takeAway: "Remove",
  notHere: "None of its images is open here.",
  exportCsv: "CSV",
  exportJson: "JSON",
  remove: "Delete",
  visible: "Show or hide",
  problems: "Problems",
  export: "Take with you",
  items: (count: number): string => (count === 1 ? "1 item" : `${count} items`),
  searchForMore: "There are more: search to see them.",
  problemsTitle: "What is wrong",
  unusable: (count: number, scanning: boolean): string =>
    count === 0 && scanning ? "Nothing unusable so far; files are still looked through" : count === 0 ? "Every file can be used" : count === 1 ? "1 file cannot be used" : `${count} files cannot be used`,
  notesOfStudy: (count: number): string => (count === 0 ? "Nothing is noted of the open study" : `Noted of the open study: ${count}`),
  about: "About this series",
  kind: "Kind",
  kinds: { stack: "Single images", volume: "Volume", cine: "Images in time", color: "Color images" },
  matrix: "Columns, rows, images",
  spacing: "Pixel spacing",
  spacingOf: { patient: "in the patient", detector: "at the detector, not in the patient", calibrated: "calibrated" },
  sliceSpacing: "Slice spacing",
  values: "Values",
  uptake: "Uptake",
  planes: "Planes",
  unknown: "not known",
  canCut: "can be cut in all directions",
  straightened: "can be cut: resampled first, since its slices are tilted or uneven",
  layout: "Layout",
  measure: "Measure",
  window: "Window",
  ofFile: "As the file says",
  light: "Light",
  dark: "Dark",
  sliceBar: "Slices",
  play: "Play",
  stop: "Stop",
  perSecond: "per second",
  files: (count: number): string => `${count.toLocaleString("en")} ${count === 1 ? "image" : "images"}`,
  found: (done: number): string => `Looking through the files: ${done.toLocaleString("en")} read`,
  zoom: (factor: number): string => `Zoom ${factor >= 10 ? factor.toFixed(0) : factor.toFixed(2)}`,
  windowIs: (center: number, width: number): string => `C ${short(center)}  W ${short(width)}`,
  sliceOf: (slice: number, slices: number): string => `Slice ${slice} / ${slices}`,
  timeOf: (time: number, times: number): string => `Time ${time} / ${times}`,
  colorBar: (low: number, high: number, unit: string): string => `Colors from ${short(low)} to ${short(high)} ${unit}`.trim(),
  slab: (thick: number | "all", blend: string): string => `${blend} ${thick === "all" ? "all" : `${thick} mm`}`,
} as const;

/** A number with as many digits as it needs to be read. */
export function short(value: number): string {
  if (!Number.isFinite(value)) return "";
  const size = Math.abs(value);
  if (size >= 100 || Number.isInteger(value)) return value.toFixed(0);
  return value.toFixed(size >= 10 ? 1 : size >= 0.01 || size === 0 ? 2 : 4);
}

const LONGEST = 120;

/** Text of a file as it may be shown: cut, without control characters, and never changing the direction around it. */
export function shown(text: string | null | undefined): string {
  return cut(text, LONGEST);
}

export function cut(text: string | null | undefined, longest: number): string {
  const plain = (text ?? "").replace(/[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g, " ").trim();
  return plain.length > longest ? `${plain.slice(0, longest)}…` : plain;
}

/** "DOE^JOHN^^DR" as people write it. */
export function personName(text: string | null): string {
  const [family = "", given = "", middle = "", prefix = ""] = shown((text ?? "").split("=")[0]).split("^");
  const first = [prefix, given, middle].filter(Boolean).join(" ");
  return [family, first].filter(Boolean).join(", ") || words.noName;
}

/** "20240131" as 2024-01-31; anything else as it is. */
export function day(text: string | null): string {
  const found = /^(\d{4})-?(\d{2})-?(\d{2})$/.exec(text ?? "");
  return found ? `${found[1]}-${found[2]}-${found[3]}` : shown(text);
}
