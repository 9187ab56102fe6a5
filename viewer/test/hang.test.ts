import { describe, expect, it } from "vitest";
import type { Stack } from "../src/api/types";
import { type Protocol, choose, hang, hangBeside, inOrder, priorOf, protocolFor } from "../src/hang/hang";
import { Store } from "../src/state/store";

const stack = (id: string, modality: string, count = 1, part: Partial<Stack> = {}): Stack =>
  ({ id, modality, kind: count > 2 ? "volume" : "stack", description: "", frames: Array.from({ length: count }), ...part }) as Stack;

describe("hanging protocols", () => {
  it("are chosen by modality and number", () => {
    const named = (...modalities: string[]) => protocolFor(modalities.map((each, at) => stack(String(at), each)))?.name;
    expect(named("CT", "PT")).toMatch(/Positron/);
    expect(named("CR", "DX")).toMatch(/side by side/);
    expect(named("DX")).toBe("One view");
    expect(named("MR", "MR", "MR", "MR")).toMatch(/four/);
    expect(named("MR", "MR", "MR")).toMatch(/two/);
    expect(named("CT", "SEG")).toMatch(/Computed/);
  });

  it("never show a stack twice, and leave no place empty while there are stacks", () => {
    const protocol: Protocol = { name: "", modalities: [], grid: [1, 3], views: [{ modality: "PT" }, {}, { description: "lung" }] };
    const stacks = [stack("a", "CT"), stack("b", "CT", 5, { description: "Lung kernel" }), stack("c", "MR")];
    expect(choose(protocol, stacks).map((each) => each?.stack.id)).toEqual(["c", "a", "b"]);
    expect(choose(protocol, []).every((each) => each === null)).toBe(true);
  });

  it("prefer the largest volume, and show pictures before what was made of them", () => {
    const stacks = [stack("seg", "SEG", 9), stack("scout", "CT", 2), stack("thick", "CT", 30), stack("thin", "CT", 300)];
    expect(inOrder(stacks)[0]?.id).toBe("scout");
    const store = new Store();
    hang(store, {} as never, stacks);
    expect(store.panes.value.map((pane) => pane.stack.value?.id)).toEqual(["thin"]);
  });

  it("invert positron emission", () => {
    const store = new Store();
    hang(store, {} as never, [stack("pt", "PT", 40), stack("ct", "CT", 40)]);
    expect(store.panes.value.map((pane) => [pane.stack.value?.id, pane.view.value.invert])).toEqual([
      ["ct", undefined],
      ["pt", true],
    ]);
  });

  it("put what is most alike beside", () => {
    const now = stack("now", "CT", 100, { description: "Chest lung" });
    const before = [stack("mr", "MR", 100), stack("bone", "CT", 100, { description: "Spine" }), stack("then", "CT", 80, { description: "CHEST" })];
    expect(priorOf(now, before)?.id).toBe("then");
    const store = new Store();
    store.open("pane-1", now, { zoom: 2 });
    hangBeside(store, before);
    expect(store.panes.value.map((pane) => pane.stack.value?.id)).toEqual(["now", "then"]);
    expect(store.pane("pane-1")?.view.value.zoom).toBe(2);
  });
});
