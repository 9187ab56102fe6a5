import { describe, expect, it } from "vitest";
import { Commands, shortcutOf } from "../src/state/commands";
import { Store } from "../src/state/store";
import { readPlace, writePlace } from "../src/state/url";
import { compactView, parseView, sameView } from "../src/state/view";

describe("views", () => {
  it("takes what the schema allows and leaves out the rest", () => {
    const view = parseView({ plane: "coronal", zoom: 2, rotate: 45, window: [40, 400], nonsense: 1, point: [1, 2] });
    expect(view).toEqual({ plane: "coronal", zoom: 2, window: [40, 400] });
    expect(parseView("text")).toEqual({});
    expect(parseView({ window: [40, 0], zoom: Number.NaN })).toEqual({});
  });

  it("leaves out defaults", () => {
    expect(compactView({ plane: "acquisition", zoom: 1, invert: true })).toEqual({ invert: true });
    expect(sameView({ invert: false, zoom: 2 }, { zoom: 2 })).toBe(true);
    expect(sameView({ zoom: 2 }, { zoom: 3 })).toBe(false);
  });
});

describe("addresses", () => {
  it("restore what is shown", () => {
    const place = {
      study: "1.2.3",
      compare: null,
      rows: 1,
      columns: 2,
      panes: [
        { stack: "a&b", series: "1.2", view: { frame: 3, window: "lung" } },
        { stack: null, series: null, view: {} },
      ],
    };
    expect(readPlace(`#${writePlace(place)}`)).toEqual(place);
  });

  it("survive nonsense", () => {
    expect(readPlace("#grid=99x0&p1=%7B").panes).toHaveLength(1);
    expect(readPlace("#p1=[1,2,3]").panes[0]?.stack).toBeNull();
  });
});

describe("commands", () => {
  it("undo and redo what was done", async () => {
    const commands = new Commands();
    let value = 0;
    const set = (next: number) => () => {
      const before = value;
      value = next;
      return { undo: () => void (value = before), redo: () => void (value = next) };
    };
    commands.add({ id: "one", title: "One", group: "Test", shortcut: "1", run: set(1) });
    commands.add({ id: "two", title: "Two", group: "Test", shortcut: "2", run: set(2) });
    await commands.run("one");
    await commands.run("two");
    commands.undo();
    expect(value).toBe(1);
    commands.undo();
    expect(value).toBe(0);
    commands.redo();
    commands.redo();
    expect(value).toBe(2);
    expect(commands.canRedo).toBe(false);
  });

  it("give keys to one command only", () => {
    const commands = new Commands();
    commands.add({ id: "one", title: "One", group: "Test", shortcut: "1", run: () => undefined });
    commands.add({ id: "two", title: "Two", group: "Test", shortcut: "2", run: () => undefined });
    commands.setShortcut("two", "1");
    expect(commands.byShortcut("1")?.id).toBe("two");
    expect(commands.shortcut("one")).toBe("");
    expect(() => commands.add({ id: "one", title: "", group: "", run: () => undefined })).toThrow();
  });

  it("do nothing when they are not enabled", async () => {
    const commands = new Commands();
    let ran = false;
    commands.add({ id: "never", title: "", group: "", enabled: () => false, run: () => void (ran = true) });
    expect(await commands.run("never")).toBe(false);
    expect(ran).toBe(false);
  });

  it("name keys in one way", () => {
    const keys = { ctrlKey: false, metaKey: false, altKey: false, shiftKey: false };
    expect(shortcutOf({ ...keys, key: "r", shiftKey: true })).toBe("Shift+R");
    expect(shortcutOf({ ...keys, key: "z", metaKey: true })).toBe("Ctrl+Z");
    expect(shortcutOf({ ...keys, key: "?", shiftKey: true })).toBe("?");
    expect(shortcutOf({ ...keys, key: " " })).toBe("Space");
    expect(shortcutOf({ ...keys, key: "Shift", shiftKey: true })).toBe("");
  });
});

describe("the store", () => {
  it("keeps what panes show when the grid changes", () => {
    const store = new Store();
    store.change("pane-1", { zoom: 2 });
    store.setLayout(2, 2);
    expect(store.panes.value).toHaveLength(4);
    expect(store.pane("pane-1")?.view.value).toEqual({ zoom: 2 });
    store.activeId.value = "pane-4";
    store.setLayout(1, 1);
    expect(store.active.value.id).toBe("pane-1");
  });
});

describe("the commands of reading", () => {
  it("have titles, and keys of their own", async () => {
    const { addReadingCommands } = await import("../src/state/reading");
    const commands = new Commands();
    addReadingCommands({ store: new Store(), commands, engine: {} as never });
    const list = commands.list();
    const keys = list.flatMap((each) => [each.shortcut ?? "", ...(each.also ?? [])]);
    expect(keys.filter((key) => key === "")).toEqual([]);
    expect(keys.filter((key, at) => keys.indexOf(key) !== at)).toEqual([]);
    expect(list.every((each) => each.title && each.group)).toBe(true);
    expect(list.length).toBeGreaterThan(50);
  });

  it("change the active pane's view, and take it back", async () => {
    const { addReadingCommands } = await import("../src/state/reading");
    const store = new Store();
    const commands = new Commands();
    addReadingCommands({ store, commands, engine: {} as never });
    expect(await commands.run("view.invert")).toBe(false);
    store.open("pane-1", { id: "s", samples: 1, presets: [], modality: "CT", frames: [], kind: "stack" } as never);
    expect(await commands.run("view.invert")).toBe(true);
    await commands.run("view.rotate-right");
    await commands.run("window.preset-2");
    const view = store.active.value.view;
    expect(view.value).toMatchObject({ invert: true, rotate: 90, window: [50, 400] });
    commands.undo();
    commands.undo();
    commands.undo();
    expect(compactView(view.value)).toEqual({});
    expect(await commands.run("plane.three")).toBe(false);
  });
});
