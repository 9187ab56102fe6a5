// Which image is which: names under which the library knows frames, and back from them to the server's stacks.

import type { Frame, Stack } from "../api/types";
import type { Values } from "./pixels";

export const SCHEME = "hounsfield";

/** Makes the values of a frame that no server has: a plane cut from a volume. */
export type Make = (index: number) => Promise<Values>;

export interface Named {
  stack: Stack;
  frame: Frame;
  index: number;
  make: Make | null;
}

interface Known {
  stack: Stack;
  make: Make | null;
  names: string[];
  indices: Map<string, number>;
}

/** The stacks that the library may ask for. */
export class Frames {
  readonly #stacks = new Map<string, Known>();
  readonly #owners = new Map<string, string>();

  /** The latest is the last. A stack that has grown keeps the names of the frames that it had. */
  add(stack: Stack, make: Make | null = null): void {
    this.delete(stack.id);
    const names = stack.frames.map(
      (frame, index) => `${SCHEME}:${encodeURIComponent(stack.id)}/${encodeURIComponent(frame.url || String(index))}`,
    );
    this.#stacks.set(stack.id, { stack, make, names, indices: new Map(names.map((name, index) => [name, index])) });
    for (const name of names) this.#owners.set(name, stack.id);
  }

  delete(stackId: string): void {
    for (const name of this.#stacks.get(stackId)?.names ?? []) this.#owners.delete(name);
    this.#stacks.delete(stackId);
  }

  /** Names of the frames of stacks other than those, of the latest stack first. */
  recentNames(except: ReadonlySet<string>): string[] {
    return [...this.#stacks.values()]
      .reverse()
      .filter(({ stack, make }) => !make && !except.has(stack.id))
      .flatMap(({ names }) => names);
  }

  /** Name of a frame, by its place in the stack, from 0. */
  name(stack: Stack, index: number): string {
    return this.#stacks.get(stack.id)?.names[index] ?? "";
  }

  names(stack: Stack): string[] {
    return this.#stacks.get(stack.id)?.names ?? [];
  }

  find(name: string): Named | null {
    const known = this.#stacks.get(this.#owners.get(name) ?? "");
    const index = known?.indices.get(name);
    const frame = index === undefined ? undefined : known?.stack.frames[index];
    return known && frame && index !== undefined ? { stack: known.stack, make: known.make, frame, index } : null;
  }
}
