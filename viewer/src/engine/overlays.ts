// Overlays (60xx) and shutters of frames, or what presentation states draw, as the server draws them: fetched when they
// are asked for, the last ones kept.

import { api } from "../api/client";

const KEPT = 64;

export class Overlays {
  readonly #found = new Map<string, ImageBitmap | null>();
  readonly #coming = new Set<string>();

  /** The picture that lies over a frame, or null; `then` is called when it has come. */
  of(file: number, frame: number, presentation: string | undefined, then: () => void): ImageBitmap | null {
    const key = `${file}/${frame}/${presentation ?? ""}`;
    const found = this.#found.get(key);
    if (found === undefined && !this.#coming.has(key)) void this.#fetch(key, then, file, frame, presentation);
    return found ?? null;
  }

  async #fetch(key: string, then: () => void, ...what: Parameters<typeof api.overlay>): Promise<void> {
    this.#coming.add(key);
    try {
      const picture = await api.overlay(...what);
      this.#found.set(key, picture ? await createImageBitmap(picture) : null);
      const [oldest] = this.#found.keys();
      if (this.#found.size > KEPT && oldest !== undefined) {
        this.#found.get(oldest)?.close();
        this.#found.delete(oldest);
      }
      if (picture) then();
    } catch {
      // Without its overlay, the image is still to be seen.
    } finally {
      this.#coming.delete(key);
    }
  }
}
