// The bar at the top: what is open, and the tools that are used most.

import type { Tool } from "../state/store";
import { presetsOf } from "../state/window";
import { day, personName, short, shown, words } from "../strings/words";
import { CommandButton, CommandItem } from "./Button";
import { GRIDS } from "./commands";
import { Icon } from "./icons";
import { Menu } from "./Menu";
import type { Parts } from "./parts";

const NAVIGATE: readonly Tool[] = ["window", "scroll", "pan", "zoom", "magnify", "crosshairs", "cursor3d"];
const MEASURE: readonly Tool[] = [
  "length",
  "angle",
  "cobb",
  "bidirectional",
  "ellipse",
  "rectangle",
  "freehand",
  "polygon",
  "probe",
  "arrow",
  "text",
  "eraser",
];

export function TopBar(parts: Parts) {
  const { store, commands, room } = parts;
  const measuring = MEASURE.includes(store.tool.value);
  return (
    <header class="topbar">
      <CommandButton commands={commands} id="panel.rail" icon="rail" />
      <StudyButton {...parts} />
      <span class="bar" />
      <div role="toolbar" aria-label="Tools" style={{ display: "flex", gap: "2px" }}>
        {NAVIGATE.map((tool) => (
          <CommandButton key={tool} commands={commands} id={`tool.${tool}`} icon={tool} />
        ))}
        <Menu icon={measuring ? store.tool.value : "length"} title={words.measure} left lit={measuring}>
          {(done) => MEASURE.map((tool) => <CommandItem key={tool} commands={commands} id={`tool.${tool}`} done={done} />)}
        </Menu>
      </div>
      <span class="bar" />
      <Windows {...parts} />
      <CommandButton commands={commands} id="view.invert" icon="invert" />
      <CommandButton commands={commands} id="view.rotate-right" icon="rotate" />
      <CommandButton commands={commands} id="view.fit" icon="fit" />
      <CommandButton commands={commands} id="plane.three" icon="planes" />
      <CommandButton commands={commands} id="show.linked" icon="link" />
      <Menu icon="layout" title={words.layout} left>
        {(done) => [
          ...GRIDS.map(([rows, columns]) => <CommandItem key={`${rows}x${columns}`} commands={commands} id={`layout.${rows}x${columns}`} done={done} />),
          <CommandItem key="max" commands={commands} id="layout.maximize" done={done} />,
        ]}
      </Menu>
      <span class="bar" />
      <CommandButton commands={commands} id="key.toggle" icon="star" />
      <CommandButton commands={commands} id="edit.undo" icon="undo" />
      <span class="gap" />
      <CommandButton commands={commands} id="panel.findings" icon="findings" />
      <CommandButton commands={commands} id="panel.tags" icon="tags" />
      <Menu icon="export" title={words.export}>
        {(done) =>
          commands
            .list()
            .filter((command) => command.group === "Take with you" || command.group === "Keep")
            .map((command) => <CommandItem key={command.id} commands={commands} id={command.id} done={done} />)
        }
      </Menu>
      <CommandButton commands={commands} id="open.palette" icon="palette" />
      <CommandButton commands={commands} id="open.help" icon="help" />
      <button type="button" class="tool" title={commands.get("panel.theme")?.title} aria-label={room.theme.value === "dark" ? words.light : words.dark} onClick={() => void commands.run("panel.theme")}>
        <Icon name="theme" />
      </button>
    </header>
  );
}

function StudyButton({ store, commands }: Parts) {
  const study = store.studies.value.find((each) => each.study_instance_uid === store.study.value);
  const who = store.showIdentity.value ? personName(study?.patient_name ?? null) : words.identityHidden;
  const what = study ? [day(study.date), shown(study.description)].filter(Boolean).join(" · ") : "";
  return (
    <button type="button" class="study" title={`${words.studies} (${commands.shortcut("open.studies")})`} onClick={() => void commands.run("open.studies")}>
      <span>{study ? who : words.studies}</span>
      <span class="quiet">{what || words.files(store.studies.value.reduce((sum, each) => sum + each.instances, 0))}</span>
    </button>
  );
}

function Windows({ store }: Parts) {
  const pane = store.active.value;
  const stack = pane.stack.value;
  const view = pane.view.value;
  const presets = stack && stack.samples === 1 ? presetsOf(stack) : [];
  if (!stack || presets.length === 0) return null;
  const drawn = pane.drawn.value?.window;
  const now = view.window === undefined ? "file" : String(presets.findIndex((each) => drawn && each.center === drawn.center && each.width === drawn.width));
  return (
    <select
      aria-label={words.window}
      title={words.window}
      value={now}
      onChange={(event) => {
        const chosen = event.currentTarget.value;
        const preset = presets[Number(chosen)];
        if (chosen === "file") store.change(pane.id, { window: undefined });
        else if (preset) store.change(pane.id, { window: [preset.center, preset.width] });
        event.currentTarget.blur();
      }}
    >
      <option value="file">{words.ofFile}</option>
      {now === "-1" && <option value="-1">{drawn ? words.windowIs(drawn.center, drawn.width) : words.window}</option>}
      {presets.map((preset, at) => (
        <option key={at} value={at}>{`${shown(preset.name)}  ${short(preset.center)} / ${short(preset.width)}`}</option>
      ))}
    </select>
  );
}
