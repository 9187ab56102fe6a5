// A button that is a command: its title, keys and state come from the registry, so that none is dead.

import type { Commands } from "../state/commands";
import { Icon } from "./icons";

export function CommandButton({ commands, id, icon }: { commands: Commands; id: string; icon: string }) {
  const command = commands.get(id);
  if (!command) return null;
  const keys = commands.shortcut(id);
  const title = keys ? `${command.title} (${keys})` : command.title;
  return (
    <button
      type="button"
      class="tool"
      title={title}
      aria-label={command.title}
      aria-pressed={command.active ? command.active() : undefined}
      disabled={command.enabled ? !command.enabled() : false}
      onClick={() => void commands.run(id)}
    >
      <Icon name={icon} />
    </button>
  );
}

export function CommandItem({ commands, id, done }: { commands: Commands; id: string; done: () => void }) {
  const command = commands.get(id);
  if (!command) return null;
  return (
    <li role="none">
      <button
        type="button"
        role="menuitem"
        disabled={command.enabled ? !command.enabled() : false}
        aria-pressed={command.active?.()}
        onClick={() => {
          done();
          void commands.run(id);
        }}
      >
        <span>{command.title}</span>
        {commands.shortcut(id) && <kbd>{commands.shortcut(id)}</kbd>}
      </button>
    </li>
  );
}
