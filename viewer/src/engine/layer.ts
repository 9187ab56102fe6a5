// Lines over a pane: where the other planes cross it, the 3-D cursor, the crosshairs that turn planes, the magnifier.

import { effect } from "@preact/signals";
import type { Vector } from "../api/types";
import { type Rectangle, add, crossing, dot, length, scale, subtract, turn, unit, cross } from "../state/geometry";
import type { Store } from "../state/store";
import { needsCut } from "./cut";
import { sharesSpace } from "./linking";
import type { PaneView } from "./pane";

const NAMESPACE = "http://www.w3.org/2000/svg";
/** Colors of the planes, in the order of the panes. */
const COLORS = ["#5ac8fa", "#ffd60a", "#ff6482", "#63e6a2", "#bf8cff", "#ff9f0a"];
const NEAR = 10;
const LENS = 180;
const ENLARGED = 3;

type Point = [number, number];

interface Line {
  pane: string;
  ends: [Point, Point];
  color: string;
}

type Grip = { kind: "middle" } | { kind: "turn"; pane: string; angle: number } | { kind: "move"; pane: string };

/** The other panes, as far as lines need them. */
export interface Others {
  all(): readonly PaneView[];
}

export class Layer {
  /** What is drawn over the picture. */
  readonly svg: SVGSVGElement;
  readonly #lines: SVGGElement;
  readonly #marks: SVGGElement;
  readonly #box: SVGGElement;
  readonly #lens: HTMLCanvasElement;
  readonly #stop: () => void;
  #grip: Grip | null = null;
  #scheduled = false;

  constructor(
    private readonly view: PaneView,
    private readonly store: Store,
    private readonly others: Others,
  ) {
    this.svg = document.createElementNS(NAMESPACE, "svg");
    this.svg.setAttribute("style", "position:absolute;inset:0;width:100%;height:100%;pointer-events:none;z-index:2;overflow:hidden");
    this.svg.setAttribute("aria-hidden", "true");
    this.#lines = this.svg.appendChild(document.createElementNS(NAMESPACE, "g"));
    this.#marks = this.svg.appendChild(document.createElementNS(NAMESPACE, "g"));
    this.#box = this.svg.appendChild(document.createElementNS(NAMESPACE, "g"));
    this.#lens = document.createElement("canvas");
    this.#lens.width = this.#lens.height = LENS;
    this.#lens.setAttribute(
      "style",
      `position:absolute;width:${LENS}px;height:${LENS}px;border-radius:50%;border:1px solid #999;pointer-events:none;z-index:3;display:none;background:#000`,
    );
    view.element.append(this.svg, this.#lens);
    this.#stop = effect(() => {
      void store.activeId.value;
      void store.referenceLines.value;
      void store.cursor.value;
      void store.tool.value;
      void store.panes.value.map((pane) => [pane.slice.value, pane.drawn.value, pane.view.value]);
      this.draw();
    });
  }

  destroy(): void {
    this.#stop();
    this.svg.remove();
    this.#lens.remove();
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
    this.#lines.replaceChildren();
    this.#marks.replaceChildren();
    const crosshairs = this.#crosshairs();
    if (crosshairs) {
      const middle = this.#middle();
      for (const line of crosshairs) this.#crosshair(line, middle);
    } else if (this.store.referenceLines.peek()) {
      const active = this.others.all().find((each) => each.pane.id === this.store.activeId.peek());
      if (active && active !== this.view) {
        const line = this.#lineOf(active);
        if (line) this.#stroke(this.#lines, line.ends, "#ffb340", 1.25, "6 4");
      }
    }
    this.#cursor();
  }

  /** Where the plane of another pane crosses this picture. */
  #lineOf(other: PaneView): Line | null {
    const here = this.view.rectangle();
    const there = other.rectangle();
    const normal = other.normal();
    if (!here || !there || !normal || !sharesSpace(this.view, other)) return null;
    const across = crossing(here, there.corner, normal);
    if (!across) return null;
    const limited = this.store.tool.peek() === "crosshairs" ? across : within(across, there);
    if (!limited) return null;
    const index = this.store.panes.peek().findIndex((each) => each.id === other.pane.id);
    return { pane: other.pane.id, ends: [this.#canvas(limited[0]), this.#canvas(limited[1])], color: COLORS[index % COLORS.length] as string };
  }

  #canvas(point: Vector): Point {
    const [x, y] = this.view.viewport.worldToCanvas(point);
    return [x, y];
  }

  /** Planes that this picture can turn: all of them are cut from volumes in one space. */
  #crosshairs(): Line[] | null {
    if (this.store.tool.peek() !== "crosshairs" || !this.view.frame || !needsCut(this.view.pane.view.peek())) return null;
    return this.others
      .all()
      .filter((other) => other !== this.view && needsCut(other.pane.view.peek()))
      .map((other) => this.#lineOf(other))
      .filter((line): line is Line => line !== null);
  }

  #middle(): Point | null {
    const point = this.view.pane.view.peek().point;
    return point ? this.#canvas(point) : null;
  }

  #crosshair(line: Line, middle: Point | null): void {
    const [a, b] = line.ends;
    if (!middle) {
      this.#stroke(this.#lines, line.ends, line.color, 1.25);
      return;
    }
    for (const end of [a, b]) {
      const way: Point = [end[0] - middle[0], end[1] - middle[1]];
      const far = Math.hypot(...way) || 1;
      const at = (distance: number): Point => [middle[0] + (way[0] / far) * distance, middle[1] + (way[1] / far) * distance];
      if (far > 24) this.#stroke(this.#lines, [at(14), end], line.color, 1.25);
      const handle = at(this.#reach(middle, way, far));
      const circle = document.createElementNS(NAMESPACE, "circle");
      circle.setAttribute("cx", String(handle[0]));
      circle.setAttribute("cy", String(handle[1]));
      circle.setAttribute("r", "5");
      circle.setAttribute("fill", "#000a");
      circle.setAttribute("stroke", line.color);
      circle.setAttribute("stroke-width", "1.5");
      this.#marks.append(circle);
    }
  }

  /** How far from the middle the handle for turning is: on the line, and in the pane. */
  #reach(middle: Point, way: Point, far: number): number {
    const { clientWidth, clientHeight } = this.view.element;
    let reach = Math.min(far * 0.8, 0.36 * Math.min(clientWidth, clientHeight));
    const room = (at: number, size: number, step: number): number =>
      Math.abs(step) < 1e-6 ? Infinity : ((step > 0 ? size - 12 - at : 12 - at) * far) / step;
    reach = Math.min(reach, room(middle[0], clientWidth, way[0]), room(middle[1], clientHeight, way[1]));
    return Math.max(reach, 20);
  }

  #cursor(): void {
    const cursor = this.store.cursor.peek();
    if (!cursor || this.store.tool.peek() !== "cursor3d") return;
    const source = this.others.all().find((each) => each.pane.id === cursor.pane);
    const normal = this.view.normal();
    const place = this.view.rectangle();
    if (!source || !normal || !place || (source !== this.view && !sharesSpace(this.view, source))) return;
    const distance = Math.abs(dot(subtract(cursor.point, place.corner), normal));
    const thick = this.view.frame?.stack.slice_spacing ?? 1;
    const color = distance <= thick ? "#ff453a" : "#ff453a66";
    const [x, y] = this.#canvas(cursor.point);
    for (const ends of [
      [[x - 12, y], [x - 4, y]],
      [[x + 4, y], [x + 12, y]],
      [[x, y - 12], [x, y - 4]],
      [[x, y + 4], [x, y + 12]],
    ] as [Point, Point][]) {
      this.#stroke(this.#marks, ends, color, 1.5);
    }
  }

  #stroke(group: SVGGElement, [a, b]: [Point, Point], color: string, width: number, dashes?: string): void {
    const line = document.createElementNS(NAMESPACE, "line");
    const numbers = { x1: a[0], y1: a[1], x2: b[0], y2: b[1] };
    for (const [name, value] of Object.entries(numbers)) line.setAttribute(name, value.toFixed(1));
    line.setAttribute("stroke", color);
    line.setAttribute("stroke-width", String(width));
    if (dashes) line.setAttribute("stroke-dasharray", dashes);
    group.append(line);
  }

  /** Whether a press takes hold of the crosshairs, and where: anywhere else it moves their middle. */
  grab(at: Point): boolean {
    const lines = this.#crosshairs();
    if (!lines) return false;
    this.#grip = this.#gripAt(at, lines);
    return true;
  }

  #gripAt(at: Point, lines: readonly Line[]): Grip {
    const middle = this.#middle();
    if (!middle || distanceOf(at, middle) < NEAR * 1.5) return { kind: "middle" };
    for (const line of lines) {
      for (const end of line.ends) {
        const way: Point = [end[0] - middle[0], end[1] - middle[1]];
        const far = Math.hypot(...way) || 1;
        const reach = this.#reach(middle, way, far) / far;
        if (distanceOf(at, [middle[0] + way[0] * reach, middle[1] + way[1] * reach]) < NEAR) {
          return { kind: "turn", pane: line.pane, angle: angleOf(at, middle) };
        }
      }
    }
    const near = lines.find((line) => distanceToLine(at, line.ends) < NEAR);
    return near ? { kind: "move", pane: near.pane } : { kind: "middle" };
  }

  hover(at: Point): void {
    const lines = this.#crosshairs();
    const grip = lines ? this.#gripAt(at, lines) : null;
    this.view.element.style.cursor = grip?.kind === "turn" ? "grab" : grip?.kind === "move" ? "move" : "crosshair";
  }

  drag(at: Point): void {
    const grip = this.#grip;
    if (!grip) return;
    if (grip.kind === "turn") {
      this.#turn(grip, at);
      return;
    }
    const point = this.view.viewport.canvasToWorld(at) as Vector;
    const space = this.#space();
    if (grip.kind === "middle") {
      for (const each of space) this.store.change(each.pane.id, { point });
      return;
    }
    // Moving a line moves its plane only: along its normal.
    const other = space.find((each) => each.pane.id === grip.pane);
    const normal = other?.normal();
    const from = this.view.pane.view.peek().point;
    if (!normal || !from) return;
    const moved = add(from, scale(normal, dot(subtract(point, from), normal)));
    for (const each of space) this.store.change(each.pane.id, { point: moved });
  }

  #space(): PaneView[] {
    return this.others
      .all()
      .filter((each) => needsCut(each.pane.view.peek()) && (each === this.view || sharesSpace(this.view, each)));
  }

  /** Turn the other planes about this picture's normal; they stay at right angles. */
  #turn(grip: Grip & { kind: "turn" }, at: Point): void {
    const middle = this.#middle();
    if (!middle) return;
    const angle = angleOf(at, middle);
    const by = angle - grip.angle;
    if (Math.abs(by) < 1e-4) return;
    const axis = this.#away();
    for (const other of this.#space()) {
      if (other === this.view) continue;
      const place = other.rectangle();
      if (!place) continue;
      const right = turn(place.right, axis, by);
      const down = turn(place.down, axis, by);
      this.store.change(other.pane.id, {
        plane: "oblique",
        normal: unit(cross(right, down)),
        up: scale(down, -1),
        point: this.view.pane.view.peek().point,
      });
    }
    grip.angle = angle;
  }

  /** Away from the viewer, as the picture is drawn: right and down on the screen, right-handed. */
  #away(): Vector {
    const { viewport } = this.view;
    const from = viewport.canvasToWorld([0, 0]) as Vector;
    const right = subtract(viewport.canvasToWorld([100, 0]) as Vector, from);
    const down = subtract(viewport.canvasToWorld([0, 100]) as Vector, from);
    return unit(cross(right, down));
  }

  release(): void {
    this.#grip = null;
  }

  /** A rectangle that is being dragged. */
  box(corners: [Point, Point] | null): void {
    this.#box.replaceChildren();
    if (!corners) return;
    const [[x1, y1], [x2, y2]] = corners;
    const box = document.createElementNS(NAMESPACE, "rect");
    box.setAttribute("x", String(Math.min(x1, x2)));
    box.setAttribute("y", String(Math.min(y1, y2)));
    box.setAttribute("width", String(Math.abs(x1 - x2)));
    box.setAttribute("height", String(Math.abs(y1 - y2)));
    box.setAttribute("fill", "#5ac8fa22");
    box.setAttribute("stroke", "#5ac8fa");
    this.#box.append(box);
  }

  magnify(at: Point | null): void {
    this.#lens.style.display = at ? "block" : "none";
    if (!at) return;
    this.#lens.style.left = `${at[0] - LENS / 2}px`;
    this.#lens.style.top = `${at[1] - LENS / 2}px`;
    const source = this.view.viewport.getCanvas();
    const ratio = source.width / Math.max(this.view.element.clientWidth, 1);
    const side = (LENS / ENLARGED) * ratio;
    const context = this.#lens.getContext("2d");
    if (!context) return;
    context.fillStyle = "#000";
    context.fillRect(0, 0, LENS, LENS);
    context.drawImage(source, at[0] * ratio - side / 2, at[1] * ratio - side / 2, side, side, 0, 0, LENS, LENS);
  }
}

/** The part of a line that lies over a rectangle. */
function within([a, b]: [Vector, Vector], rectangle: Rectangle): [Vector, Vector] | null {
  const way = subtract(b, a);
  let low = 0;
  let high = 1;
  const limit = (axis: Vector, size: number): void => {
    const from = dot(subtract(a, rectangle.corner), axis);
    const step = dot(way, axis);
    if (Math.abs(step) < 1e-9) {
      if (from < -1e-6 || from > size + 1e-6) high = -1;
      return;
    }
    const ends = [-from / step, (size - from) / step];
    low = Math.max(low, Math.min(...ends));
    high = Math.min(high, Math.max(...ends));
  };
  limit(rectangle.right, rectangle.width);
  limit(rectangle.down, rectangle.height);
  return high - low > 1e-6 && length(way) > 0 ? [add(a, scale(way, low)), add(a, scale(way, high))] : null;
}

function distanceOf(a: Point, b: Point): number {
  return Math.hypot(a[0] - b[0], a[1] - b[1]);
}

function angleOf(at: Point, middle: Point): number {
  return Math.atan2(at[1] - middle[1], at[0] - middle[0]);
}

function distanceToLine(at: Point, [a, b]: [Point, Point]): number {
  const way = [b[0] - a[0], b[1] - a[1]] as const;
  const size = way[0] ** 2 + way[1] ** 2 || 1;
  const share = Math.min(Math.max(((at[0] - a[0]) * way[0] + (at[1] - a[1]) * way[1]) / size, 0), 1);
  return distanceOf(at, [a[0] + way[0] * share, a[1] + way[1] * share]);
}
