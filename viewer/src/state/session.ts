// What is open: the list of studies from the server, the stacks of those that are read, and the address that brings
// them back. How a new study is hung is asked of the hanging protocols.

import { batch, effect, signal } from "@preact/signals";
import { api, connection, patiently, returned } from "../api/client";
import type { KeyImage, Stack, StudyRow } from "../api/types";
import type { Commands } from "./commands";
import { listObjects, loadMeasurements } from "./keeping";
import type { Store } from "./store";
import { type Place, readPlace, writePlace } from "./url";

/** Puts the stacks of a study into panes. */
export type Hang = (store: Store, study: StudyRow, stacks: readonly Stack[]) => void;

/** Everything into one pane: the first volume, else the first stack. */
export const hangSimply: Hang = (store, _study, stacks) => {
  const first = stacks.find((stack) => stack.kind === "volume") ?? stacks[0];
  store.setLayout(1, 1);
  store.open("pane-1", first ?? null);
};

/** The address follows what is shown this much later. */
const WRITE_MS = 300;
const REFRESH_MS = 500;
/** A study that takes longer shows its first series meanwhile. */
const EARLY_MS = 400;

export class Session {
  /** Stacks are being fetched. */
  readonly opening = signal<string | null>(null);
  /** Why the last study could not be opened. */
  readonly failed = signal("");
  readonly #series = new Map<string, Promise<Stack[]>>();
  #timer: ReturnType<typeof setTimeout> | null = null;
  #refreshing: ReturnType<typeof setTimeout> | null = null;
  #restored = false;

  constructor(
    private readonly store: Store,
    private readonly commands: Commands,
    private readonly hang: Hang = hangSimply,
  ) {}

  /** Whether the address says what is shown. */
  get written(): boolean {
    return this.#restored && this.#timer === null;
  }

  /** Fetch the list, restore the address, and follow both from then on. */
  async start(): Promise<void> {
    await this.refresh();
    const place = readPlace(location.hash);
    const [only] = this.store.studies.peek();
    if (place.study) await this.restore(place);
    else if (only) await this.openStudy(only.study_instance_uid);
    this.#restored = true;
    effect(() => this.#write(this.place()));
    this.#listen();
    effect(() => {
      if (connection.value === "here") void this.refresh();
    });
  }

  async refresh(): Promise<void> {
    const studies = await patiently(() => api.studies());
    if (JSON.stringify(studies) === JSON.stringify(this.store.studies.peek())) return;
    this.store.studies.value = studies;
    if (this.#restored) await this.#follow(studies);
  }

  /** A scan has found more: show the first study as soon as there is one, and the slices that an open one has got. */
  async #follow(studies: readonly StudyRow[]): Promise<void> {
    const uid = this.store.study.peek();
    const [first] = studies;
    if (uid === null) {
      if (first && this.opening.peek() === null) await this.openStudy(first.study_instance_uid);
      return;
    }
    const open = studies.filter((each) => [uid, this.store.compare.peek()].includes(each.study_instance_uid));
    const stacks = (await Promise.all(open.map((study) => this.stacksOf(study)))).flat();
    batch(() => {
      for (const pane of this.store.panes.peek()) {
        const shown = pane.stack.peek();
        const grown = stacks.find((each) => each.id === shown?.id);
        if (shown && grown && grown.frames.length !== shown.frames.length) pane.stack.value = grown;
      }
    });
  }

  /** The stacks of a series, asked for once. */
  stacks(series: string): Promise<Stack[]> {
    let found = this.#series.get(series);
    if (!found) {
      found = patiently(() => api.stacks(series));
      found.catch(() => this.#series.delete(series));
      this.#series.set(series, found);
    }
    return found;
  }

  /** All stacks of a study that show something, in the order of its series. A series that fails leaves the others. */
  async stacksOf(study: StudyRow): Promise<Stack[]> {
    const series = study.series.filter((each) => each.images);
    const found = await Promise.allSettled(series.map((each) => this.stacks(each.series_instance_uid)));
    const stacks = found.flatMap((each) => (each.status === "fulfilled" ? each.value : []));
    const [failed] = found.filter((each) => each.status === "rejected");
    if (failed) this.failed.value = String((failed.reason as Error).message);
    batch(() => {
      const known = new Map(this.store.stacks.peek());
      for (const stack of stacks) known.set(stack.id, stack);
      this.store.stacks.value = known;
    });
    return stacks;
  }

  /** Open a study in place of the one that is open. */
  async openStudy(uid: string): Promise<void> {
    const study = this.store.studies.peek().find((each) => each.study_instance_uid === uid);
    if (!study) return;
    this.opening.value = uid;
    this.failed.value = "";
    const all = this.stacksOf(study);
    // The first picture does not wait for the other series.
    const early = setTimeout(() => void this.#showFirst(study, uid), EARLY_MS);
    const stacks = await all;
    clearTimeout(early);
    if (this.opening.peek() !== uid) return;
    batch(() => {
      this.opening.value = null;
      this.commands.forget();
      this.store.study.value = uid;
      this.store.objects.value = [];
      this.store.keyImages.value = [];
      this.store.compare.value = null;
      this.hang(this.store, study, stacks);
    });
    await this.#bringBack(uid);
  }

  /** Show another study beside the open one; how is asked of `beside`. */
  async compareWith(uid: string, beside: (store: Store, stacks: readonly Stack[]) => void): Promise<void> {
    const study = this.store.studies.peek().find((each) => each.study_instance_uid === uid);
    if (!study) return;
    const stacks = await this.stacksOf(study);
    batch(() => {
      this.store.compare.value = uid;
      beside(this.store, stacks);
    });
  }

  async #showFirst(study: StudyRow, uid: string): Promise<void> {
    const first = study.series.find((each) => each.images);
    if (!first) return;
    const [stack] = await this.stacks(first.series_instance_uid);
    if (stack && this.opening.peek() === uid) hangSimply(this.store, study, [stack]);
  }

  /** Show what an address says; what is no longer there stays empty. */
  async restore(place: Place): Promise<void> {
    const rows = this.store.studies.peek();
    const wanted = [place.study, place.compare].flatMap((uid) => rows.find((each) => each.study_instance_uid === uid) ?? []);
    const stacks = (await Promise.all(wanted.map((study) => this.stacksOf(study)))).flat();
    const [study] = wanted;
    if (study && !place.panes.some((pane) => stacks.some((stack) => stack.id === pane.stack))) {
      await this.openStudy(study.study_instance_uid);
      return;
    }
    batch(() => {
      this.store.study.value = study?.study_instance_uid ?? null;
      this.store.compare.value = wanted[1]?.study_instance_uid ?? null;
      this.store.setLayout(place.rows, place.columns);
      place.panes.forEach((pane, at) => {
        const stack = stacks.find((each) => each.id === pane.stack) ?? null;
        this.store.open(`pane-${at + 1}`, stack, pane.view);
      });
    });
    if (study) await this.#bringBack(study.study_instance_uid);
  }

  /** What was measured before: the newest report and key images of a study, which hold all that were saved then. */
  async #bringBack(study: string): Promise<void> {
    try {
      const objects = await listObjects(this.store, study);
      const newest = objects.find((each) => each.kind === "measurements");
      const keys = objects.find((each) => each.kind === "key-images");
      if (newest && !this.store.measurements.peek().some((each) => each.study_instance_uid === study)) {
        await loadMeasurements(this.store, study, newest.sop_instance_uid);
      }
      if (keys) {
        const { images } = await api.object<{ images: KeyImage[] }>(keys.sop_instance_uid);
        if (this.store.study.peek() === study) this.store.keyImages.value = images;
      }
    } catch (error) {
      this.failed.value = error instanceof Error ? error.message : String(error);
    }
  }

  place(): Place {
    const { store } = this;
    const { rows, columns } = store.layout.value;
    return {
      study: store.study.value,
      compare: store.compare.value,
      rows,
      columns,
      panes: store.panes.value.map((pane) => ({
        stack: pane.stack.value?.id ?? null,
        series: pane.stack.value?.series_instance_uid ?? null,
        view: pane.view.value,
      })),
    };
  }

  #write(place: Place): void {
    if (!this.#restored || !place.study) return;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#timer = null;
      history.replaceState(null, "", `${location.pathname}#${writePlace(place)}`);
    }, WRITE_MS);
  }

  /** New files, and a scan that goes on. */
  #listen(): void {
    const events = new EventSource("/api/events");
    const soon = (): void => {
      this.#refreshing ??= setTimeout(() => {
        this.#refreshing = null;
        this.#series.clear();
        void this.refresh();
      }, REFRESH_MS);
    };
    events.addEventListener("scan", (event) => {
      this.#progress((event as MessageEvent<string>).data);
      soon();
    });
    events.addEventListener("objects", () => {
      const study = this.store.study.peek();
      if (study) void listObjects(this.store, study);
    });
    events.addEventListener("end", () => void returned());
    // The browser connects again by itself.
    events.addEventListener("error", () => void returned());
  }

  #progress(data: string): void {
    const news = JSON.parse(data) as { state: string; done?: number; total?: number | null; message?: string };
    const { state, done, total, message } = news;
    this.store.scan.value = { done: done ?? 0, total: total ?? null, finished: state === "done", message: message ?? "" };
  }
}
