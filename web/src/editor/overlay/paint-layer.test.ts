import { describe, expect, it } from "vitest";
import type { Class } from "../../api/types";
import { LabelPlanes } from "../labels/planes";
import type { Patch } from "./layer";
import { PaintLayer, type PaintView } from "./paint-layer";

const CLASSES: Class[] = [
  { name: "tooth", color: [0, 255, 0] },
  { name: "gum", color: [255, 0, 0] },
];
const VIEW: PaintView = { classes: CLASSES, subject: "tooth", alone: false, density: 1 };

/** What the layer paints of the picture at a scale: 0 where nothing. */
function painted(planes: LabelPlanes, scale: number, view = VIEW, left = 0, top = 0): Uint32Array {
  const words = new Uint32Array(64 * 64);
  const patch: Patch = { words, stride: 64, x0: 0, y0: 0, x1: 64, y1: 64, left, top, scale, picture: planes };
  new PaintLayer(planes, view).paint(patch);
  return words;
}

function count(words: Uint32Array): number {
  return words.filter((each) => each !== 0).length;
}

const GREEN = 0xff00ff00;
const RED = 0xff0000ff;

describe("the paint", () => {
  it("is on the pixels that were painted, at any zoom", () => {
    const planes = new LabelPlanes(1000, 800);
    planes.set("tooth", 2, [12 * 1000 + 10, 5]);
    expect([...painted(planes, 1).slice(12 * 64 + 9, 12 * 64 + 16)]).toEqual([0, GREEN, GREEN, GREEN, GREEN, GREEN, 0]);
    expect(count(painted(planes, 4, VIEW, 32, 32))).toBe(5 * 4 * 4);
  });

  it.each([0.9, 0.7, 0.5, 0.36, 0.183, 0.12])("of single pixels is still seen at scale %d", (scale) => {
    for (let x = 1000; x < 1040; x += 3) {
      const planes = new LabelPlanes(2000, 1500);
      planes.set("tooth", 2, [800 * 2000 + x, 1]);
      const shown = painted(planes, scale, VIEW, Math.floor(x * scale) - 30, Math.floor(800 * scale) - 30);
      expect(count(shown)).toBeGreaterThan(0);
    }
  });

  it("shows the class at hand above the others, and alone when asked", () => {
    const planes = new LabelPlanes(64, 64);
    planes.set("gum", 2, [0, 20]);
    planes.set("tooth", 2, [0, 10]);
    expect([painted(planes, 1)[5], painted(planes, 1)[15]]).toEqual([GREEN, RED]);
    expect(painted(planes, 1, { ...VIEW, subject: "gum" })[5]).toBe(RED);
    expect(count(painted(planes, 1, { ...VIEW, alone: true }))).toBe(10);
  });

  it("tells neither from the no of one class", () => {
    const planes = new LabelPlanes(64, 64);
    planes.set("tooth", 1, [0, 64]);
    const one = [...painted(planes, 1).slice(0, 64)];
    planes.set("gum", 1, [0, 64]);
    const both = [...painted(planes, 1).slice(0, 64)];
    expect(one.every((each) => each !== 0) && both.every((each) => each !== 0)).toBe(true);
    expect(both).not.toEqual(one);
  });
});
