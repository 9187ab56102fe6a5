// Drawing measurements over a pane, and taking hold of them. What is drawn is what the store has; points are kept in
// the patient's space and in pixels, so that they are found again on every plane that holds them.

import { effect } from "@preact/signals";
import type { Vector } from "../api/types";
import type { Change } from "../state/commands";
import { add, dot, scale, subtract } from "../state/geometry";
import {
  type Image,
  type Measurement,
  type MeasurementKind,
  POINTS,
  type Pixel,
  calibrationOf,
  dragged,
  isRegion,
  linesOf,
  outlineOf,
  pointsOf,
  quantitiesOf,
} from "../state/measurements";
import { addMeasurement, removeMeasurement, replaceMeasurement } from "../state/measuring";
import type { Store, Tool } from "../state/store";
import type { PaneView } from "./pane";

const NAMESPACE = "http://www.w3.org/2000/svg";
const HANDLE = 9;
const LINE = 6;
/** A press that moves less is a click. */
const CLICK = 4;
/** Freehand points are this far apart on the screen. */
const STROKE = 3;

type Point = [number, number];

interface Placing {
  kind: MeasurementKind;
  placed: Pixel[];
  /** Where the pointer is. */
  next: Pixel;
  pressed: Point | null;
  /** The press that began it is not over. */
  fresh: boolean;
}

interface Holding {
  id: string;
  /** Which point; -1 is the whole. */
  handle: number;
  from: Pixel;
  before: Measurement;
  started: readonly Pixel[];
}

const KINDS: ReadonlySet<string> = new Set(Object.keys(POINTS));

function kindOf(tool: Tool): MeasurementKind | null {
  return KINDS.has(tool) ? (tool as MeasurementKind) : null;
}

export class Measuring {
  readonly #group: SVGGElement;
  readonly #stop: () => void;
  #placing: Placing | null = null;
  #holding: Holding | null = null;
  #over: string | null = null;
  /** Where text stands already: left, top, right, bottom. */
  #texts: [number, number, number, number][] = [];
  #scheduled = false;

  constructor(
    private readonly view: PaneView,
    private readonly store: Store,
    svg: SVGSVGElement,
    private readonly did: (change: Change) => void,
  ) {
    this.#group = svg.appendChild(document.createElementNS(NAMESPACE, "g"));
    this.#stop = effect(() => {
      void store.measurements.value;
      void store.selected.value;
      void store.showMeasurements.value;
      void view.pane.drawn.value;
      void view.pane.slice.value;
      if (store.tool.value !== this.#placing?.kind) this.#placing = null;
      this.draw();
    });
  }

  destroy(): void {
    this.#stop();
    this.#group.remove();
  }

  /** Those that lie on the drawn plane, with their pixels there. */
  #here(): { measurement: Measurement; pixels: Pixel[] }[] {
    if (!this.store.showMeasurements.peek()) return [];
    const found: { measurement: Measurement; pixels: Pixel[] }[] = [];
    for (const measurement of this.store.measurements.peek()) {
      const pixels = measurement.visible ? this.#pixelsOf(measurement) : null;
      if (pixels) found.push({ measurement, pixels });
    }
    return found;
  }

  #pixelsOf(measurement: Measurement): Pixel[] | null {
    const drawn = this.view.frame;
    const stack = this.view.pane.stack.peek();
    if (!drawn || !stack) return null;
    const own = drawn.stack === stack;
    if (own && measurement.pixels && measurement.sop_instance_uid === drawn.frame.sop_instance_uid) {
      return (measurement.frame ?? 1) === drawn.frame.frame ? measurement.pixels : null;
    }
    const normal = this.view.normal();
    const position = drawn.frame.position;
    if (!measurement.points || !normal || !position) return null;
    if (measurement.series_instance_uid !== stack.series_instance_uid) return null;
    if (measurement.frame_of_reference_uid !== stack.frame_of_reference_uid) return null;
    if (own && measurement.sop_instance_uid) return null;
    const near = (drawn.stack.slice_spacing ?? 1) / 2 + 1e-3;
    if (measurement.points.some((point) => Math.abs(dot(subtract(point, position), normal)) > near)) return null;
    return measurement.points.map((point) => this.view.pixelOf(point));
  }

  #canvas(pixel: Pixel): Point {
    const [x, y] = this.view.viewport.worldToCanvas(this.view.worldOf(pixel));
    return [x, y];
  }

  #pixel(at: Point): Pixel {
    return this.view.pixelOf(this.view.viewport.canvasToWorld(at) as Vector);
  }

  /** A press; whether it is taken. */
  press(at: Point, tool: Tool): boolean {
    if (!this.view.frame) return false;
    if (this.#placing && this.#placing.placed.length > 0) {
      this.#placing.pressed = at;
      return true;
    }
    const grip = this.#grip(at);
    if (tool === "eraser") {
      if (grip) this.did(removeMeasurement(this.store, grip.measurement.id));
      return true;
    }
    if (grip) {
      this.store.selected.value = grip.measurement.id;
      this.#holding = {
        id: grip.measurement.id,
        handle: grip.handle,
        from: this.#pixel(at),
        before: grip.measurement,
        started: grip.pixels,
      };
      return true;
    }
    const kind = kindOf(tool);
    if (!kind) {
      this.store.selected.value = null;
      return false;
    }
    const pixel = this.#pixel(at);
    this.#placing = { kind, placed: [pixel], next: pixel, pressed: at, fresh: true };
    this.store.selected.value = null;
    if (POINTS[kind] === 1) this.#finish();
    this.draw();
    return true;
  }

  move(at: Point, pressed: boolean): void {
    if (this.#holding && pressed) {
      this.#hold(this.#holding, this.#pixel(at));
      return;
    }
    const placing = this.#placing;
    if (placing) {
      placing.next = this.#pixel(at);
      if (placing.kind === "freehand" && pressed) this.#stroke(placing, at);
      this.draw();
      return;
    }
    const grip = this.#grip(at);
    this.view.element.style.cursor = grip ? (grip.handle < 0 ? "move" : "pointer") : "";
    if ((grip?.measurement.id ?? null) !== this.#over) {
      this.#over = grip?.measurement.id ?? null;
      this.draw();
    }
  }

  release(at: Point): void {
    const holding = this.#holding;
    if (holding) {
      this.#holding = null;
      const after = this.store.measurements.peek().find((each) => each.id === holding.id);
      if (after && after !== holding.before) this.did(this.#exchange(holding.before, after));
      return;
    }
    const placing = this.#placing;
    if (!placing?.pressed) return;
    const moved = Math.hypot(at[0] - placing.pressed[0], at[1] - placing.pressed[1]) > CLICK;
    const { pressed, fresh } = placing;
    placing.pressed = null;
    placing.fresh = false;
    if (placing.kind === "freehand") {
      if (placing.placed.length >= 3) this.#finish();
      else this.#placing = null;
    } else if (moved || !fresh) {
      // A second line is dragged from its beginning, like the first.
      if (moved && !fresh && placing.kind !== "polygon" && POINTS[placing.kind] - placing.placed.length > 1) this.#place(placing, pressed);
      this.#place(placing, at);
    }
    this.draw();
  }

  #place(placing: Placing, at: Point): void {
    const pixel = this.#pixel(at);
    const [first] = placing.placed;
    const last = placing.placed.at(-1);
    if (placing.kind === "polygon") {
      const near = (point: Pixel | undefined): boolean => {
        if (!point) return false;
        const [x, y] = this.#canvas(point);
        return Math.hypot(x - at[0], y - at[1]) < HANDLE;
      };
      // A polygon is closed by coming back to its beginning, or by a click where the last one was.
      if (placing.placed.length >= 3 && (near(first) || near(last))) {
        this.#finish();
        return;
      }
    }
    placing.placed.push(pixel);
    if (placing.placed.length >= POINTS[placing.kind]) this.#finish();
  }

  #stroke(placing: Placing, at: Point): void {
    const last = placing.placed.at(-1);
    const [x, y] = last ? this.#canvas(last) : at;
    if (Math.hypot(x - at[0], y - at[1]) >= STROKE) placing.placed.push(placing.next);
  }

  /** Close an open outline, or give up. */
  close(): boolean {
    const placing = this.#placing;
    if (!placing) return false;
    if (placing.kind === "polygon" && placing.placed.length >= 3) this.#finish();
    this.#placing = null;
    this.draw();
    return true;
  }

  #finish(): void {
    const placing = this.#placing;
    const stack = this.view.pane.stack.peek();
    const drawn = this.view.frame;
    this.#placing = null;
    if (!placing || !stack || !drawn) return;
    const own = drawn.stack === stack;
    const measurement: Measurement = {
      id: crypto.randomUUID(),
      kind: placing.kind,
      label: "",
      stack: stack.id,
      study_instance_uid: stack.study_instance_uid,
      series_instance_uid: stack.series_instance_uid,
      sop_instance_uid: own ? drawn.frame.sop_instance_uid : null,
      frame: own ? drawn.frame.frame : null,
      frame_of_reference_uid: stack.frame_of_reference_uid,
      points: null,
      pixels: null,
      quantities: [],
      visible: true,
    };
    const complete = { ...measurement, ...this.#filled(measurement, pointsOf(placing.kind, placing.placed)) };
    this.did(addMeasurement(this.store, complete));
    this.store.selected.value = complete.id;
    if (complete.kind === "arrow" || complete.kind === "text") this.store.labeling.value = complete.id;
  }

  /** Points and quantities for pixels of what is drawn. */
  #filled(measurement: Measurement, pixels: Pixel[]): Pick<Measurement, "points" | "pixels" | "quantities"> {
    const drawn = this.view.frame;
    const base = this.view.pane.stack.peek();
    // Statistics of a coarse picture would be others than those of the values.
    const image = this.view.draft ? undefined : this.view.image;
    if (!drawn || !base) return { points: null, pixels: null, quantities: [] };
    const own = drawn.stack === base;
    const calibration = calibrationOf(
      drawn.stack.pixel_spacing,
      own ? base.spacing_source : "patient",
      own ? base.ultrasound_regions : [],
      pixels,
    );
    const seen: Image | null = image
      ? {
          columns: drawn.frame.columns,
          rows: drawn.frame.rows,
          samples: drawn.stack.samples,
          values: image.getPixelData(),
          unit: drawn.stack.unit,
        }
      : null;
    return {
      points: drawn.frame.position ? pixels.map((pixel) => this.view.worldOf(pixel)) : null,
      pixels: own ? pixels : null,
      quantities: quantitiesOf(measurement.kind, pixels, calibration, seen),
    };
  }

  #hold(holding: Holding, to: Pixel): void {
    const { before, started, from, handle } = holding;
    const pixels =
      handle >= 0
        ? dragged(before.kind, started, handle, to)
        : started.map(([column, row]) => [column + to[0] - from[0], row + to[1] - from[1]] as Pixel);
    replaceMeasurement(this.store, holding.id, this.#filled(before, pixels));
  }

  #exchange(before: Measurement, after: Measurement): Change {
    const put = (measurement: Measurement) => (): void => {
      replaceMeasurement(this.store, measurement.id, measurement);
    };
    return { undo: put(before), redo: put(after) };
  }

  /** What is under the pointer: the selected one first, points before lines. */
  #grip(at: Point): { measurement: Measurement; pixels: Pixel[]; handle: number } | null {
    const selected = this.store.selected.peek();
    const here = this.#here().sort((a) => (a.measurement.id === selected ? -1 : 1));
    for (const each of here) {
      const points = each.pixels.map((pixel) => this.#canvas(pixel));
      const handles = each.measurement.kind === "freehand" ? [] : points;
      const handle = handles.findIndex((point) => Math.hypot(point[0] - at[0], point[1] - at[1]) < HANDLE);
      if (handle >= 0) return { ...each, handle };
    }
    for (const each of here) {
      if (this.#lines(each.measurement.kind, each.pixels).some((line) => near(line, at))) return { ...each, handle: -1 };
    }
    return null;
  }

  /** Lines on the screen. */
  #lines(kind: MeasurementKind, pixels: readonly Pixel[]): Point[][] {
    const points = (isRegion(kind) ? outlineOf(kind, pixels) : pixels).map((pixel) => this.#canvas(pixel));
    const [a, b, c, d] = points;
    if (isRegion(kind) && points.length > 2) return [[...points, points[0] as Point]];
    if ((kind === "cobb" || kind === "bidirectional") && a && b) return c && d ? [[a, b], [c, d]] : [[a, b], c ? [c] : []];
    return [points];
  }

  /** Draw with the next picture. */
  draw(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    requestAnimationFrame(() => {
      this.#scheduled = false;
      this.#draw();
    });
  }

  #draw(): void {
    this.#group.replaceChildren();
    this.#texts = [];
    const selected = this.store.selected.peek();
    for (const { measurement, pixels } of this.#here()) {
      const chosen = measurement.id === selected;
      this.#shape(measurement.kind, pixels, chosen ? "#ffd60a" : "#8ef0a0", chosen || measurement.id === this.#over);
      this.#text(measurement, pixels, chosen ? "#ffd60a" : "#8ef0a0");
    }
    const placing = this.#placing;
    if (!placing) return;
    const pixels = pointsOf(placing.kind, placing.kind === "freehand" ? placing.placed : [...placing.placed, placing.next]);
    this.#shape(placing.kind, pixels, "#ffd60a", true);
    const measurement = { label: "", kind: placing.kind, quantities: [] } as unknown as Measurement;
    if (placing.kind !== "freehand") {
      this.#text({ ...measurement, ...this.#filled(measurement, pixels) }, pixels, "#ffd60a");
    }
  }

  #shape(kind: MeasurementKind, pixels: readonly Pixel[], color: string, handles: boolean): void {
    for (const line of this.#lines(kind, pixels)) {
      if (line.length < 2) continue;
      // A dark line below makes the bright one seen on bone, too.
      this.#polyline(line, "#000a", 3.5);
      this.#polyline(line, color, 1.5);
    }
    const points = pixels.map((pixel) => this.#canvas(pixel));
    if (kind === "arrow" && points[0] && points[1]) this.#head(points[0], points[1], color);
    if (kind === "probe" && points[0]) this.#cross(points[0], color);
    if (kind === "cobb" && points.length === 4) this.#between(points as [Point, Point, Point, Point], color);
    if (!handles || kind === "freehand") return;
    for (const point of points) {
      const circle = document.createElementNS(NAMESPACE, "circle");
      circle.setAttribute("cx", point[0].toFixed(1));
      circle.setAttribute("cy", point[1].toFixed(1));
      circle.setAttribute("r", "4");
      circle.setAttribute("fill", "#0008");
      circle.setAttribute("stroke", color);
      circle.setAttribute("stroke-width", "1.5");
      this.#group.append(circle);
    }
  }

  /** The nearest height below at which text stands on no other. */
  #room(x: number, y: number, wide: number, high: number): number {
    let top = y - 14;
    for (let tries = 0; tries < 20; tries += 1) {
      const hit = this.#texts.find(([left, upper, right, lower]) => x < right && x + wide > left && top < lower && top + high > upper);
      if (!hit) break;
      top = hit[3] + 2;
    }
    if (top + high > this.view.element.clientHeight) top = y - 14;
    this.#texts.push([x, top, x + wide, top + high]);
    return top + 14;
  }

  #polyline(points: readonly Point[], color: string, width: number, dashes = ""): void {
    const line = document.createElementNS(NAMESPACE, "polyline");
    line.setAttribute("points", points.map(([x, y]) => `${x.toFixed(1)},${y.toFixed(1)}`).join(" "));
    line.setAttribute("fill", "none");
    line.setAttribute("stroke", color);
    line.setAttribute("stroke-width", String(width));
    line.setAttribute("stroke-linecap", "round");
    if (dashes) line.setAttribute("stroke-dasharray", dashes);
    this.#group.append(line);
  }

  #head(tip: Point, tail: Point, color: string): void {
    const angle = Math.atan2(tail[1] - tip[1], tail[0] - tip[0]);
    const side = (by: number): Point => [tip[0] + 12 * Math.cos(angle + by), tip[1] + 12 * Math.sin(angle + by)];
    this.#polyline([side(0.4), tip, side(-0.4)], color, 2);
  }

  #cross([x, y]: Point, color: string): void {
    for (const [a, b] of [
      [[x - 7, y], [x + 7, y]],
      [[x, y - 7], [x, y + 7]],
    ] as [Point, Point][]) {
      this.#polyline([a, b], "#000a", 3.5);
      this.#polyline([a, b], color, 1.5);
    }
  }

  #between([a, b, c, d]: [Point, Point, Point, Point], color: string): void {
    const middle = (one: Point, other: Point): Point => [(one[0] + other[0]) / 2, (one[1] + other[1]) / 2];
    this.#polyline([middle(a, b), middle(c, d)], color, 1, "3 4");
  }

  #text(measurement: Measurement, pixels: readonly Pixel[], color: string): void {
    const lines = linesOf(measurement);
    const points = outlineOf(measurement.kind, pixels).map((pixel) => this.#canvas(pixel));
    if (lines.length === 0 || points.length === 0) return;
    const { clientWidth, clientHeight } = this.view.element;
    const anchor = points.reduce((best, point) => (point[0] > best[0] ? point : best));
    const wide = 7 * Math.max(...lines.map((line) => line.length));
    const x = anchor[0] + 12 + wide > clientWidth ? Math.max(4, Math.min(...points.map((point) => point[0])) - 12 - wide) : anchor[0] + 12;
    const y = this.#room(x, Math.min(Math.max(anchor[1], 14), clientHeight - 16 * lines.length), wide, 16 * lines.length);
    const text = document.createElementNS(NAMESPACE, "text");
    text.setAttribute("fill", color);
    text.setAttribute("style", "font:13px system-ui,sans-serif;paint-order:stroke;stroke:#000c;stroke-width:3px;font-variant-numeric:tabular-nums");
    lines.forEach((line, at) => {
      const span = document.createElementNS(NAMESPACE, "tspan");
      span.setAttribute("x", x.toFixed(1));
      span.setAttribute("y", (y + 16 * at).toFixed(1));
      span.textContent = line;
      text.append(span);
    });
    this.#group.append(text);
  }
}

function near(line: readonly Point[], at: Point): boolean {
  for (let step = 1; step < line.length; step += 1) {
    const [a, b] = [line[step - 1] as Point, line[step] as Point];
    const way = [b[0] - a[0], b[1] - a[1]] as const;
    const size = way[0] ** 2 + way[1] ** 2 || 1;
    const share = Math.min(Math.max(((at[0] - a[0]) * way[0] + (at[1] - a[1]) * way[1]) / size, 0), 1);
    if (Math.hypot(a[0] + way[0] * share - at[0], a[1] + way[1] * share - at[1]) < LINE) return true;
  }
  return false;
}

/** The middle of a measurement in the patient's space. */
export function middleOf(measurement: Measurement): Vector | null {
  const points = measurement.points;
  if (!points || points.length === 0) return null;
  return scale(points.reduce(add, [0, 0, 0] as Vector), 1 / points.length);
}
