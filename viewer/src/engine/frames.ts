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

/** The stacks that the library may ask for. */
export class Frames {
  readonly #stacks = new Map<string, { stack: Stack; make: Make | null }>();

  /** The latest is the last. */
  add(stack: Stack, make: Make | null = null): void {
    this.#stacks.delete(stack.id);
    this.#stacks.set(stack.id, { stack, make });
  }

  /** Names of the frames of stacks other than those, of the latest stack first. */
  recentNames(except: ReadonlySet<string>): string[] {
    return [...this.#stacks.values()]
      .reverse()
      .filter(({ stack, make }) => !make && !except.has(stack.id))
      .flatMap(({ stack }) => this.names(stack));
  }

  delete(stackId: string): void {
    this.#stacks.delete(stackId);
  }

  /** Name of a frame, by its place in the stack, from 0. */
  name(stack: Stack, index: number): string {
    return `${SCHEME}:${encodeURIComponent(stack.id)}/${index}`;
  }

  names(stack: Stack): string[] {
    return stack.frames.map((_, index) => this.name(stack, index));
  }

  find(name: string): Named | null {
    const match = /^hounsfield:([^/]+)\/(\d+)$/.exec(name);
    const known = match?.[1] === undefined ? undefined : this.#stacks.get(decodeURIComponent(match[1]));
    const index = Number(match?.[2]);
    const frame = known?.stack.frames[index];
    return known && frame ? { ...known, frame, index } : null;
  }
}
