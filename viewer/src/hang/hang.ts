// How a study is hung when it is opened: the first protocol whose conditions hold puts stacks into views. Protocols are
// data (protocols.json); this is the few rules by which they are read.

import { batch } from "@preact/signals";
import type { Stack, StackKind, StudyRow } from "../api/types";
import type { Store } from "../state/store";
import { type View, parseView } from "../state/view";
import protocols from "./protocols.json";

/** What one view of the grid shows. */
export interface Place {
  modality?: string;
  kind?: StackKind;
  bodyPart?: string;
  /** A part of the description. */
  description?: string;
  prefer?: "first" | "largest";
  view?: View;
}

export interface Protocol {
  name: string;
  /** All of which a study has; or any, with `any`. */
  modalities: string[];
  any?: boolean;
  /** Stacks that must be there. */
  least?: number;
  grid: [rows: number, columns: number];
  views: Place[];
}

export interface Hung {
  stack: Stack;
  view: View;
}

/** Objects that are not pictures to be read at first. */
const SECOND: readonly string[] = ["SEG", "SC", "OT", "RTDOSE", "RTIMAGE", "PR", "KO"];

function holds(protocol: Protocol, stacks: readonly Stack[]): boolean {
  const there = new Set(stacks.map((stack) => stack.modality));
  const wanted = protocol.modalities;
  if (protocol.any ? !wanted.some((each) => there.has(each)) : !wanted.every((each) => there.has(each))) return false;
  const counted = wanted.length === 0 ? stacks : stacks.filter((stack) => wanted.includes(stack.modality));
  return counted.length >= (protocol.least ?? 1);
}

function fits(place: Place, stack: Stack): boolean {
  if (place.modality !== undefined && stack.modality !== place.modality) return false;
  if (place.kind !== undefined && stack.kind !== place.kind) return false;
  return place.description === undefined || stack.description.toLowerCase().includes(place.description.toLowerCase());
}

/** Choose stacks for the places of a protocol, none twice; a place that nothing fits takes what is left. */
export function choose(protocol: Protocol, stacks: readonly Stack[]): (Hung | null)[] {
  const left = [...stacks];
  const found = protocol.views.map((place): Hung | null => {
    const fitting = left.filter((stack) => fits(place, stack));
    const largest = (a: Stack, b: Stack): number => b.frames.length - a.frames.length;
    const [best] = place.prefer === "largest" ? fitting.sort(largest) : fitting;
    if (!best) return null;
    left.splice(left.indexOf(best), 1);
    return { stack: best, view: parseView(place.view) };
  });
  return found.map((each, at) => {
    if (each) return each;
    const stack = left.shift();
    return stack ? { stack, view: parseView(protocol.views[at]?.view) } : null;
  });
}

export function protocolFor(stacks: readonly Stack[], among: readonly Protocol[] = protocols as unknown as Protocol[]): Protocol | null {
  return among.find((protocol) => holds(protocol, stacks)) ?? null;
}

/** Pictures that are read first stand first. */
export function inOrder(stacks: readonly Stack[]): Stack[] {
  const rank = (stack: Stack): number => (SECOND.includes(stack.modality) ? 1 : 0);
  return [...stacks].sort((one, other) => rank(one) - rank(other));
}

export function hang(store: Store, _study: StudyRow, stacks: readonly Stack[]): void {
  const ordered = inOrder(stacks);
  const protocol = protocolFor(ordered);
  batch(() => {
    store.setLayout(...(protocol?.grid ?? [1, 1]));
    const places = protocol ? choose(protocol, ordered) : [];
    store.panes.peek().forEach((pane, at) => {
      const place = places[at];
      store.open(pane.id, place?.stack ?? null, place?.view);
    });
    store.activeId.value = "pane-1";
  });
}

/** The stack of an older study that is most like one: of its modality, by the words of its description, then its size. */
export function priorOf(stack: Stack, stacks: readonly Stack[]): Stack | null {
  const words = (text: string): Set<string> => new Set(text.toLowerCase().split(/\W+/).filter(Boolean));
  const own = words(stack.description);
  const likeness = (other: Stack): number => {
    const shared = [...words(other.description)].filter((word) => own.has(word)).length;
    const size = Math.min(other.frames.length, stack.frames.length) / Math.max(other.frames.length, stack.frames.length, 1);
    return (other.modality === stack.modality ? 100 : 0) + (other.kind === stack.kind ? 10 : 0) + shared + size;
  };
  return [...stacks].sort((one, other) => likeness(other) - likeness(one))[0] ?? null;
}

/** Show another study beside the open one. */
export function hangBeside(store: Store, stacks: readonly Stack[]): void {
  const current = store.active.peek().stack.peek();
  const view = store.active.peek().view.peek();
  const ordered = inOrder(stacks);
  const prior = current ? priorOf(current, ordered) : (ordered[0] ?? null);
  batch(() => {
    store.setLayout(1, 2);
    store.open("pane-1", current, view);
    store.open("pane-2", prior);
    store.activeId.value = "pane-1";
  });
}
