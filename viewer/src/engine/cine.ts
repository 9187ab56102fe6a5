// Playing a stack at a rate, by the clock: where drawing is slow, frames are left out rather than the movie slowed.

import type { Pane } from "../state/store";

export class Cine {
  readonly #players = new Map<string, () => void>();

  play(pane: Pane, goTo: (slice: number) => void): void {
    this.stop(pane);
    if (pane.slices.peek() < 2) return;
    pane.playing.value = true;
    let started = performance.now();
    let from = pane.slice.peek();
    let rate = pane.rate.peek();
    let shown = 0;
    let request = 0;
    const tick = (now: number): void => {
      request = requestAnimationFrame(tick);
      if (rate !== pane.rate.peek()) {
        [started, from, rate, shown] = [now, pane.slice.peek(), pane.rate.peek(), 0];
      }
      const passed = Math.floor(((now - started) / 1000) * rate);
      if (passed === shown) return;
      shown = passed;
      goTo((from + passed) % Math.max(pane.slices.peek(), 1));
    };
    request = requestAnimationFrame(tick);
    this.#players.set(pane.id, () => cancelAnimationFrame(request));
  }

  stop(pane: Pane): void {
    this.#players.get(pane.id)?.();
    this.#players.delete(pane.id);
    if (pane.playing.peek()) pane.playing.value = false;
  }
}
