// The slices that planes are cut from: fetched all, held as they are, shared by the panes that cut the same stack.

import { type Types, imageLoader } from "@cornerstonejs/core";
import { api, patiently } from "../api/client";
import type { Stack } from "../api/types";
import { isEven, latticeOf, lengthsOf } from "../state/geometry";
import type { Slices } from "./cut";
import type { Frames } from "./frames";
import type { Values } from "./pixels";
import type { Troubles } from "./troubles";

const AT_ONCE = 6;

export class Volumes {
  readonly #slices = new Map<string, Promise<Slices>>();
  readonly #owners = new Map<string, string>();
  readonly #straight = new Map<string, Promise<Stack>>();
  /** Straight stacks by the stacks that they stand for. */
  readonly #made = new Map<string, string>();

  constructor(
    private readonly frames: Frames,
    private readonly troubles: Troubles,
  ) {}

  /** Slices of a stack at a time, in its order; null where one cannot be read. */
  slices(stack: Stack, time: number): Promise<Slices> {
    const key = `${stack.id} ${stack.frames.length} ${time}`;
    let found = this.#slices.get(key);
    if (!found) {
      found = this.#fetch(stack, time);
      found.catch(() => this.#slices.delete(key));
      this.#slices.set(key, found);
      this.#owners.set(key, stack.id);
    }
    return found;
  }

  /** The stack that planes are cut from: one whose slices are not evenly spaced has another that is straight. */
  async straight(stack: Stack): Promise<Stack> {
    const lattice = latticeOf(stack);
    if (!lattice || !stack.straight || isEven(stack, lattice)) return stack;
    let found = this.#straight.get(stack.id);
    if (!found) {
      found = patiently(() => api.volume(stack.straight as string));
      found.catch(() => this.#straight.delete(stack.id));
      this.#straight.set(stack.id, found);
    }
    const straight = await found;
    this.#made.set(stack.id, straight.id);
    if (this.frames.names(straight).length === 0) this.frames.add(straight);
    return straight;
  }

  /** Keep only what is still shown. */
  keep(stackIds: ReadonlySet<string>): void {
    for (const [key, owner] of [...this.#owners]) {
      if (stackIds.has(owner) || [...stackIds].some((id) => this.#made.get(id) === owner)) continue;
      this.#slices.delete(key);
      this.#owners.delete(key);
    }
  }

  async #fetch(stack: Stack, time: number): Promise<Slices> {
    const { slices: count } = lengthsOf(stack);
    const names = this.frames.names(stack).slice(time * count, (time + 1) * count);
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
