// All keys, and other ones for whoever wants them.

import { useLayoutEffect, useState } from "preact/hooks";
import { type Command, shortcutOf } from "../state/commands";
import { words } from "../strings/words";
import { Dialog } from "./Dialog";
import type { Parts } from "./parts";

export function Help({ commands, room }: Parts) {
  const [waiting, setWaiting] = useState<Command | null>(null);
  // Before the next key, which may come before the next picture.
  useLayoutEffect(() => {
    if (!waiting) return undefined;
    const listen = (event: KeyboardEvent): void => {
      const keys = shortcutOf(event);
      if (!keys) return;
      event.preventDefault();
      event.stopPropagation();
      removeEventListener("keydown", listen, true);
      if (keys !== "Escape") commands.setShortcut(waiting.id, keys === "Backspace" || keys === "Delete" ? "" : keys);
      setWaiting(null);
    };
    addEventListener("keydown", listen, true);
    return () => removeEventListener("keydown", listen, true);
  }, [waiting]);
  const groups = new Map<string, Command[]>();
  for (const command of commands.list()) groups.set(command.group, [...(groups.get(command.group) ?? []), command]);
  return (
    <Dialog
      title={waiting ? `${words.changeKey}: ${waiting.title}` : words.help}
      kind="keys"
      onClose={() => {
        room.dialog.value = "none";
      }}
    >
      <div class="scroll" tabIndex={0}>
        <div class="help">
          {[...groups].map(([group, list]) => (
            <section key={group}>
              <h2>{group}</h2>
              {list.map((command) => (
                <div key={command.id}>
                  <span>{command.title}</span>
                  <button type="button" aria-label={`${words.changeKey} ${command.title}`} onClick={() => setWaiting(command)}>
                    <kbd>{waiting === command ? "..." : commands.shortcut(command.id) || "—"}</kbd>
                  </button>
                </div>
              ))}
            </section>
          ))}
        </div>
        <button type="button" onClick={() => commands.restoreShortcuts()}>
          {words.resetKeys}
        </button>
      </div>
    </Dialog>
  );
}
