// Mouse, wheel and touch over a pane: what dragging means for the view. Measuring is the library's; everything else
// is here, so that a button never does two things at once.

import type { Vector } from "../api/types";
import { add, scale, subtract } from "../state/geometry";
import type { Store, Tool } from "../state/store";
import { type View, sameView } from "../state/view";
import type { Layer } from "./layer";
import type { Measuring } from "./measuring";
import type { PaneView } from "./pane";
import { type Window, windowAround } from "../state/window";

/** What the pane's navigation asks of the engine. */
export interface Hands {
  scroll(paneId: string, slices: number): void;
  jump(paneId: string, point: Vector): void;
  /** A drag is over: what it changed can be undone as one thing. */
  did(paneId: string, before: View, after: View): void;
}

interface Drag {
  tool: Tool;
  pointer: number;
  from: [number, number];
  last: [number, number];
  view: View;
  window: Window | null;
  /** Parts of a slice that were dragged and not yet scrolled. */
  rest: number;
}

/** Pixels of dragging for a slice, and pixels for which zoom doubles. */
const SLICE = 6;
const DOUBLE = 120;
/** A window as wide as it was is dragged through by so many pixels. */
const WINDOW = 300;

export class Navigation {
  readonly #stop: (() => void)[] = [];
  #drag: Drag | null = null;
  /** The pointer that a measurement has taken. */
  #measuring: number | null = null;
  #wheel = 0;

  constructor(
    private readonly view: PaneView,
    private readonly store: Store,
    private readonly layer: Layer,
    private readonly measuring: Measuring,
    private readonly hands: Hands,
  ) {
    const { element } = view;
    this.#listen(element, "pointerdown", (event) => this.#down(event as PointerEvent));
    this.#listen(element, "pointermove", (event) => this.#move(event as PointerEvent));
    this.#listen(element, "pointerup", (event) => this.#up(event as PointerEvent));
    this.#listen(element, "pointercancel", (event) => this.#up(event as PointerEvent));
    this.#listen(element, "pointerleave", () => {
      this.view.pane.pointer.value = null;
    });
    this.#listen(element, "wheel", (event) => this.#wheeled(event as WheelEvent), { passive: false });
    this.#listen(element, "contextmenu", (event) => event.preventDefault());
    this.#listen(element, "auxclick", (event) => event.preventDefault());
  }

  destroy(): void {
    for (const stop of this.#stop) stop();
  }

  #listen(element: HTMLElement, name: string, handle: (event: Event) => void, options: AddEventListenerOptions = {}): void {
    element.addEventListener(name, handle, options);
    this.#stop.push(() => element.removeEventListener(name, handle, options));
  }

  #at(event: MouseEvent): [number, number] {
    const box = this.view.element.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  }

  #toolOf(event: PointerEvent): Tool | null {
    if (event.button === 1) return "pan";
    if (event.button === 2) return "zoom";
    if (event.button !== 0) return null;
    if (event.ctrlKey || event.metaKey) return "zoom";
    if (event.shiftKey) return "pan";
    return this.store.tool.peek();
  }

  #down(event: PointerEvent): void {
    this.store.activeId.value = this.view.pane.id;
    if (this.#drag) return;
    const tool = this.#toolOf(event);
    if (!tool || !this.view.frame) return;
    const from = this.#at(event);
    if (event.button === 0 && tool === this.store.tool.peek() && this.measuring.press(from, tool)) {
      this.#measuring = event.pointerId;
      this.view.element.setPointerCapture(event.pointerId);
      return;
    }
    if (tool === "crosshairs" && !this.layer.grab(from)) return;
    this.#drag = {
      tool,
      pointer: event.pointerId,
      from,
      last: from,
      view: this.view.pane.view.peek(),
      window: this.view.window,
      rest: 0,
    };
    this.view.element.setPointerCapture(event.pointerId);
    this.#dragged(this.#drag, from);
  }

  #move(event: PointerEvent): void {
    const at = this.#at(event);
    this.view.pane.pointer.value = this.view.pointerAt(...at);
    if (!this.#drag) {
      this.measuring.move(at, this.#measuring !== null);
      if (this.store.tool.peek() === "crosshairs") this.layer.hover(at);
      return;
    }
    if (event.pointerId !== this.#drag.pointer) return;
    this.#dragged(this.#drag, at);
    this.#drag.last = at;
  }

  #up(event: PointerEvent): void {
    if (this.#measuring === event.pointerId) {
      this.#measuring = null;
      this.measuring.release(this.#at(event));
      return;
    }
    const drag = this.#drag;
    if (!drag || event.pointerId !== drag.pointer) return;
    this.#drag = null;
    this.layer.release();
    if (drag.tool === "window-region") this.#windowOfRegion(drag.from, this.#at(event));
    this.layer.box(null);
    this.layer.magnify(null);
    const after = this.view.pane.view.peek();
    if (!sameView(drag.view, after)) this.hands.did(this.view.pane.id, drag.view, after);
  }

  #dragged(drag: Drag, at: [number, number]): void {
    const { pane } = this.view;
    const moved: [number, number] = [at[0] - drag.from[0], at[1] - drag.from[1]];
    switch (drag.tool) {
      case "scroll": {
        drag.rest += at[1] - drag.last[1];
        const slices = Math.trunc(drag.rest / SLICE);
        drag.rest -= slices * SLICE;
        if (slices !== 0) this.hands.scroll(pane.id, slices);
        break;
      }
      case "window":
        this.#window(drag, moved);
        break;
      case "pan":
        this.#pan(drag, moved);
        break;
      case "zoom":
        this.store.change(pane.id, { zoom: zoomed(drag.view.zoom ?? 1, 2 ** (-moved[1] / DOUBLE)) });
        break;
      case "magnify":
        this.layer.magnify(at);
        break;
      case "window-region":
        this.layer.box([drag.from, at]);
        break;
      case "cursor3d":
        this.#point(at);
        break;
      case "crosshairs":
        this.layer.drag(at);
        break;
    }
  }

  #window(drag: Drag, [right, down]: [number, number]): void {
    if (!drag.window) return;
    const { center, width } = drag.window;
    const step = Math.max(width, 1e-6) / WINDOW;
    const wider = Math.max(width + right * step, width * 1e-3);
    this.store.change(this.view.pane.id, { window: [tidy(center + down * step, width), tidy(wider, width)] });
  }

  #pan(drag: Drag, [right, down]: [number, number]): void {
    const { viewport, element } = this.view;
    const middle: [number, number] = [element.clientWidth / 2, element.clientHeight / 2];
    const here = viewport.canvasToWorld(middle) as Vector;
    const there = viewport.canvasToWorld([middle[0] - right, middle[1] - down]) as Vector;
    this.store.change(this.view.pane.id, { center: add(drag.view.center ?? this.#middle(), subtract(there, here)) });
  }

  /** Of the drawn picture, where no center was chosen. */
  #middle(): Vector {
    const rectangle = this.view.rectangle();
    if (rectangle) {
      const { corner, right, down, width, height } = rectangle;
      return add(add(corner, scale(right, width / 2)), scale(down, height / 2));
    }
    const frame = this.view.frame;
    if (!frame) return [0, 0, 0];
    const [rowSpacing, columnSpacing] = frame.stack.pixel_spacing ?? [1, 1];
    return [((frame.frame.columns - 1) / 2) * columnSpacing, ((frame.frame.rows - 1) / 2) * rowSpacing, 0];
  }

  #point(at: [number, number]): void {
    const point = this.view.viewport.canvasToWorld(at) as Vector;
    this.store.cursor.value = { pane: this.view.pane.id, point };
    this.hands.jump(this.view.pane.id, point);
  }

  #windowOfRegion(from: [number, number], to: [number, number]): void {
    const drawn = this.view.frame;
    const image = this.view.image;
    if (!drawn || !image || drawn.stack.samples === 3) return;
    const corners = [from, to].map((each) => this.view.pixelOf(this.view.viewport.canvasToWorld(each) as Vector));
    const range = (axis: 0 | 1, size: number): [number, number] => {
      const ends = corners.map((each) => each[axis]);
      return [Math.max(0, Math.ceil(Math.min(...ends))), Math.min(size - 1, Math.floor(Math.max(...ends)))];
    };
    const [left, right] = range(0, drawn.frame.columns);
    const [top, bottom] = range(1, drawn.frame.rows);
    const pixels = image.getPixelData();
    const values: number[] = [];
    for (let row = top; row <= bottom; row += 1) {
      for (let column = left; column <= right; column += 1) values.push(Number(pixels[row * drawn.frame.columns + column]));
    }
    const window = windowAround(values);
    if (window) this.store.change(this.view.pane.id, { window: [tidy(window.center, window.width), tidy(window.width, window.width)] });
  }

  #wheeled(event: WheelEvent): void {
    event.preventDefault();
    this.store.activeId.value = this.view.pane.id;
    if (event.ctrlKey || event.metaKey) {
      const zoom = this.view.pane.view.peek().zoom ?? 1;
      this.store.change(this.view.pane.id, { zoom: zoomed(zoom, 2 ** (-event.deltaY / 240)) });
      return;
    }
    // Wheels tell 100 or 120 for a notch, touch pads a few at a time.
    this.#wheel += event.deltaMode === 0 ? event.deltaY / 100 : event.deltaY;
    const slices = Math.abs(event.deltaY) >= 50 || event.deltaMode !== 0 ? Math.sign(event.deltaY) : Math.trunc(this.#wheel);
    if (slices === 0) return;
    this.#wheel = 0;
    this.hands.scroll(this.view.pane.id, slices);
  }
}

function zoomed(zoom: number, by: number): number {
  return Math.min(Math.max(zoom * by, 0.05), 100);
}

/** Whole numbers where a window is wide, a few digits where it is narrow. */
function tidy(value: number, width: number): number {
  const digits = width >= 50 ? 0 : width >= 5 ? 1 : width >= 0.5 ? 2 : 5;
  const rounded = Number(value.toFixed(digits));
  return rounded;
}
