import { describe, expect, it } from "vitest";
import { discRuns, sweptRuns } from "./brush";
import { pressedRadius, taperedRuns, type Dab } from "./taper";

const SIZE = { width: 120, height: 60 };

/** With what was covered before. */
function covered(from: Dab, to: Dab): Set<number> {
  const pixels = new Set<number>();
  for (const runs of [discRuns(from, from.radius, SIZE), ...taperedRuns(from, to, SIZE)]) {
    for (let i = 0; i < runs.length; i += 2) for (let k = 0; k < runs[i + 1]; k++) pixels.add(runs[i] + k);
  }
  return pixels;
}

function height(pixels: Set<number>, x: number): number {
  return [...pixels].filter((pixel) => pixel % SIZE.width === x).length;
}

describe("taperedRuns", () => {
  it("are what a brush of one size covers", () => {
    const [a, b] = [{ x: 20, y: 20, radius: 6 }, { x: 70, y: 40, radius: 6 }];
    expect(taperedRuns(a, b, SIZE)).toEqual([sweptRuns(a, b, 6, SIZE)]);
  });

  it.each([
    ["grow", 2, 20],
    ["shrink", 20, 2],
  ])("%s evenly, without beads", (_, start, end) => {
    const pixels = covered({ x: 30, y: 30, radius: start }, { x: 90, y: 30, radius: end });
    for (let x = 35; x < 85; x++) {
      const radius = start + ((end - start) * (x + 0.5 - 30)) / 60;
      expect(Math.abs(height(pixels, x) - 2 * radius)).toBeLessThan(4);
    }
  });

  it("cover all of a disc that grows in its place", () => {
    const place = { x: 60, y: 30 };
    const pixels = covered({ ...place, radius: 1 }, { ...place, radius: 20 });
    expect(pixels.size / (Math.PI * 400)).toBeCloseTo(1, 1);
  });
});

describe("pressedRadius", () => {
  it("is the brush's own at full pressure, and never nothing", () => {
    expect(pressedRadius(20, 1)).toBe(20);
    expect(pressedRadius(20, 0)).toBe(4);
    expect(pressedRadius(0.5, 0)).toBe(0.5);
  });
});
