import { describe, expect, it } from "vitest";
import { boundaryOf, parts } from "../src/api/multipart";
import type { Frame, Stack } from "../src/api/types";
import { inUptake } from "../src/api/uptake";
import { levelOf, paint } from "../src/engine/draw";
import { extremes, rescaled, stored } from "../src/engine/pixels";
import { rowSampler } from "../src/engine/sampling";
import { turned } from "../src/state/keeping";
import { askedWindow, autoWindow, presetsOf, statedWindow, windowAround } from "../src/state/window";

const stack = (part: Partial<Stack>): Stack =>
  ({ samples: 1, bits_allocated: 16, signed: false, floating: false, presets: [], frames: [], kind: "stack", unit: "", suv: null, ...part }) as Stack;
const frame = (rows: number, columns: number): Frame => ({ rows, columns, window: null }) as Frame;

describe("stored values", () => {
  it("are read from any place in a body", () => {
    const body = new Uint8Array([9, 1, 0, 2, 0, 255, 255, 4, 0]);
    const values = stored(body.subarray(1), stack({ signed: true }), frame(2, 2));
    expect([...values]).toEqual([1, 2, -1, 4]);
  });

  it("are refused when bytes are missing", () => {
    expect(() => stored(new Uint8Array(7), stack({}), frame(2, 2))).toThrow(/7 bytes.*8/);
  });

  it("become integers where that is exact", () => {
    expect(rescaled(Uint16Array.of(0, 24, 4095), 1, -1024)).toEqual(Int16Array.of(-1024, -1000, 3071));
    expect(rescaled(Uint16Array.of(0, 65535), 1, -1024)).toBeInstanceOf(Float32Array);
    expect([...rescaled(Uint8Array.of(0, 2), 0.5, 1)]).toEqual([1, 2]);
    expect(rescaled(Uint32Array.of(0, 70000), 1, 0)).toBeInstanceOf(Float32Array);
    expect(extremes(new Float32Array([Number.NaN, 3, -1]))).toEqual({ min: -1, max: 3 });
  });
});

describe("windows", () => {
  it("follow PS3.3 C.11.2.1", () => {
    const linear = levelOf({ center: 2048, width: 4096 }, "linear");
    expect([0, 4095, 2047.5].map(linear)).toEqual([0, 255, 128]);
    const exact = levelOf({ center: 50, width: 100 }, "linear-exact");
    expect([0, 50, 100, -1, Number.NaN].map(exact)).toEqual([0, 128, 255, 0, 0]);
    expect(levelOf({ center: 0, width: 10 }, "sigmoid")(0)).toBe(128);
    expect([0.4, 0.6].map(levelOf({ center: 1, width: 1 }, "linear"))).toEqual([0, 255]);
  });

  it("paint the same through a table and without", () => {
    const look = { window: { center: 10, width: 40 }, function: "linear" as const, invert: true, colors: "hot-iron", smooth: true };
    const values = [-20, -5, 0, 10, 29, 40];
    const [quick, slow] = [new Uint32Array(6), new Uint32Array(6)];
    paint(Int16Array.from(values), { min: -20, max: 40 }, look, quick);
    paint(Float32Array.from(values), { min: -20, max: 40 }, look, slow);
    expect(quick).toEqual(slow);
    expect(quick[0]).toBe(0xffffffff);
    expect(quick[5]).toBe(0xff000000);
  });

  it("come from the file, then from the unit", () => {
    expect(statedWindow(stack({ unit: "HU", frames: [frame(1, 1)] }), 0)).toEqual({ center: 40, width: 400 });
    const given = { ...frame(1, 1), window: { center: 1, width: 2, function: "linear" as const } };
    expect(statedWindow(stack({ unit: "HU", frames: [given] }), 0)).toEqual({ center: 1, width: 2 });
    expect(statedWindow(stack({ frames: [frame(1, 1)], presets: [{ name: "Full range", center: 5, width: 9 }] }), 0)).toBeNull();
  });

  it("are named alike by server and views", () => {
    const ct = stack({ modality: "CT", presets: [{ name: "Soft tissue", center: 40, width: 400 }] });
    expect(presetsOf(ct).filter((each) => each.width === 400 && each.center === 40)).toHaveLength(1);
    expect(askedWindow({ window: "soft-tissue" }, ct, null)).toEqual({ center: 40, width: 400 });
    expect(askedWindow({ window: "nonsense" }, ct, null)).toBeNull();
  });

  it("are found in values", () => {
    expect(autoWindow(Int16Array.from({ length: 1001 }, (_, at) => at))).toEqual({ center: 500, width: 998 });
    expect(autoWindow([])).toBeNull();
    expect(windowAround([1, 3])).toEqual({ center: 2, width: 4 });
  });
});

describe("uptake", () => {
  it("scales values and windows", () => {
    const pet = inUptake(
      stack({
        suv: { factor: 0.5, unit: "g/mL" },
        frames: [{ ...frame(1, 1), slope: 2, intercept: 0, window: { center: 10, width: 20, function: "linear" } }],
      }),
    );
    expect([pet.unit, pet.frames[0]!.slope, pet.frames[0]!.window!.width]).toEqual(["SUV", 1, 10]);
  });
});

describe("multipart bodies", () => {
  it("are split, with and without stated lengths", () => {
    const encode = (text: string) => new TextEncoder().encode(text);
    const plain = encode("--b\r\nContent-Type: a/b\r\n\r\nxy--\r\n--b\r\nContent-Length: 4\r\n\r\n--bz\r\n--b--\r\n");
    expect(parts(plain, "b").map((part) => new TextDecoder().decode(part.bytes))).toEqual(["xy--", "--bz"]);
    expect(boundaryOf('multipart/related; type="x"; boundary="b c"')).toBe("b c");
    expect(boundaryOf("application/octet-stream")).toBeNull();
  });
});

describe("lines through a volume", () => {
  const lattice = { columns: 5, rows: 4, slices: 3, origin: [0, 0, 0], column: [1, 0, 0], row: [0, 1, 0], slice: [0, 0, 1] } as never;
  const value = (i: number, j: number, k: number) => 3 * i - 2 * j + 7 * k;
  const slices = [0, 1, 2].map((k) => Int16Array.from({ length: 20 }, (_, at) => value(at % 5, Math.floor(at / 5), k)));
  const within = (place: number, size: number) => Math.min(Math.max(place, 0), size - 1);

  it.each([
    ["columns", [0.5, 0, 0]],
    ["rows", [0, 0.4, 0]],
    ["slices", [0, 0, 0.3]],
    ["any direction", [0.3, 0.2, 0.1]],
    ["columns, backwards", [-0.5, 0, 0]],
  ] as const)("along %s are linear between voxels", (_, right) => {
    const start = [right[0] < 0 ? 4.2 : -0.3, 0.6, 0.7] as [number, number, number];
    const sample = rowSampler(lattice, slices, { blend: "mip" }, { start, right: [...right], down: [0, 0, 0], through: [0, 0, 0], steps: 1 });
    const out = new Float32Array(12);
    sample(0, out);
    out.forEach((found, at) => {
      const [x, y, z] = [0, 1, 2].map((axis) => start[axis]! + right[axis]! * at) as [number, number, number];
      const outside = x < -0.5 || x > 4.5 || y < -0.5 || y > 3.5 || z < -0.5 || z > 2.5;
      if (outside) expect(found).toBeNaN();
      else expect(found).toBeCloseTo(value(within(x, 5), within(y, 4), within(z, 3)), 4);
    });
  });

  it("pass over slices that cannot be read", () => {
    const sample = rowSampler(lattice, [slices[0]!, null, slices[2]!], { blend: "mean" }, {
      start: [0, 0, 0],
      right: [1, 0, 0],
      down: [0, 1, 0],
      through: [0, 0, 1],
      steps: 3,
    });
    const out = new Float32Array(5);
    sample(0, out);
    expect([...out]).toEqual([0, 1, 2, 3, 4].map((i) => (value(i, 0, 0) + value(i, 0, 2)) / 2));
  });
});

describe("presentation states", () => {
  it("mirror left and right only", () => {
    expect(turned(90, true, false)).toEqual({ rotate: 90, horizontal: true });
    expect(turned(90, true, true)).toEqual({ rotate: 270, horizontal: false });
  });
});
