import { describe, expect, it } from "vitest";
import { areaOf, draw, kindsOf, PATTERNS } from "./difference";

const sets = { both: [0, 3], only_first: [3, 2], only_second: [], first_alone: [9, 1], second_alone: [] };

describe("where two people differ", () => {
  it("is a kind for every pixel", () => {
    expect([...kindsOf(sets, 10)]).toEqual([1, 1, 1, 2, 2, 0, 0, 0, 0, 4]);
    expect(areaOf(sets.only_first)).toBe(2);
  });

  it("is told by lines that rise or fall, near together or apart, without colour", () => {
    const looks = new Set(Object.values(PATTERNS).map(({ slope, period }) => `${slope} ${period}`));
    expect(looks.size).toBe(Object.keys(PATTERNS).length);
  });

  it("is drawn larger than the picture with lines of the same width", () => {
    const size = 80;
    const target = { data: new Uint8ClampedArray(4 * size * size), width: size, height: size } as ImageData;
    draw(target, new Uint8Array(4).fill(2), 2, 2);
    const opaque = (row: number) => [...Array(size).keys()].filter((x) => target.data[4 * (row * size + x) + 3] === 255).length;
    const { period } = PATTERNS.only_first;
    for (const row of [0, 40]) expect(Math.abs(opaque(row) - (3 * size) / period)).toBeLessThanOrEqual(3);
    const first = (row: number) => [...Array(size).keys()].find((x) => target.data[4 * (row * size + x) + 3] === 255);
    expect(first(0)).not.toBe(first(1));
  });
});
