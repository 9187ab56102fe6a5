// Every command by its name: type a few letters, and press Enter.

import { useState } from "preact/hooks";
import type { Command, Commands } from "../state/commands";
import { words } from "../strings/english";
import { Dialog } from "./Dialog";
import { page } from "./page";

function matches(command: Command, search: string): boolean {
  const text = `${command.title} ${command.group} ${command.words ?? ""}`.toLowerCase();
  return search.toLowerCase().split(/\s+/).every((word) => text.includes(word));
}

export function Palette({ commands }: { commands: Commands }) {
  const [search, setSearch] = useState("");
  const [chosen, setChosen] = useState(0);
  const found = commands
    .list()
    .filter((command) => command.enabled?.() !== false && command.id !== "page.palette" && matches(command, search))
    .slice(0, 60);
  const run = (command: Command | undefined): void => {
    page.value = "";
    if (command) void commands.run(command.id);
  };
  const press = (event: KeyboardEvent): void => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) {
      event.preventDefault();
      setChosen((chosen + step + found.length) % Math.max(found.length, 1));
    } else if (event.key === "Enter") {
      event.preventDefault();
      run(found[chosen]);
    }
  };
  return (
    <Dialog label={words.palette}>
      <input
        ref={(input) => input?.focus()}
        placeholder={words.palette}
        aria-label={words.palette}
        onInput={(event) => {
          setSearch(event.currentTarget.value);
          setChosen(0);
        }}
        onKeyDown={press}
      />
      <ul>
        {found.map((command, at) => (
          <li key={command.id}>
            <button class={at === chosen ? "chosen" : ""} onClick={() => run(command)}>
              <span>
                {command.title} <span class="quiet">{command.group}</span>
              </span>
              <kbd>{commands.shortcut(command.id)}</kbd>
            </button>
          </li>
        ))}
      </ul>
    </Dialog>
  );
}
