import { describe, expect, it } from "vitest";
import {
  type Calibration,
  type Image,
  type Pixel,
  calibrationOf,
  dragged,
  linesOf,
  pointsOf,
  quantitiesOf,
} from "../src/state/measurements";

const calibration: Calibration = { column: 0.5, row: 2, unit: "mm", source: "patient" };
const image: Image = {
  columns: 10,
  rows: 10,
  samples: 1,
  unit: "HU",
  values: Int16Array.from({ length: 100 }, (_, at) => at),
};
const named = (found: { name: string; value: number }[]) => Object.fromEntries(found.map((each) => [each.name, each.value]));

describe("measuring", () => {
  it("lengths by the spacing of both axes", () => {
    expect(named(quantitiesOf("length", [[0, 0], [8, 0]], calibration, image))).toEqual({ length: 4 });
    expect(named(quantitiesOf("length", [[0, 0], [6, 2]], calibration, image))).toEqual({ length: 5 });
  });

  it("angles in millimeters, not in pixels", () => {
    const angle = quantitiesOf("angle", [[8, 0], [0, 0], [8, 2]], calibration, image)[0]!;
    expect(angle.value).toBeCloseTo(45);
    expect(quantitiesOf("cobb", [[0, 0], [8, 0], [8, 4], [0, 2]], calibration, image)[0]!.value).toBeCloseTo(45);
  });

  it("rectangles by the pixels whose middles are inside", () => {
    const found = named(quantitiesOf("rectangle", pointsOf("rectangle", [[1.5, 1.5], [4.5, 3.5]]), calibration, image));
    const values = [22, 23, 24, 32, 33, 34];
    const mean = values.reduce((a, b) => a + b) / 6;
    expect(found).toMatchObject({ mean, min: 22, max: 34, count: 6 });
    expect(found["area"]).toBeCloseTo(3 * 2 * 0.5 * 2);
    expect(found["sd"]).toBeCloseTo(Math.sqrt(values.reduce((sum, each) => sum + (each - mean) ** 2, 0) / 5));
  });

  it("ellipses, also turned ones", () => {
    const straight: Pixel[] = [[2, 5], [8, 5], [5, 3], [5, 7]];
    const found = named(quantitiesOf("ellipse", straight, calibration, image));
    expect(found["area"]).toBeCloseTo(Math.PI * 3 * 2);
    expect(found["mean"]).toBeCloseTo(55);
    const turned = named(quantitiesOf("ellipse", [straight[2]!, straight[3]!, straight[0]!, straight[1]!], calibration, image));
    expect(turned["count"]).toBe(found["count"]);
  });

  it("polygons", () => {
    const found = named(quantitiesOf("polygon", [[0.5, 0.5], [3.5, 0.5], [3.5, 3.5], [0.5, 3.5]], calibration, image));
    expect(found).toMatchObject({ count: 9, mean: 22, area: 9, perimeter: 15 });
  });

  it("nothing that points are missing for", () => {
    expect(quantitiesOf("angle", [[0, 0]], calibration, image)).toEqual([]);
    expect(quantitiesOf("probe", [[40, 40]], calibration, image)).toEqual([]);
    expect(quantitiesOf("ellipse", [[0, 0]], calibration, image)).toEqual([]);
  });
});

describe("calibration", () => {
  const region = { box: [0, 0, 99, 99] as [number, number, number, number], delta_x: 0.05, delta_y: 0.02, unit_x: "cm", unit_y: "cm" };
  it("of ultrasound is that of the region that holds all points", () => {
    expect(calibrationOf(null, null, [region], [[10, 10], [20, 20]])).toMatchObject({ column: 0.5, row: 0.2, unit: "mm" });
    expect(calibrationOf(null, null, [region], [[10, 10], [120, 20]]).unit).toBe("{pixels}");
  });
  it("is unknown where the file says nothing", () => {
    expect(calibrationOf(null, null, [], [[1, 1]])).toEqual({ column: 1, row: 1, unit: "{pixels}", source: "none" });
    expect(calibrationOf([1, 2], "detector", [], [[1, 1]]).source).toBe("detector");
  });
});

describe("dragging a handle", () => {
  it("keeps rectangles rectangles", () => {
    const corners = pointsOf("rectangle", [[0, 0], [4, 2]]);
    for (let handle = 0; handle < 4; handle += 1) {
      const moved = dragged("rectangle", corners, handle, [7, 9]);
      expect(moved[handle]).toEqual([7, 9]);
      expect(moved[(handle + 2) % 4]).toEqual(corners[(handle + 2) % 4]);
      expect(new Set(moved.map((each) => each[0])).size).toBe(2);
      expect(new Set(moved.map((each) => each[1])).size).toBe(2);
    }
  });

  it("keeps axes at a right angle", () => {
    const axes = pointsOf("bidirectional", [[0, 0], [8, 0]]);
    const [a, b, c, d] = dragged("bidirectional", axes, 1, [0, 8]) as [Pixel, Pixel, Pixel, Pixel];
    expect((b[0] - a[0]) * (d[0] - c[0]) + (b[1] - a[1]) * (d[1] - c[1])).toBeCloseTo(0);
    expect(Math.hypot(d[0] - c[0], d[1] - c[1])).toBeCloseTo(4);
  });

  it("moves one end of an ellipse", () => {
    const moved = dragged("ellipse", [[0, 0], [4, 0], [2, -1], [2, 1]], 1, [8, 5]);
    expect(moved).toEqual([[0, 0], [8, 0], [4, -1], [4, 1]]);
  });
});

describe("text", () => {
  it("is short", () => {
    const measurement = { label: "Node", quantities: quantitiesOf("length", [[0, 0], [8, 0]], calibration, null) };
    expect(linesOf(measurement as never)).toEqual(["Node", "4.00 mm"]);
  });
});
