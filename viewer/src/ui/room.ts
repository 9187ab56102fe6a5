// What is open of the user interface itself, kept over a reload.

import { effect, signal } from "@preact/signals";
import type { Commands } from "../state/commands";

export type Theme = "dark" | "light";
export type Side = "none" | "findings" | "tags";
export type Dialog = "none" | "studies" | "palette" | "help" | "problems" | "about";

const KEY = "hounsfield";

interface Kept {
  theme?: Theme;
  side?: Side;
  rail?: boolean;
  shortcuts?: Record<string, string>;
}

export class Room {
  readonly theme = signal<Theme>("dark");
  readonly side = signal<Side>("none");
  readonly rail = signal(true);
  readonly dialog = signal<Dialog>("none");
  /** How many files cannot be used. */
  readonly unusable = signal(0);
  /** The first of them, and why. */
  readonly reasons = signal<readonly { name: string; reason: string }[]>([]);
  /** What was said last: of a file that was written, or of why something failed. */
  readonly said = signal("");

  /** Take up what was kept, and keep what changes from then on. */
  follow(commands: Commands): void {
    const kept = read();
    if (kept.theme === "dark" || kept.theme === "light") this.theme.value = kept.theme;
    if (kept.side === "findings" || kept.side === "tags") this.side.value = kept.side;
    if (kept.rail === false) this.rail.value = false;
    if (kept.shortcuts) commands.restoreShortcuts(kept.shortcuts);
    effect(() => {
      document.documentElement.dataset["theme"] = this.theme.value;
      const now: Kept = {
        theme: this.theme.value,
        side: this.side.value,
        rail: this.rail.value,
        shortcuts: { ...commands.custom.value },
      };
      try {
        localStorage.setItem(KEY, JSON.stringify(now));
      } catch {
        // A browser that keeps nothing forgets it, that is all.
      }
    });
    effect(() => {
      if (commands.failed.value) this.said.value = commands.failed.value;
    });
  }
}

function read(): Kept {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(KEY) ?? "{}");
    return typeof kept === "object" && kept !== null ? (kept as Kept) : {};
  } catch {
    return {};
  }
}
