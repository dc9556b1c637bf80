import { describe, expect, it } from "vitest";
import { likeliest, probabilityAt, Sampler, type Probabilities } from "./probabilities";

const PLANE: Probabilities = { width: 3, height: 2, data: Uint8Array.of(0, 100, 200, 50, 150, 250) };

describe("probabilities", () => {
  it("are the grid's own at its centres, and between them in between", () => {
    expect(probabilityAt(PLANE, 0.5, 0.25)).toBe(100);
    expect(probabilityAt(PLANE, 1 / 3, 0.25)).toBeCloseTo(50, 3);
    expect(probabilityAt(PLANE, 0.5, 0.5)).toBe(125);
  });

  it("stay the same from the outermost centres to the picture's edge", () => {
    expect([probabilityAt(PLANE, 0, 0), probabilityAt(PLANE, 1, 1)]).toEqual([0, 250]);
  });

  it("of a row are those of its places", () => {
    const across = Float64Array.from({ length: 50 }, (_, i) => (i + 0.5) / 50);
    const sampler = new Sampler(PLANE, across);
    for (const v of [0.1, 0.4, 0.9]) {
      sampler.toRow(v);
      expect([...sampler.values]).toEqual([...across].map((u) => probabilityAt(PLANE, u, v)));
    }
  });

  it("name a class only where it is more probable than not", () => {
    const planes = new Map([["gum", PLANE]]);
    expect([likeliest(planes, 0.9, 0.5), likeliest(planes, 0.1, 0.5)]).toEqual(["gum", null]);
  });
});
