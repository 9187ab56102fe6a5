// What the workstation shows, as signals: the engine draws it, the user interface displays it, commands change it.

import { batch, computed, signal, type ReadonlySignal, type Signal } from "@preact/signals";
import { connection } from "../api/client";
import type { Issue, KeyImage, ObjectRow, Stack, StudyRow, Vector } from "../api/types";
import type { Measurement } from "./measurements";
import { type View, sameView } from "./view";

/** What the left mouse button does. */
export type Tool =
  | "scroll"
  | "window"
  | "pan"
  | "zoom"
  | "magnify"
  | "crosshairs"
  | "cursor3d"
  | "window-region"
  | "length"
  | "angle"
  | "cobb"
  | "bidirectional"
  | "ellipse"
  | "rectangle"
  | "freehand"
  | "polygon"
  | "probe"
  | "arrow"
  | "text"
  | "eraser";

export type Phase = "empty" | "loading" | "ready" | "failed";

/** One place of the grid. `view` is what is shown; the engine follows it, and writes what dragging changed. */
export interface Pane {
  readonly id: string;
  readonly stack: Signal<Stack | null>;
  readonly view: Signal<View>;
  readonly phase: Signal<Phase>;
  /** Why it failed. */
  readonly reason: Signal<string>;
  /** What is wanted is not drawn yet. */
  readonly behind: Signal<boolean>;
  /** Number of slices in the shown plane, and which one is shown, from 0. */
  readonly slices: Signal<number>;
  readonly slice: Signal<number>;
  /** Of a stack in time: how many times; `view.time` says which is shown. */
  readonly times: Signal<number>;
  /** Which frames of the stack are here. */
  readonly loaded: Signal<ReadonlySet<number>>;
  readonly playing: Signal<boolean>;
  readonly rate: Signal<number>;
  /** Value and position under the pointer. */
  readonly pointer: Signal<Pointer | null>;
  /** Of the drawn picture: window, letters at the edges, millimeters for each screen pixel. */
  readonly drawn: Signal<Drawn | null>;
}

export interface Pointer {
  world: Vector | null;
  /** Column and row, from 0. */
  pixel: [number, number] | null;
  /** One number, or red, green, blue. */
  value: number[] | null;
  unit: string;
}

export interface Drawn {
  window: { center: number; width: number } | null;
  /** Patient's directions: left, right, top, bottom edge ("R", "L", "AH" ...). */
  letters: { left: string; right: string; top: string; bottom: string } | null;
  /** Null where the size of pixels is unknown. */
  millimetersPerPixel: number | null;
  /** Screen pixels for each image pixel. */
  magnification: number;
}

export interface Layout {
  rows: number;
  columns: number;
  /** The pane that alone is shown. */
  maximized: string | null;
}

function pane(id: string): Pane {
  return {
    id,
    stack: signal<Stack | null>(null),
    view: signal<View>({}),
    phase: signal<Phase>("empty"),
    reason: signal(""),
    behind: signal(false),
    slices: signal(0),
    slice: signal(0),
    times: signal(1),
    loaded: signal<ReadonlySet<number>>(new Set()),
    playing: signal(false),
    rate: signal(10),
    pointer: signal<Pointer | null>(null),
    drawn: signal<Drawn | null>(null),
  };
}

export class Store {
  readonly studies = signal<readonly StudyRow[]>([]);
  /** The study that is read, and one beside it to compare with. */
  readonly study = signal<string | null>(null);
  readonly compare = signal<string | null>(null);
  readonly stacks = signal<ReadonlyMap<string, Stack>>(new Map());
  readonly layout = signal<Layout>({ rows: 1, columns: 1, maximized: null });
  readonly panes = signal<readonly Pane[]>([pane("pane-1")]);
  readonly activeId = signal("pane-1");
  readonly tool = signal<Tool>("window");
  readonly measurements = signal<readonly Measurement[]>([]);
  readonly selected = signal<string | null>(null);
  /** Images that matter, in the order in which they were chosen. */
  readonly keyImages = signal<readonly KeyImage[]>([]);
  /** What has been saved in the open study, the newest first. */
  readonly objects = signal<readonly ObjectRow[]>([]);
  /** A measurement whose label is to be typed. */
  readonly labeling = signal<string | null>(null);
  /** A point of the patient that is shown in all panes, and the pane in which it was set. */
  readonly cursor = signal<{ pane: string; point: Vector } | null>(null);
  readonly linked = signal(true);
  readonly referenceLines = signal(true);
  readonly showIdentity = signal(true);
  readonly showText = signal(true);
  readonly showMeasurements = signal(true);
  readonly server: ReadonlySignal<"here" | "lost"> = connection;
  readonly scan = signal<{ done: number; total: number | null; finished: boolean; message: string } | null>(null);
  readonly issues = signal<readonly Issue[]>([]);

  readonly active = computed<Pane>(() => {
    const panes = this.panes.value;
    const found = panes.find((each) => each.id === this.activeId.value) ?? panes[0];
    if (!found) throw new Error("There is always a pane");
    return found;
  });

  pane(id: string): Pane | undefined {
    return this.panes.value.find((each) => each.id === id);
  }

  /** Show a grid; panes that stay keep what they show. */
  setLayout(rows: number, columns: number): void {
    batch(() => {
      const panes = [...this.panes.value];
      while (panes.length < rows * columns) panes.push(pane(`pane-${panes.length + 1}`));
      this.panes.value = panes.slice(0, rows * columns);
      this.layout.value = { rows, columns, maximized: null };
      if (!this.pane(this.activeId.value)) this.activeId.value = "pane-1";
    });
  }

  maximize(id: string | null): void {
    this.layout.value = { ...this.layout.value, maximized: id };
  }

  /** Put a stack into a pane, by default as its file asks. */
  open(id: string, stack: Stack | null, view: View = {}): void {
    const target = this.pane(id);
    if (!target) return;
    batch(() => {
      if (stack && !this.stacks.value.has(stack.id)) this.stacks.value = new Map(this.stacks.value).set(stack.id, stack);
      target.playing.value = false;
      target.phase.value = stack ? "loading" : "empty";
      target.reason.value = "";
      target.pointer.value = null;
      target.view.value = view;
      target.loaded.value = new Set();
      target.rate.value = stack?.frame_rate ?? 10;
      target.stack.value = stack;
    });
  }

  /** Change what a pane shows; nothing happens where nothing changes. */
  change(id: string, part: Partial<View>): void {
    const target = this.pane(id);
    if (!target) return;
    const next = { ...target.view.value, ...part };
    if (!sameView(next, target.view.value)) target.view.value = next;
  }
}
