// Measurements in the store: each change can be taken back.

import type { Change } from "./commands";
import type { Measurement } from "./measurements";
import type { Store } from "./store";

/** Replace the list, and give what takes that back. */
export function putMeasurements(store: Store, next: readonly Measurement[]): Change {
  const before = store.measurements.peek();
  const put = (list: readonly Measurement[]) => (): void => {
    store.measurements.value = list;
    if (!list.some((each) => each.id === store.selected.peek())) store.selected.value = null;
  };
  put(next)();
  return { undo: put(before), redo: put(next) };
}

export function addMeasurement(store: Store, measurement: Measurement): Change {
  return putMeasurements(store, [...store.measurements.peek(), measurement]);
}

export function replaceMeasurement(store: Store, id: string, part: Partial<Measurement>): Change {
  return putMeasurements(
    store,
    store.measurements.peek().map((each) => (each.id === id ? { ...each, ...part } : each)),
  );
}

export function removeMeasurement(store: Store, id: string): Change {
  return putMeasurements(
    store,
    store.measurements.peek().filter((each) => each.id !== id),
  );
}
