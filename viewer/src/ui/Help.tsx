// All keys; a click on one and new keys change it.

import { useState } from "preact/hooks";
import { type Commands, shortcutOf } from "../state/commands";
import { words } from "../strings/english";
import { Dialog } from "./Dialog";

export function Help({ commands }: { commands: Commands }) {
  const [changing, setChanging] = useState("");
  const groups = [...new Set(commands.list().map((command) => command.group))];
  return (
    <Dialog label={words.help}>
      {groups.map((group) => (
        <section key={group}>
          <h2>{group}</h2>
          <ul>
            {commands
              .list()
              .filter((command) => command.group === group)
              .map((command) => (
                <li key={command.id}>
                  <button
                    onClick={() => setChanging(command.id)}
                    onBlur={() => setChanging("")}
                    onKeyDown={(event) => {
                      if (changing !== command.id) return;
                      event.preventDefault();
                      event.stopPropagation();
                      const keys = shortcutOf(event);
                      if (!keys) return;
                      if (keys !== "Escape") commands.setShortcut(command.id, keys);
                      setChanging("");
                    }}
                  >
                    <span>{command.title}</span>
                    <kbd>{changing === command.id ? words.changeKey : commands.shortcut(command.id)}</kbd>
                  </button>
                </li>
              ))}
          </ul>
        </section>
      ))}
    </Dialog>
  );
}
