import { describe, expect, it } from "vitest";
import type { Frame, Stack, Vector } from "../src/api/types";
import { cutKey, cutOf, cutStack, cutValues } from "../src/engine/cut";
import {
  axesOf,
  crossing,
  indexOf,
  latticeOf,
  length,
  letters,
  nearestSlice,
  pointAt,
  subtract,
  turn,
} from "../src/state/geometry";

function stackOf(columns: number, rows: number, slices: number, spacing: [number, number, number]): Stack {
  const frames = Array.from({ length: slices }, (_, index) => ({
    position: [10, 20, 30 + index * spacing[2]] as Vector,
    orientation: [1, 0, 0, 0, 1, 0],
    rows,
    columns,
  })) as unknown as Frame[];
  return {
    id: "s",
    kind: "volume",
    rows,
    columns,
    pixel_spacing: [spacing[1], spacing[0]],
    slice_spacing: spacing[2],
    frames,
  } as unknown as Stack;
}

const stack = stackOf(8, 6, 5, [1, 1.5, 2]);
const lattice = latticeOf(stack)!;
const value = (i: number, j: number, k: number) => i + 10 * j + 100 * k;
const slices = Array.from({ length: 5 }, (_, k) =>
  Int16Array.from({ length: 48 }, (_, at) => value(at % 8, Math.floor(at / 8), k)),
);

describe("volumes", () => {
  it("go from indices to points and back", () => {
    expect(pointAt(lattice, [1, 2, 3])).toEqual([11, 23, 36]);
    expect(indexOf(lattice, [11, 23, 36]).map((each) => Math.round(each * 1e9) / 1e9)).toEqual([1, 2, 3]);
  });

  it("are hung as radiologists hang them", () => {
    const { right, down, away } = axesOf({ plane: "coronal" }, lattice);
    expect([right, down, away].map(letters)).toEqual(["L", "F", "P"]);
    const oblique = axesOf({ plane: "oblique", normal: [0.1, 1, 0.1] }, lattice);
    expect(letters(oblique.right)).toBe("L");
    expect(letters(oblique.down)).toBe("F");
  });
});

describe("cuts", () => {
  it("through the acquired slices are the slices", async () => {
    const cut = cutOf({ plane: "acquisition", slab: 0.5 }, stack)!;
    expect(cut.origins).toHaveLength(5);
    expect([cut.columns, cut.rows]).toEqual([8, 9]);
    const values = await cutValues(cut, lattice, slices, 2);
    expect(values[0]).toBe(200);
    expect(values[7]).toBe(207);
  });

  it("of coronal planes are linear between voxels", async () => {
    const view = { plane: "coronal" as const, point: [10, 20 + 1.5 * 2.5, 30] as Vector };
    const cut = cutOf(view, stack)!;
    const at = cut.origins.findIndex((origin) => Math.abs(origin[1] - view.point[1]) < 1e-9);
    const values = await cutValues(cut, lattice, slices, at);
    const { columns, rows, pixel, origins } = cut;
    for (let row = 0; row < rows; row += 37) {
      for (let column = 0; column < columns; column += 41) {
        const x = Math.min(7, Math.max(0, origins[at]![0] + column * pixel - 10));
        const z = Math.min(4, Math.max(0, (origins[at]![2] - row * pixel - 30) / 2));
        expect(values[row * columns + column]).toBe(Math.round(Math.fround(x + 25 + 100 * z)));
      }
    }
  });

  it("through slabs are greatest, least and mean values", async () => {
    for (const [blend, expected] of [
      ["mip", 400],
      ["minip", 0],
      ["mean", 200],
    ] as const) {
      const cut = cutOf({ plane: "acquisition", slab: "all", blend }, stack)!;
      expect(cut.origins).toHaveLength(1);
      expect(cut.layers.count).toBe(5);
      expect((await cutValues(cut, lattice, slices, 0))[0]).toBe(expected);
    }
  });

  it("have one name for one plane", () => {
    const name = (point: Vector) => cutKey({ plane: "coronal" }, cutOf({ plane: "coronal", point }, stack)!);
    expect(name([10, 23, 30])).toBe(name([14, 24.5, 31]));
    expect(name([10, 23, 30])).not.toBe(name([10, 23.4, 30]));
  });

  it("are stacks that know where they are", () => {
    const cut = cutOf({ plane: "sagittal" }, stack)!;
    const made = cutStack(stack, "a", cut);
    expect(made.frames[0]!.orientation).toEqual([0, 1, 0, 0, 0, -1]);
    expect(made.frames).toHaveLength(8);
  });
});

describe("planes", () => {
  it("cross a rectangle in a line, or miss it", () => {
    const rectangle = { corner: [0, 0, 0] as Vector, right: [1, 0, 0] as Vector, down: [0, 1, 0] as Vector, width: 10, height: 5 };
    const line = crossing(rectangle, [4, 0, 0], [1, 0, 0])!;
    expect(line).toHaveLength(2);
    expect(length(subtract(line[0], line[1]))).toBeCloseTo(5);
    expect(crossing(rectangle, [20, 0, 0], [1, 0, 0])).toBeNull();
  });

  it("are found by position", () => {
    expect(nearestSlice(stack, [0, 0, 34.9])).toEqual({ index: 2, distance: expect.closeTo(0.9) });
  });

  it("turn about an axis", () => {
    const turned = turn([1, 0, 0], [0, 0, 1], Math.PI / 2);
    expect(turned.map((each) => Math.round(each * 1e9) / 1e9)).toEqual([0, 1, 0]);
  });
});
