// Everything that can be done, found by typing.

import { useMemo, useState } from "preact/hooks";
import type { Command } from "../state/commands";
import { words } from "../strings/words";
import { Dialog } from "./Dialog";
import type { Parts } from "./parts";

const MOST = 60;

/** Commands that have every word, those whose title begins with it first. */
export function matching(commands: readonly Command[], search: string): Command[] {
  const parts = search.toLowerCase().split(/\s+/).filter(Boolean);
  const score = (command: Command): number => {
    const title = command.title.toLowerCase();
    const all = `${title} ${command.group} ${command.words ?? ""}`.toLowerCase();
    if (!parts.every((part) => all.includes(part))) return -1;
    return (title.startsWith(parts[0] ?? "") ? 4 : 0) + parts.filter((part) => title.includes(part)).length;
  };
  return commands
    .map((command) => ({ command, score: score(command) }))
    .filter((each) => each.score >= 0)
    .sort((one, other) => other.score - one.score)
    .slice(0, MOST)
    .map((each) => each.command);
}

export function Palette({ commands, room }: Parts) {
  const [search, setSearch] = useState("");
  const [at, setAt] = useState(0);
  const all = commands.list().filter((command) => command.enabled?.() !== false && command.id !== "open.palette");
  const found = useMemo(() => matching(all, search), [search, all.length]);
  const chosen = Math.min(at, Math.max(found.length - 1, 0));
  const close = (): void => {
    room.dialog.value = "none";
  };
  const run = (command: Command | undefined): void => {
    if (!command) return;
    close();
    void commands.run(command.id);
  };
  const move = (to: number): void => {
    const next = Math.min(Math.max(to, 0), found.length - 1);
    setAt(next);
    document.getElementById(`choice-${next}`)?.scrollIntoView({ block: "nearest" });
  };
  return (
    <Dialog title={words.palette} kind="palette" onClose={close} bare>
      <input
        type="text"
        role="combobox"
        aria-expanded="true"
        aria-controls="choices"
        aria-activedescendant={`choice-${chosen}`}
        aria-label={words.palette}
        placeholder={words.palette}
        autoFocus
        value={search}
        onInput={(event) => {
          setSearch(event.currentTarget.value);
          setAt(0);
        }}
        onKeyDown={(event) => {
          if (event.key === "ArrowDown") move(chosen + 1);
          else if (event.key === "ArrowUp") move(chosen - 1);
          else if (event.key === "Enter") run(found[chosen]);
          else return;
          event.preventDefault();
        }}
      />
      <ul id="choices" role="listbox" aria-label={words.palette}>
        {found.map((command, number) => (
          <li key={command.id} id={`choice-${number}`} role="option" aria-selected={number === chosen} onClick={() => run(command)} onPointerMove={() => setAt(number)}>
            <span>{command.title}</span>
            <span class="quiet">{command.group}</span>
            <span class="gap" />
            {commands.shortcut(command.id) && <kbd>{commands.shortcut(command.id)}</kbd>}
          </li>
        ))}
      </ul>
    </Dialog>
  );
}
