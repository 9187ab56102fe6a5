// Fetches the frames of a stack before they are asked for, nearest first, a few at a time.

import { cache, imageLoader } from "@cornerstonejs/core";

/** A browser has six connections to a server, one of which hears the news. */
const AT_ONCE = 5;
/** Share of the cache that is left free for what is shown. */
const SPARE = 0.1;
/** How often the loaded range is told, so that a fast server does not cause a storm of redraws. */
const TELL_MS = 100;

export class Prefetch {
  readonly #loaded = new Set<number>();
  readonly #pending = new Set<number>();
  #center: number;
  #stopped = false;
  #timer: ReturnType<typeof setTimeout> | null = null;

  constructor(
    private readonly imageIds: readonly string[],
    center: number,
    private readonly tell: (loaded: ReadonlySet<number>) => void,
  ) {
    this.#center = center;
    imageIds.forEach((imageId, index) => {
      if (cache.getImage(imageId)) this.#loaded.add(index);
    });
    this.#announce();
    for (let lane = 0; lane < AT_ONCE; lane += 1) void this.#work();
  }

  around(center: number): void {
    this.#center = center;
  }

  stop(): void {
    this.#stopped = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
  }

  async #work(): Promise<void> {
    for (let index = this.#next(); index >= 0 && !this.#stopped; index = this.#next()) {
      this.#pending.add(index);
      try {
        await imageLoader.loadAndCacheImage(this.imageIds[index] as string);
        this.#loaded.add(index);
        this.#announce();
      } catch {
        // The cache is full, or the frame was given up: it is fetched when it is shown.
      }
    }
  }

  #next(): number {
    // What does not fit is fetched when it is shown, and takes the place of what was seen longest ago.
    if (cache.getBytesAvailable() < cache.getMaxCacheSize() * SPARE) return -1;
    const count = this.imageIds.length;
    for (let distance = 0; distance < count; distance += 1) {
      for (const index of [this.#center + distance, this.#center - distance]) {
        if (index >= 0 && index < count && !this.#loaded.has(index) && !this.#pending.has(index)) return index;
      }
    }
    return -1;
  }

  #announce(): void {
    if (this.#timer !== null || this.#stopped) return;
    this.#timer = setTimeout(() => {
      this.#timer = null;
      this.tell(new Set(this.#loaded));
    }, TELL_MS);
  }
}
