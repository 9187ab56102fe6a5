// Measurements, key images and presentations as objects of the study: the server writes DICOM of them and reads it.

import { api } from "../api/client";
import type { Graphic, KeyImage, ObjectRow, Presented, Saved, Stack, Vector } from "../api/types";
import { frameIndex, lengthsOf } from "./geometry";
import { type Measurement, linesOf } from "./measurements";
import type { Pane, Store } from "./store";
import type { View } from "./view";
import { askedWindow, statedWindow } from "./window";

/** Those of the open study. */
function ofStudy(store: Store, study: string): Measurement[] {
  return store.measurements.peek().filter((each) => each.study_instance_uid === study);
}

/** Write all measurements of a study as one structured report. */
export async function saveMeasurements(store: Store, study: string, title = "Measurements", author = ""): Promise<Saved> {
  const measurements = ofStudy(store, study);
  const saved = await api.save({ kind: "measurements", study_instance_uid: study, title, author, measurements });
  await listObjects(store, study);
  return saved;
}

export async function listObjects(store: Store, study: string): Promise<readonly ObjectRow[]> {
  const found = await api.objects(study);
  const when = (row: ObjectRow): string => `${row.date ?? ""} ${row.time ?? ""}`;
  found.sort((one, other) => (when(one) < when(other) ? 1 : when(one) > when(other) ? -1 : 0));
  if (store.study.peek() === study || store.compare.peek() === study) store.objects.value = found;
  return found;
}

interface Report {
  measurements: (Omit<Measurement, "visible" | "stack" | "study_instance_uid"> & { stack: string | null })[];
}

/** Show the measurements of a report beside those that are there; those that are there already stay as they are. */
export async function loadMeasurements(store: Store, study: string, uid: string): Promise<number> {
  const report = await api.object<Report>(uid);
  const there = new Set(store.measurements.peek().map((each) => each.id));
  const found = report.measurements
    .filter((each) => !there.has(each.id))
    .map((each): Measurement => ({ ...each, stack: each.stack ?? "", study_instance_uid: study, visible: true }));
  store.measurements.value = [...store.measurements.peek(), ...found];
  return found.length;
}

/** The image that a pane shows, where it is one. */
export function shownImage(pane: Pane): KeyImage | null {
  const stack = pane.stack.peek();
  const view = pane.view.peek();
  if (!stack || (view.plane ?? "acquisition") !== "acquisition") return null;
  const frame = stack.frames[frameIndex(stack, pane.slice.peek(), (view.time ?? 1) - 1)];
  return frame?.sop_instance_uid ? { sop_instance_uid: frame.sop_instance_uid, frame: frame.frame } : null;
}

export function sameImage(one: KeyImage, other: KeyImage): boolean {
  return one.sop_instance_uid === other.sop_instance_uid && (one.frame ?? 1) === (other.frame ?? 1);
}

export async function saveKeyImages(store: Store, study: string, title = "Of interest", note = "", author = ""): Promise<Saved> {
  const images = store.keyImages.peek();
  const saved = await api.save({ kind: "key-images", study_instance_uid: study, title, note, author, images });
  await listObjects(store, study);
  return saved;
}

/** Write how the panes show their images, with what is drawn on them, as a presentation state. */
export async function savePresentation(store: Store, study: string, title = "Presentation", author = ""): Promise<Saved> {
  const images = store.panes.peek().flatMap((pane) => presented(store, pane, study) ?? []);
  const saved = await api.save({ kind: "presentation", study_instance_uid: study, title, author, images });
  await listObjects(store, study);
  return saved;
}

function presented(store: Store, pane: Pane, study: string): Presented | null {
  const stack = pane.stack.peek();
  const image = shownImage(pane);
  if (!stack || !image || stack.study_instance_uid !== study) return null;
  const view = pane.view.peek();
  const index = pane.slice.peek();
  const window = stack.samples === 1 ? (askedWindow(view, stack, null) ?? statedWindow(stack, index) ?? pane.drawn.peek()?.window) : null;
  const { rotate, horizontal } = turned(view.rotate ?? 0, view.flip_horizontal ?? false, view.flip_vertical ?? false);
  const graphics = store.measurements
    .peek()
    .filter((each) => each.visible && each.pixels && each.sop_instance_uid && sameImage(each as KeyImage, image))
    .flatMap(graphicsOf);
  return {
    ...image,
    window: window ? { ...window, function: view.function ?? "linear" } : null,
    // A state has a polarity of its own, whatever the image says (PS3.3 C.11.6).
    invert: (view.invert ?? false) !== (stack.photometric === "MONOCHROME1"),
    rotate,
    flip_horizontal: horizontal,
    area: null,
    graphics,
  };
}

interface Presentation {
  images: (Presented & { stack: string | null })[];
}

/** Show an image as a presentation state has it, the first of those that are here; false where none is. */
export async function present(store: Store, uid: string): Promise<boolean> {
  const { images } = await api.object<Presentation>(uid);
  for (const image of images) {
    const stack = image.stack === null ? undefined : store.stacks.peek().get(image.stack);
    const at = stack?.frames.findIndex((frame) => sameImage(frame as KeyImage, image)) ?? -1;
    if (!stack || at < 0) continue;
    const { slices } = lengthsOf(stack);
    store.open(store.activeId.peek(), stack, {
      frame: (at % slices) + 1,
      time: Math.floor(at / slices) + 1,
      invert: image.invert !== (stack.photometric === "MONOCHROME1"),
      rotate: image.rotate,
      flip_horizontal: image.flip_horizontal,
      presentation: uid,
      ...areaOf(image, stack, at),
      ...(image.window && stack.samples === 1
        ? { window: [image.window.center, image.window.width] as [number, number], function: image.window.function }
        : {}),
    });
    return true;
  }
  return false;
}

/** Zoom and middle that show the displayed area of a presentation state, of an image that knows where it is. */
export function areaOf({ area }: Presented, stack: Stack, at: number): Pick<View, "zoom" | "center"> {
  const frame = stack.frames[at];
  if (!area || !frame?.position || !frame.orientation || !stack.pixel_spacing) return {};
  const { columns, rows, position, orientation } = frame;
  const [down, across] = stack.pixel_spacing;
  const share = Math.max((area.right - area.left + 1) / columns, (area.bottom - area.top + 1) / rows);
  if (share >= 1 || share <= 0) return {};
  const [column, row] = [(area.left + area.right) / 2, (area.top + area.bottom) / 2];
  const middle = ([0, 1, 2] as const).map(
    (axis) => position[axis] + column * across * orientation[axis] + row * down * orientation[(axis + 3) as 3 | 4 | 5],
  );
  return { zoom: 1 / share, center: middle as Vector };
}

/** Presentation states mirror left and right only: top and bottom is that, and half a turn. */
export function turned(rotate: number, across: boolean, down: boolean): { rotate: 0 | 90 | 180 | 270; horizontal: boolean } {
  if (!down) return { rotate: rotate as 0, horizontal: across };
  return { rotate: ((rotate + 180) % 360) as 0, horizontal: !across };
}

function graphicsOf(measurement: Measurement): Graphic[] {
  const pixels = measurement.pixels ?? [];
  const [a, b, c, d] = pixels;
  const line = (points: Graphic["points"]): Graphic => ({ kind: "polyline", points, filled: false, text: "" });
  const shapes = ((): Graphic[] => {
    switch (measurement.kind) {
      case "ellipse":
        return [{ kind: "ellipse", points: pixels, filled: false, text: "" }];
      case "rectangle":
      case "freehand":
      case "polygon":
        return a ? [line([...pixels, a])] : [];
      case "cobb":
      case "bidirectional":
        return a && b && c && d ? [line([a, b]), line([c, d])] : [];
      case "probe":
        return a ? [{ kind: "point", points: [a], filled: false, text: "" }] : [];
      case "text":
        return [];
      default:
        return [line(pixels)];
    }
  })();
  const words = linesOf(measurement).join("\n");
  if (words && a) shapes.push({ kind: "text", points: [a], filled: false, text: words });
  return shapes;
}

/** The images of a stack that are key images, from 0. */
export function keySlices(store: Store, stack: Stack): number[] {
  return stack.frames.flatMap((frame, index) =>
    store.keyImages.value.some((key) => sameImage(key, { sop_instance_uid: frame.sop_instance_uid, frame: frame.frame })) ? [index] : [],
  );
}
