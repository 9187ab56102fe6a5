// The commands of reading: scroll, window, turn, cut, play, measure, undo. Every change of a view can be taken back.

import { batch } from "@preact/signals";
import type { Stack } from "../api/types";
import type { Engine } from "../engine/engine";
import type { Change, Command, Commands } from "./commands";
import { latticeOf, middleOf } from "./geometry";
import { sameImage, saveKeyImages, saveMeasurements, savePresentation, shownImage } from "./keeping";
import { removeMeasurement } from "./measuring";
import type { Pane, Store, Tool } from "./store";
import { COLORS, BLENDS, type Plane, type View, sameView } from "./view";
import { presetsOf } from "./window";


interface Parts {
  store: Store;
  commands: Commands;
  engine: Engine;
}

/** Do something to the view of a pane, and give what takes it back. */
export function changing(store: Store, pane: Pane, change: () => void): Change | undefined {
  const before = pane.view.peek();
  change();
  const after = pane.view.peek();
  if (sameView(before, after)) return undefined;
  const put = (view: View) => (): void => {
    if (store.pane(pane.id) === pane) pane.view.value = view;
  };
  return { undo: put(before), redo: put(after) };
}

const TOOLS: readonly [Tool, string, string][] = [
  ["scroll", "Scroll", "S"],
  ["window", "Window", "W"],
  ["window-region", "Window from a region", "Shift+W"],
  ["pan", "Move the picture", "P"],
  ["zoom", "Zoom", "Z"],
  ["magnify", "Magnifier", "G"],
  ["crosshairs", "Crosshairs", "C"],
  ["cursor3d", "3-D cursor", "D"],
  ["length", "Length", "L"],
  ["angle", "Angle", "A"],
  ["cobb", "Cobb angle", "Shift+A"],
  ["bidirectional", "Two diameters", "B"],
  ["ellipse", "Ellipse", "E"],
  ["rectangle", "Rectangle", "Shift+E"],
  ["freehand", "Freehand region", "Shift+L"],
  ["polygon", "Polygon", "Shift+P"],
  ["probe", "Probe", "O"],
  ["arrow", "Arrow", "Shift+T"],
  ["text", "Text", "T"],
  ["eraser", "Eraser", "Shift+D"],
];
const NAVIGATING = 8;

export function addReadingCommands(parts: Parts): void {
  const { commands } = parts;
  commands.add(
    ...toolCommands(parts),
    ...sliceCommands(parts),
    ...viewCommands(parts),
    ...windowCommands(parts),
    ...planeCommands(parts),
    ...cineCommands(parts),
    ...shownCommands(parts),
    ...keepCommands(parts),
    ...editCommands(parts),
  );
}

function toolCommands({ store, engine }: Parts): Command[] {
  return TOOLS.map(([tool, title, shortcut], at) => ({
    id: `tool.${tool}`,
    title,
    group: at < NAVIGATING ? "Tools" : "Measure",
    shortcut,
    active: () => store.tool.value === tool,
    run: () => engine.setTool(tool),
  }));
}

/** A command for the active pane, when it shows something. */
function forPane(
  { store }: Parts,
  command: Omit<Command, "run" | "enabled"> & { enabled?(pane: Pane): boolean },
  run: (pane: Pane, stack: Stack) => void,
): Command {
  const { enabled } = command;
  return {
    ...command,
    enabled: () => {
      const pane = store.active.value;
      return pane.stack.value !== null && (enabled?.(pane) ?? true);
    },
    run: () => {
      const pane = store.active.peek();
      const stack = pane.stack.peek();
      return stack ? changing(store, pane, () => run(pane, stack)) : undefined;
    },
  };
}

function sliceCommands(parts: Parts): Command[] {
  const { store, engine } = parts;
  const group = "Scroll";
  const move = (id: string, title: string, shortcut: string, to: (pane: Pane) => void): Command => ({
    id,
    title,
    group,
    shortcut,
    enabled: () => store.active.value.slices.value > 1,
    // Scrolling is not undone: one scrolls back.
    run: () => to(store.active.peek()),
  });
  return [
    move("slice.next", "Next slice", "ArrowDown", (pane) => engine.scroll(pane.id, 1)),
    move("slice.previous", "Previous slice", "ArrowUp", (pane) => engine.scroll(pane.id, -1)),
    move("slice.forward", "Ten slices on", "PageDown", (pane) => engine.scroll(pane.id, 10)),
    move("slice.back", "Ten slices back", "PageUp", (pane) => engine.scroll(pane.id, -10)),
    move("slice.first", "First slice", "Home", (pane) => engine.goTo(pane.id, 0)),
    forPane(parts, { id: "time.next", title: "Next time", group, shortcut: ">", enabled: (pane) => pane.times.value > 1 }, (pane) =>
      store.change(pane.id, { time: Math.min((pane.view.peek().time ?? 1) + 1, pane.times.peek()) }),
    ),
    forPane(parts, { id: "time.previous", title: "Previous time", group, shortcut: "<", enabled: (pane) => pane.times.value > 1 }, (pane) =>
      store.change(pane.id, { time: Math.max((pane.view.peek().time ?? 1) - 1, 1) }),
    ),
    move("slice.last", "Last slice", "End", (pane) => engine.goTo(pane.id, pane.slices.peek() - 1)),
  ];
}

function viewCommands(parts: Parts): Command[] {
  const { store, engine } = parts;
  const group = "View";
  const turned = (by: number) => (pane: Pane): void => {
    const next = ((pane.view.peek().rotate ?? 0) + by + 360) % 360;
    store.change(pane.id, { rotate: next as 0 | 90 | 180 | 270 });
  };
  const flip = (key: "flip_horizontal" | "flip_vertical" | "invert" | "overlays") => (pane: Pane): void =>
    store.change(pane.id, { [key]: !pane.view.peek()[key] });
  const active = (key: "flip_horizontal" | "flip_vertical" | "invert" | "overlays") => (): boolean =>
    store.active.value.view.value[key] ?? false;
  const words = "mirror";
  return [
    forPane(parts, { id: "view.rotate-right", title: "Rotate right", group, shortcut: "R" }, turned(90)),
    forPane(parts, { id: "view.rotate-left", title: "Rotate left", group, shortcut: "Shift+R" }, turned(-90)),
    forPane(
      parts,
      { id: "view.flip-horizontal", title: "Flip left and right", group, shortcut: "H", words, active: active("flip_horizontal") },
      flip("flip_horizontal"),
    ),
    forPane(
      parts,
      { id: "view.flip-vertical", title: "Flip top and bottom", group, shortcut: "V", words, active: active("flip_vertical") },
      flip("flip_vertical"),
    ),
    forPane(parts, { id: "view.invert", title: "Invert", group, shortcut: "I", words: "negative", active: active("invert") }, flip("invert")),
    forPane(parts, { id: "view.overlays", title: "Overlays of the file", group, shortcut: "U", active: active("overlays") }, flip("overlays")),
    forPane(parts, { id: "view.zoom-in", title: "Zoom in", group, shortcut: "+", also: ["="] }, (pane) => engine.zoom(pane.id, 1.25)),
    forPane(parts, { id: "view.zoom-out", title: "Zoom out", group, shortcut: "-" }, (pane) => engine.zoom(pane.id, 0.8)),
    forPane(parts, { id: "view.fit", title: "Fit into the pane", group, shortcut: "F" }, (pane) => engine.fit(pane.id)),
    forPane(parts, { id: "view.actual-size", title: "Actual pixels (1:1)", group, shortcut: "Shift+F" }, (pane) => engine.actualSize(pane.id)),
    forPane(
      parts,
      {
        id: "view.interpolation",
        title: "Smooth between pixels",
        group,
        shortcut: "N",
        active: () => store.active.value.view.value.interpolation !== "nearest",
      },
      (pane) => store.change(pane.id, { interpolation: pane.view.peek().interpolation === "nearest" ? "linear" : "nearest" }),
    ),
    forPane(parts, { id: "view.reset", title: "As the file says", group, shortcut: "Shift+Z", words: "reset original" }, (pane) => {
      const { plane, normal, up, point, frame, slab, blend } = pane.view.peek();
      pane.view.value = { plane, normal, up, point, frame, slab, blend };
    }),
    {
      id: "view.reset-all",
      title: "All panes as their files say",
      group,
      shortcut: "Ctrl+Shift+Z",
      run: () => {
        batch(() => {
          for (const pane of store.panes.peek()) pane.view.value = { frame: pane.view.peek().frame };
        });
      },
    },
  ];
}

function windowCommands(parts: Parts): Command[] {
  const { store, engine } = parts;
  const group = "Window";
  const gray = (pane: Pane): boolean => pane.stack.value?.samples === 1;
  const presets = Array.from({ length: 9 }, (_, at) =>
    forPane(
      parts,
      {
        id: `window.preset-${at + 1}`,
        title: `Window preset ${at + 1}`,
        group,
        shortcut: String(at + 1),
        enabled: (pane) => gray(pane) && presetsOf(pane.stack.value as Stack).length > at,
      },
      (pane, stack) => {
        const preset = presetsOf(stack)[at];
        if (preset) store.change(pane.id, { window: [preset.center, preset.width] });
      },
    ),
  );
  const nextColors = (pane: Pane): void => {
    const now = COLORS.indexOf(pane.view.peek().colors ?? "gray");
    store.change(pane.id, { colors: COLORS[(now + 1) % COLORS.length] });
  };
  return [
    ...presets,
    forPane(parts, { id: "window.file", title: "Window of the file", group, shortcut: "0", enabled: gray }, (pane) =>
      store.change(pane.id, { window: undefined }),
    ),
    forPane(parts, { id: "window.auto", title: "Window from the values", group, shortcut: "X", enabled: gray }, (pane) => {
      const found = engine.autoWindow(pane.id);
      if (found) store.change(pane.id, { window: [found.center, found.width] });
    }),
    forPane(parts, { id: "window.colors", title: "Next color map", group, shortcut: "Y", words: "palette", enabled: gray }, nextColors),
  ];
}

const isVolume = (pane: Pane): boolean => pane.stack.value?.kind === "volume";

/** Show a volume in three planes at right angles, that cross in its middle. */
export function showPlanes(store: Store, stack: Stack, point = middleOfStack(stack)): void {
  if (!point) return;
  const window = store.active.peek().view.peek().window;
  batch(() => {
    store.setLayout(2, 2);
    (["axial", "coronal", "sagittal"] as const).forEach((plane, at) => {
      store.open(`pane-${at + 1}`, stack, { plane, point, window });
    });
    store.open("pane-4", stack, { window });
    store.activeId.value = "pane-1";
    store.tool.value = "crosshairs";
  });
}

function middleOfStack(stack: Stack): [number, number, number] | null {
  const lattice = latticeOf(stack);
  return lattice ? middleOf(lattice) : null;
}

function planeCommands(parts: Parts): Command[] {
  const { store } = parts;
  const group = "Planes";
  const plane = (which: Plane, title: string, shortcut: string): Command =>
    forPane(
      parts,
      { id: `plane.${which}`, title, group, shortcut, enabled: isVolume, active: () => (store.active.value.view.value.plane ?? "acquisition") === which },
      (pane, stack) => {
        const point = pane.view.peek().point ?? middleOfStack(stack) ?? undefined;
        store.change(pane.id, { plane: which, normal: undefined, up: undefined, center: undefined, point });
      },
    );
  const thick = (pane: Pane): number => {
    const { slab } = pane.view.peek();
    return slab === "all" ? 10_000 : (slab ?? 0);
  };
  const slab = (id: string, title: string, shortcut: string, by: (now: number) => number): Command =>
    forPane(parts, { id, title, group, shortcut, enabled: isVolume, words: "thick MIP" }, (pane, stack) => {
      const point = pane.view.peek().point ?? middleOfStack(stack) ?? undefined;
      store.change(pane.id, { slab: Math.min(Math.max(by(thick(pane)), 0), 500), point });
    });
  return [
    {
      id: "plane.three",
      title: "Three planes",
      group,
      shortcut: "M",
      words: "MPR multiplanar reconstruction orthogonal",
      enabled: () => isVolume(store.active.value),
      run: () => {
        const stack = store.active.peek().stack.peek();
        if (stack) showPlanes(store, stack);
      },
    },
    plane("acquisition", "As acquired", "Alt+0"),
    plane("axial", "Axial", "Alt+1"),
    plane("coronal", "Coronal", "Alt+2"),
    plane("sagittal", "Sagittal", "Alt+3"),
    slab("slab.thicker", "Thicker slab", "]", (now) => (now === 0 ? 5 : now + 5)),
    slab("slab.thinner", "Thinner slab", "[", (now) => now - 5),
    slab("slab.none", "No slab", "Shift+S", () => 0),
    forPane(parts, { id: "slab.blend", title: "Next way of blending a slab", group, shortcut: "\\", words: "MIP MinIP mean", enabled: isVolume }, (pane) => {
      const now = BLENDS.indexOf(pane.view.peek().blend ?? "mip");
      store.change(pane.id, { blend: BLENDS[(now + 1) % BLENDS.length] });
    }),
  ];
}

function cineCommands({ store, engine }: Parts): Command[] {
  const group = "Cine";
  const several = (): boolean => store.active.value.slices.value > 1;
  const rate = (by: number) => (): void => {
    const pane = store.active.peek();
    pane.rate.value = Math.min(Math.max(Math.round(pane.rate.peek() * by * 10) / 10, 0.5), 120);
  };
  return [
    {
      id: "cine.play",
      title: "Play or stop",
      group,
      shortcut: "Space",
      enabled: several,
      active: () => store.active.value.playing.value,
      run: () => {
        const pane = store.active.peek();
        if (pane.playing.peek()) engine.stop(pane.id);
        else engine.play(pane.id);
      },
    },
    { id: "cine.faster", title: "Faster", group, shortcut: ".", enabled: several, run: rate(1.25) },
    { id: "cine.slower", title: "Slower", group, shortcut: ",", enabled: several, run: rate(0.8) },
  ];
}

function shownCommands({ store }: Parts): Command[] {
  const group = "Show";
  const toggle = (
    id: string,
    title: string,
    shortcut: string,
    key: "linked" | "referenceLines" | "showIdentity" | "showText" | "showMeasurements",
  ): Command => ({
    id,
    title,
    group,
    shortcut,
    active: () => store[key].value,
    run: () => {
      store[key].value = !store[key].peek();
    },
  });
  return [
    toggle("show.linked", "Scroll series together", "K", "linked"),
    toggle("show.reference-lines", "Reference lines", "Shift+K", "referenceLines"),
    toggle("show.identity", "Who the patient is", "Shift+I", "showIdentity"),
    toggle("show.text", "Text in the corners", "Shift+X", "showText"),
    toggle("show.measurements", "Measurements", "Shift+M", "showMeasurements"),
  ];
}

function keepCommands({ store }: Parts): Command[] {
  const study = (): string => store.study.peek() ?? store.active.peek().stack.peek()?.study_instance_uid ?? "";
  return [
    {
      id: "key.toggle",
      title: "Key image",
      group: "Keep",
      shortcut: "J",
      words: "mark star important",
      enabled: () => shownImage(store.active.value) !== null,
      active: () => {
        const pane = store.active.value;
        void pane.slice.value;
        const image = shownImage(pane);
        return image !== null && store.keyImages.value.some((each) => sameImage(each, image));
      },
      run: () => {
        const image = shownImage(store.active.peek());
        if (!image) return undefined;
        const before = store.keyImages.peek();
        const without = before.filter((each) => !sameImage(each, image));
        const after = without.length < before.length ? without : [...before, image];
        const put = (images: typeof before) => (): void => {
          store.keyImages.value = images;
        };
        put(after)();
        return { undo: put(before), redo: put(after) };
      },
    },
    {
      id: "keep.measurements",
      title: "Save measurements",
      group: "Keep",
      shortcut: "Ctrl+S",
      words: "structured report SR TID 1500",
      enabled: () => store.measurements.value.length > 0,
      run: async () => {
        await saveMeasurements(store, study());
      },
    },
    {
      id: "keep.key-images",
      title: "Save key images",
      group: "Keep",
      shortcut: "Ctrl+Shift+S",
      words: "key object selection KO",
      enabled: () => store.keyImages.value.length > 0,
      run: async () => {
        await saveKeyImages(store, study());
      },
    },
    {
      id: "keep.presentation",
      title: "Save how it is shown",
      group: "Keep",
      shortcut: "Ctrl+Alt+S",
      words: "presentation state GSPS",
      enabled: () => shownImage(store.active.value) !== null,
      run: async () => {
        await savePresentation(store, study());
      },
    },
  ];
}

function editCommands({ store, commands, engine }: Parts): Command[] {
  const group = "Edit";
  return [
    { id: "edit.undo", title: "Undo", group, shortcut: "Ctrl+Z", enabled: () => commands.canUndo, run: () => commands.undo() },
    {
      id: "edit.redo",
      title: "Redo",
      group,
      shortcut: "Ctrl+Y",
      enabled: () => commands.canRedo,
      run: () => commands.redo(),
    },
    {
      id: "measure.delete",
      title: "Delete the measurement",
      group: "Measure",
      shortcut: "Delete",
      also: ["Backspace"],
      enabled: () => store.selected.value !== null,
      run: () => {
        const id = store.selected.peek();
        return id ? removeMeasurement(store, id) : undefined;
      },
    },
    {
      id: "measure.close",
      title: "Finish or give up drawing",
      group: "Measure",
      shortcut: "Escape",
      also: ["Enter"],
      run: () => {
        if (!engine.close(store.active.peek().id)) store.selected.value = null;
      },
    },
  ];
}
