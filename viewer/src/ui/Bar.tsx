// The bar of tools: each button is a command, with its name and keys in its title.

import type { Command } from "../state/commands";
import { presetsOf } from "../state/window";
import { words } from "../strings/english";
import type { Parts } from "./App";
import { Icon } from "./Icon";

const GROUPS: readonly (readonly string[])[] = [
  ["tool.scroll", "tool.window", "tool.pan", "tool.zoom", "tool.magnify", "tool.window-region"],
  ["tool.length", "tool.angle", "tool.bidirectional", "tool.ellipse", "tool.rectangle", "tool.polygon", "tool.freehand", "tool.probe", "tool.arrow", "tool.text", "tool.cobb"],
  ["view.rotate-right", "view.flip-horizontal", "view.invert", "view.fit", "view.reset"],
  ["plane.three", "tool.crosshairs", "tool.cursor3d", "cine.play", "key.toggle"],
  ["edit.undo", "edit.redo", "keep.measurements"],
];

export function Bar(parts: Parts) {
  const { store, commands } = parts;
  const stack = store.active.value.stack.value;
  const gray = stack?.samples === 1;
  return (
    <div class="bar" role="toolbar" aria-label={words.tools}>
      <strong>{words.product}</strong>
      {GROUPS.map((group) => (
        <>
          {group.map((id) => {
            const command = commands.get(id);
            return command ? <Button key={id} command={command} {...parts} /> : null;
          })}
          <span class="gap" />
        </>
      ))}
      {gray ? (
        <select
          aria-label={words.window}
          value=""
          onChange={(event) => {
            const preset = presetsOf(stack)[Number(event.currentTarget.value)];
            if (preset) store.change(store.activeId.peek(), { window: [preset.center, preset.width] });
            event.currentTarget.value = "";
          }}
        >
          <option value="">{words.window}</option>
          {presetsOf(stack).map((preset, at) => (
            <option key={preset.name} value={at}>
              {preset.name} ({Math.round(preset.center)} / {Math.round(preset.width)})
            </option>
          ))}
        </select>
      ) : null}
      <button class="far" onClick={() => void commands.run("page.palette")}>
        {words.more} <kbd>{commands.shortcut("page.palette")}</kbd>
      </button>
    </div>
  );
}

function Button({ command, commands }: Parts & { command: Command }) {
  const keys = commands.shortcut(command.id);
  const name = `${command.title}${keys ? ` (${keys})` : ""}`;
  return (
    <button
      title={name}
      aria-label={name}
      aria-pressed={command.active ? command.active() : undefined}
      disabled={command.enabled?.() === false}
      onClick={() => void commands.run(command.id)}
    >
      <Icon name={command.id} />
    </button>
  );
}
