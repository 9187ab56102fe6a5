// Which image is which: names under which the library knows frames, and back from them to the server's stacks.

import type { Frame, Stack } from "../api/types";

export const SCHEME = "hounsfield";

export interface Named {
  stack: Stack;
  frame: Frame;
  index: number;
}

/** The stacks that the library may ask for. */
export class Frames {
  readonly #stacks = new Map<string, Stack>();

  add(stack: Stack): void {
    this.#stacks.set(stack.id, stack);
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
    const stack = match?.[1] === undefined ? undefined : this.#stacks.get(decodeURIComponent(match[1]));
    const index = Number(match?.[2]);
    const frame = stack?.frames[index];
    return stack && frame ? { stack, frame, index } : null;
  }
}
