// The commands of the user interface: layouts, panels, dialogs, what one takes with one.

import { api } from "../api/client";
import type { Command } from "../state/commands";
import { compactView } from "../state/view";
import { words } from "../strings/words";
import type { Parts } from "./parts";
import type { Dialog, Side } from "./room";

export const GRIDS: readonly [number, number][] = [
  [1, 1],
  [1, 2],
  [2, 1],
  [2, 2],
  [1, 3],
  [2, 3],
  [3, 3],
  [1, 4],
];

const GRID_KEYS: Readonly<Record<string, string>> = { "1x1": "Alt+Q", "1x2": "Alt+W", "2x2": "Alt+E", "2x3": "Alt+R" };

export function addRoomCommands(parts: Parts): void {
  const { commands } = parts;
  commands.add(...layoutCommands(parts), ...panelCommands(parts), ...exportCommands(parts));
}

function layoutCommands({ store }: Parts): Command[] {
  const group = "Layout";
  const next = (by: number) => (): void => {
    const panes = store.panes.peek();
    const at = panes.findIndex((pane) => pane.id === store.activeId.peek());
    const found = panes[(at + by + panes.length) % panes.length];
    if (!found) return;
    store.activeId.value = found.id;
    if (store.layout.peek().maximized) store.maximize(found.id);
  };
  const several = (): boolean => store.panes.value.length > 1;
  return [
    ...GRIDS.map(
      ([rows, columns]): Command => ({
        id: `layout.${rows}x${columns}`,
        title: `${rows} × ${columns} panes`,
        group,
        shortcut: GRID_KEYS[`${rows}x${columns}`],
        words: "grid hang",
        active: () => store.layout.value.rows === rows && store.layout.value.columns === columns,
        run: () => store.setLayout(rows, columns),
      }),
    ),
    {
      id: "layout.maximize",
      title: "One pane alone, and back",
      group,
      shortcut: "Q",
      words: "maximise full",
      enabled: several,
      active: () => store.layout.value.maximized !== null,
      run: () => store.maximize(store.layout.peek().maximized ? null : store.activeId.peek()),
    },
    { id: "pane.next", title: "Next pane", group, shortcut: "ArrowRight", enabled: several, run: next(1) },
    { id: "pane.previous", title: "Previous pane", group, shortcut: "ArrowLeft", enabled: several, run: next(-1) },
  ];
}

function panelCommands({ store, room, session }: Parts): Command[] {
  const group = "Panels";
  const dialog = (id: Exclude<Dialog, "none">, title: string, shortcut: string, also?: string[]): Command => ({
    id: `open.${id}`,
    title,
    group,
    shortcut,
    also,
    run: () => {
      room.dialog.value = room.dialog.peek() === id ? "none" : id;
    },
  });
  const side = (id: Exclude<Side, "none">, title: string, shortcut: string): Command => ({
    id: `panel.${id}`,
    title,
    group,
    shortcut,
    active: () => room.side.value === id,
    run: () => {
      room.side.value = room.side.peek() === id ? "none" : id;
    },
  });
  const series = (by: number) => (): void => {
    const stacks = [...store.stacks.peek().values()].filter((stack) => stack.study_instance_uid === store.study.peek());
    const at = stacks.findIndex((stack) => stack.id === store.active.peek().stack.peek()?.id);
    const found = stacks[(at + by + stacks.length) % stacks.length];
    if (found) store.open(store.activeId.peek(), found);
  };
  return [
    dialog("studies", "List of studies", "Ctrl+O"),
    dialog("palette", "Everything that can be done", "Ctrl+K", ["Ctrl+P"]),
    dialog("help", "Keys", "?", ["F1"]),
    dialog("problems", "What is wrong", "Shift+N"),
    { ...dialog("about", "About this series, and whether planes can be cut", "Shift+O"), enabled: () => store.active.value.stack.value !== null },
    side("findings", "Findings", "Shift+G"),
    side("tags", "Elements of the image", "Shift+H"),
    {
      id: "panel.rail",
      title: "Series at the left",
      group,
      shortcut: "Shift+B",
      active: () => room.rail.value,
      run: () => {
        room.rail.value = !room.rail.peek();
      },
    },
    {
      id: "panel.theme",
      title: "Light or dark",
      group,
      shortcut: "Alt+T",
      words: "theme colors",
      run: () => {
        room.theme.value = room.theme.peek() === "dark" ? "light" : "dark";
      },
    },
    { id: "series.next", title: "Next series", group: "Scroll", shortcut: "Shift+ArrowDown", enabled: () => store.stacks.value.size > 1, run: series(1) },
    { id: "series.previous", title: "Previous series", group: "Scroll", shortcut: "Shift+ArrowUp", enabled: () => store.stacks.value.size > 1, run: series(-1) },
    {
      id: "study.compare-off",
      title: "Stop comparing studies",
      group,
      enabled: () => store.compare.value !== null,
      run: async () => {
        const study = store.study.peek();
        if (study) await session.openStudy(study);
      },
    },
  ];
}

export function save(blob: Blob, name: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

function exportCommands({ store, engine, room }: Parts): Command[] {
  const group = "Take with you";
  const pane = () => store.active.peek();
  const there = (): boolean => store.active.value.stack.value !== null && store.active.value.phase.value === "ready";
  const name = (end: string): string => `${pane().stack.peek()?.modality ?? "image"}-${pane().slice.peek() + 1}.${end}`;
  const movie = (format: "mp4" | "gif", title: string): Command => ({
    id: `export.${format}`,
    title,
    group,
    words: "movie video cine",
    enabled: () => there() && store.active.value.slices.value > 1,
    run: async () => {
      const stack = pane().stack.peek();
      if (!stack) return;
      const { frame: _, ...view } = compactView(pane().view.peek());
      save(await api.download({ format, stack: stack.id, view, rate: pane().rate.peek() }), name(format));
    },
  });
  return [
    {
      id: "export.png",
      title: "Picture (PNG) with what is drawn",
      group,
      shortcut: "Ctrl+Shift+E",
      words: "screenshot capture",
      enabled: there,
      run: async () => save(await engine.capture(pane().id, { measurements: true }), name("png")),
    },
    {
      id: "export.jpeg",
      title: "Picture (JPEG) with what is drawn",
      group,
      words: "screenshot capture",
      enabled: there,
      run: async () => save(await jpegOf(await engine.capture(pane().id, { measurements: true })), name("jpg")),
    },
    {
      id: "export.png-plain",
      title: "Picture (PNG) of the image alone",
      group,
      enabled: there,
      run: async () => save(await engine.capture(pane().id, { measurements: false }), name("png")),
    },
    {
      id: "export.copy",
      title: "Copy the picture",
      group,
      shortcut: "Ctrl+Shift+C",
      words: "clipboard",
      enabled: () => there() && "ClipboardItem" in globalThis,
      run: async () => {
        await navigator.clipboard.write([new ClipboardItem({ "image/png": await engine.capture(pane().id, { measurements: true }) })]);
        room.said.value = "The picture is in the clipboard.";
      },
    },
    {
      id: "export.capture",
      title: "Save the picture into the study (secondary capture)",
      group,
      words: "DICOM SC",
      enabled: there,
      run: async () => {
        const stack = pane().stack.peek();
        if (!stack) return;
        const png = await base64(await engine.capture(pane().id, { measurements: true }));
        const written = await api.save({ kind: "capture", study_instance_uid: stack.study_instance_uid, title: "Capture", png });
        room.said.value = `${words.saved}: ${written.path}`;
      },
    },
    movie("mp4", "Movie (MP4)"),
    movie("gif", "Movie (GIF)"),
    {
      id: "export.zip",
      title: "Files of the study (ZIP)",
      group,
      words: "archive download DICOM",
      enabled: () => store.study.value !== null,
      run: async () => save(await api.download({ format: "zip", study: store.study.peek() }), "study.zip"),
    },
  ];
}

/** How good a JPEG is. */
const QUALITY = 0.92;

async function jpegOf(png: Blob): Promise<Blob> {
  const picture = await createImageBitmap(png);
  const canvas = new OffscreenCanvas(picture.width, picture.height);
  const context = canvas.getContext("2d");
  if (!context) throw new Error("The picture could not be made.");
  context.drawImage(picture, 0, 0);
  return canvas.convertToBlob({ type: "image/jpeg", quality: QUALITY });
}

async function base64(blob: Blob): Promise<string> {
  const bytes = new Uint8Array(await blob.arrayBuffer());
  let text = "";
  for (let at = 0; at < bytes.length; at += 0x8000) text += String.fromCharCode(...bytes.subarray(at, at + 0x8000));
  return btoa(text);
}
