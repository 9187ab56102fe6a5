// Keys to commands.

import { type Commands, shortcutOf } from "./commands";

/** Whether a key belongs to what is focused, and not to the commands. */
function typing(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName));
}

/** Buttons and links are pressed with these. */
const PRESSING: readonly string[] = ["Enter", "Space"];

export function listenToKeys(commands: Commands, target: EventTarget = window): () => void {
  const listen = (event: Event): void => {
    if (!(event instanceof KeyboardEvent) || event.defaultPrevented || typing(event.target)) return;
    // A dialog has keys of its own, and closes with Escape.
    if (event.target instanceof HTMLElement && event.target.closest("dialog")) return;
    const keys = shortcutOf(event);
    if (PRESSING.includes(keys) && event.target instanceof HTMLElement && event.target.closest("button, a, [role=button]")) {
      return;
    }
    const command = commands.byShortcut(keys);
    if (!command || command.enabled?.() === false) return;
    event.preventDefault();
    void commands.run(command.id);
  };
  target.addEventListener("keydown", listen);
  return () => target.removeEventListener("keydown", listen);
}
