// Everything that a person can do, in one registry: menus, toolbar, palette, shortcuts and help are made of it.
// A command that changes something returns how to take it back.

import { signal, type ReadonlySignal } from "@preact/signals";

/** Takes back what a command did, and can do it again. */
export interface Change {
  undo(): void;
  redo(): void;
}

export interface Command {
  /** Never changes, since people's shortcuts are stored under it: "view.invert". */
  id: string;
  title: string;
  /** Of the palette and the help: "View", "Window", "Measure" ... */
  group: string;
  /** As `shortcutOf` writes it: "Shift+R", "Ctrl+Z", "ArrowDown", "1". */
  shortcut?: string;
  /** Keys that do the same and are not shown first. */
  also?: readonly string[];
  /** Other words that people look for. */
  words?: string;
  enabled?(): boolean;
  /** For commands that are on or off. */
  active?(): boolean;
  run(): Change | void | Promise<Change | void>;
}

const MODIFIERS: readonly string[] = ["Control", "Shift", "Alt", "Meta"];
const DEEPEST = 200;

/** The name of the keys that are down: modifiers in one order, letters in upper case. Empty for a modifier alone. */
export function shortcutOf(event: {
  key: string;
  ctrlKey: boolean;
  metaKey: boolean;
  altKey: boolean;
  shiftKey: boolean;
}): string {
  if (MODIFIERS.includes(event.key)) return "";
  const letter = event.key.length === 1 ? event.key.toUpperCase() : event.key;
  const name = letter === " " ? "Space" : letter;
  const control = event.ctrlKey || event.metaKey ? "Ctrl+" : "";
  const alternate = event.altKey ? "Alt+" : "";
  // "?" is typed with Shift on some keyboards and without on others: only letters and named keys keep it.
  const shift = event.shiftKey && (name.length > 1 || /[A-Z]/.test(name)) ? "Shift+" : "";
  return `${control}${alternate}${shift}${name}`;
}

export class Commands {
  /** Why the last command that failed did so. */
  readonly failed = signal("");
  readonly #commands = new Map<string, Command>();
  readonly #custom = signal<Readonly<Record<string, string>>>({});
  readonly #version = signal(0);
  readonly #undo = signal<readonly Change[]>([]);
  readonly #redo = signal<readonly Change[]>([]);

  add(...commands: Command[]): void {
    for (const command of commands) {
      if (this.#commands.has(command.id)) throw new Error(`There are two commands ${command.id}`);
      this.#commands.set(command.id, command);
    }
    this.#version.value += 1;
  }

  get(id: string): Command | undefined {
    return this.#commands.get(id);
  }

  list(): readonly Command[] {
    void this.#version.value;
    return [...this.#commands.values()];
  }

  /** Of the person, where there is one, else the default; empty where the person took it away. */
  shortcut(id: string): string {
    return this.#custom.value[id] ?? this.#commands.get(id)?.shortcut ?? "";
  }

  /** What the person changed: goes into the settings. */
  get custom(): ReadonlySignal<Readonly<Record<string, string>>> {
    return this.#custom;
  }

  /** Give a command other keys, and take them from whichever command had them. */
  setShortcut(id: string, keys: string): void {
    const next: Record<string, string> = { ...this.#custom.value };
    if (keys) {
      const other = this.byShortcut(keys);
      if (other && other.id !== id) next[other.id] = "";
    }
    next[id] = keys;
    this.#custom.value = next;
  }

  restoreShortcuts(custom: Readonly<Record<string, string>> = {}): void {
    this.#custom.value = { ...custom };
  }

  byShortcut(keys: string): Command | undefined {
    if (!keys) return undefined;
    for (const command of this.#commands.values()) if (this.shortcut(command.id) === keys) return command;
    for (const command of this.#commands.values()) if (command.also?.includes(keys)) return command;
    return undefined;
  }

  async run(id: string): Promise<boolean> {
    const command = this.#commands.get(id);
    if (!command || command.enabled?.() === false) return false;
    this.failed.value = "";
    try {
      const change = await command.run();
      if (change) this.did(change);
      return true;
    } catch (error) {
      this.failed.value = error instanceof Error ? error.message : String(error);
      return false;
    }
  }

  /** Note a change that came about otherwise, as by dragging. */
  did(change: Change): void {
    this.#undo.value = [...this.#undo.value, change].slice(-DEEPEST);
    this.#redo.value = [];
  }

  get canUndo(): boolean {
    return this.#undo.value.length > 0;
  }

  get canRedo(): boolean {
    return this.#redo.value.length > 0;
  }

  undo(): void {
    const change = this.#undo.value.at(-1);
    if (!change) return;
    this.#undo.value = this.#undo.value.slice(0, -1);
    this.#redo.value = [...this.#redo.value, change];
    change.undo();
  }

  redo(): void {
    const change = this.#redo.value.at(-1);
    if (!change) return;
    this.#redo.value = this.#redo.value.slice(0, -1);
    this.#undo.value = [...this.#undo.value, change];
    change.redo();
  }

  /** Forget what could be undone: another study is open. */
  forget(): void {
    this.#undo.value = [];
    this.#redo.value = [];
  }
}
