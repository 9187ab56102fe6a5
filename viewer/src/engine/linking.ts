// What the other panes do when one is moved: they follow by position in the patient, where they share a space.

import type { Vector } from "../api/types";
import { dot, nearestSlice } from "../state/geometry";
import type { Store } from "../state/store";
import { needsCut } from "./cut";
import type { PaneView } from "./pane";

/** Planes whose normals are within 25 degrees scroll together. */
const PARALLEL = Math.cos((25 * Math.PI) / 180);

/** Let parallel planes follow the plane of a pane that has moved to a point. */
export function follow(store: Store, moved: PaneView, others: readonly PaneView[], point: Vector): void {
  if (!store.linked.peek()) return;
  const normal = moved.normal();
  if (!normal) return;
  for (const other of others) {
    const its = other.normal();
    if (other === moved || !its || !sharesSpace(moved, other) || Math.abs(dot(normal, its)) < PARALLEL) continue;
    showPoint(store, other, point);
  }
}

/** Show the slice of a pane that a point lies in. */
export function showPoint(store: Store, view: PaneView, point: Vector): void {
  const stack = view.pane.stack.peek();
  if (!stack) return;
  if (needsCut(view.pane.view.peek())) {
    store.change(view.pane.id, { point });
    return;
  }
  const nearest = nearestSlice(stack, point);
  // A stack that does not reach so far stays where it is.
  if (nearest && nearest.distance <= Math.max(stack.slice_spacing ?? 5, 1)) store.change(view.pane.id, { frame: nearest.index + 1 });
}

/** Whether points of one pane mean the same place in another. */
export function sharesSpace(one: PaneView, other: PaneView): boolean {
  const [here, there] = [one.pane.stack.peek(), other.pane.stack.peek()];
  if (!here || !there) return false;
  if (here.id === there.id) return true;
  return !!here.frame_of_reference_uid && here.frame_of_reference_uid === there.frame_of_reference_uid;
}

/** A point in the middle of a slice of a stack, for telling others where it is. */
export function pointOfSlice(view: PaneView, slice: number): Vector | null {
  const drawn = view.frame;
  const frame = drawn?.stack.frames[slice];
  if (!frame?.position || !frame.orientation) return null;
  const [a, b, c, d, e, f] = frame.orientation;
  const [rowSpacing, columnSpacing] = drawn?.stack.pixel_spacing ?? [1, 1];
  const right = ((frame.columns - 1) / 2) * columnSpacing;
  const down = ((frame.rows - 1) / 2) * rowSpacing;
  return [
    frame.position[0] + a * right + d * down,
    frame.position[1] + b * right + e * down,
    frame.position[2] + c * right + f * down,
  ];
}
