import { describe, expect, it } from "vitest";
import { countPixels } from "../labels/runs";
import { baselineBox, boxCentre, boxCorners, resizedBox, turnedBox, uprightBox } from "./box";
import { contains, polygonRuns } from "./polygon";

const SIZE = { width: 100, height: 80 };

describe("boxes", () => {
  it("turn clockwise about their own top left corner, as the contract says", () => {
    const [, right, , below] = boxCorners({ x: 10, y: 20, width: 5, height: 3, rotation: 90 });
    expect(right.x).toBeCloseTo(10);
    expect(right.y).toBeCloseTo(25);
    expect(below.x).toBeCloseTo(7);
    expect(below.y).toBeCloseTo(20);
  });

  it("go from corner to corner, whichever comes first", () => {
    expect(uprightBox({ x: 9, y: 8 }, { x: 2, y: 3 })).toEqual({ x: 2, y: 3, width: 7, height: 5, rotation: 0 });
  });

  it("lie on their baseline, to the side of the third point", () => {
    for (const c of [{ x: 30, y: 60 }, { x: 50, y: 5 }]) {
      const corners = boxCorners(baselineBox({ x: 20, y: 30 }, { x: 60, y: 40 }, c));
      const near = (x: number, y: number) => corners.some((corner) => Math.hypot(corner.x - x, corner.y - y) < 0.05);
      expect(near(20, 30) && near(60, 40)).toBe(true);
      expect(contains(corners, { x: (40 + c.x) / 2, y: (35 + c.y) / 2 })).toBe(true);
    }
  });

  it("keep their centre when turned, and the opposite corner when resized", () => {
    const box = { x: 10, y: 10, width: 30, height: 20, rotation: 15 };
    const centre = boxCentre(turnedBox(box, 70));
    expect(centre.x).toBeCloseTo(boxCentre(box).x, 1);
    expect(centre.y).toBeCloseTo(boxCentre(box).y, 1);
    const before = boxCorners(box)[0];
    const after = boxCorners(resizedBox(box, 2, { x: 50, y: 45 }))[0];
    expect(Math.hypot(before.x - after.x, before.y - after.y)).toBeLessThan(0.05);
  });
});

describe("polygons", () => {
  it("hold the pixels whose centres are inside", () => {
    const square = [{ x: 10, y: 10 }, { x: 20, y: 10 }, { x: 20, y: 15 }, { x: 10, y: 15 }];
    expect(polygonRuns(square, SIZE)).toEqual([1010, 10, 1110, 10, 1210, 10, 1310, 10, 1410, 10]);
  });

  it("are cut off at the picture's edge", () => {
    const large = [{ x: -50, y: -50 }, { x: 200, y: -50 }, { x: 200, y: 200 }, { x: -50, y: 200 }];
    expect(countPixels(polygonRuns(large, SIZE))).toBe(8000);
  });

  it("share an edge without overlap or gap", () => {
    const left = [{ x: 5, y: 5 }, { x: 50.3, y: 9 }, { x: 41.7, y: 70 }];
    const right = [{ x: 50.3, y: 9 }, { x: 90, y: 60 }, { x: 41.7, y: 70 }];
    const both = [{ x: 5, y: 5 }, { x: 50.3, y: 9 }, { x: 90, y: 60 }, { x: 41.7, y: 70 }];
    expect(countPixels(polygonRuns(left, SIZE)) + countPixels(polygonRuns(right, SIZE))).toBe(countPixels(polygonRuns(both, SIZE)));
  });
});
