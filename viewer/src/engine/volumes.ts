// The slices that planes are cut from: fetched all, held as they are, shared by the panes that cut the same stack.

import { type Types, imageLoader } from "@cornerstonejs/core";
import type { Stack } from "../api/types";
import type { Slices } from "./cut";
import type { Frames } from "./frames";
import type { Values } from "./pixels";
import type { Troubles } from "./troubles";

const AT_ONCE = 6;

export class Volumes {
  readonly #slices = new Map<string, Promise<Slices>>();

  constructor(
    private readonly frames: Frames,
    private readonly troubles: Troubles,
  ) {}

  /** Slices of a stack in its order; null where one cannot be read. */
  slices(stack: Stack): Promise<Slices> {
    let found = this.#slices.get(stack.id);
    if (!found) {
      found = this.#fetch(stack);
      found.catch(() => this.#slices.delete(stack.id));
      this.#slices.set(stack.id, found);
    }
    return found;
  }

  /** Keep only what is still shown. */
  keep(stackIds: ReadonlySet<string>): void {
    for (const id of [...this.#slices.keys()]) if (!stackIds.has(id)) this.#slices.delete(id);
  }

  async #fetch(stack: Stack): Promise<Slices> {
    const names = this.frames.names(stack);
    const slices: (Values | null)[] = names.map(() => null);
    let next = 0;
    const lane = async (): Promise<void> => {
      while (next < names.length) {
        const at = next;
        next += 1;
        const name = names[at] as string;
        const image = (await imageLoader.loadAndCacheImage(name)) as Types.IImage;
        slices[at] = this.troubles.of(name) === undefined ? (image.getPixelData() as Values) : null;
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, lane));
    return slices;
  }
}
