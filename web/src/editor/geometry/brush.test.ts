import { describe, expect, it } from "vitest";
import type { Runs } from "../../api/types";
import { countPixels } from "../labels/runs";
import { randomFrom } from "../testing/random";
import { discRuns, sweptRuns } from "./brush";
import type { Point } from "./point";

const SIZE = { width: 60, height: 50 };

function pixels(runs: Runs): Set<number> {
  const found = new Set<number>();
  for (let i = 0; i < runs.length; i += 2) for (let k = 0; k < runs[i + 1]; k++) found.add(runs[i] + k);
  return found;
}

function isTidy(runs: Runs): boolean {
  for (let i = 2; i < runs.length; i += 2) if (runs[i] < runs[i - 2] + runs[i - 1]) return false;
  return runs.every((number) => Number.isInteger(number) && number >= 0);
}

function distanceToSegment(a: Point, b: Point, x: number, y: number): number {
  const squared = (b.x - a.x) ** 2 + (b.y - a.y) ** 2;
  const t = squared === 0 ? 0 : Math.min(1, Math.max(0, ((x - a.x) * (b.x - a.x) + (y - a.y) * (b.y - a.y)) / squared));
  return Math.hypot(x - a.x - t * (b.x - a.x), y - a.y - t * (b.y - a.y));
}

describe("brush", () => {
  it("of the smallest radius paints the pixel it is on", () => {
    expect(discRuns({ x: 3.5, y: 2.5 }, 0.5, SIZE)).toEqual([2 * 60 + 3, 1]);
    expect(discRuns({ x: 3.01, y: 2.99 }, 0.5, SIZE)).toEqual([2 * 60 + 3, 1]);
  });

  it("covers as many pixels as a circle of its radius", () => {
    const count = countPixels(discRuns({ x: 500, y: 500 }, 300, { width: 1000, height: 1000 }));
    expect(Math.abs(count / (Math.PI * 300 ** 2) - 1)).toBeLessThan(0.001);
  });

  it("stays inside the picture", () => {
    for (const at of [{ x: -2, y: -2 }, { x: 61, y: 20 }, { x: 30, y: 52 }]) {
      for (const pixel of pixels(discRuns(at, 6, SIZE))) expect(pixel).toBeLessThan(3000);
    }
    expect(discRuns({ x: -20, y: -20 }, 5, SIZE)).toEqual([]);
  });

  it.each([1, 2, 3, 4, 5, 6, 7, 8])("swept covers exactly what is near the way, seed %i", (seed) => {
    const random = randomFrom(seed * 104_729);
    const point = () => ({ x: random() * 80 - 10, y: random() * 70 - 10 });
    for (let i = 0; i < 60; i++) {
      const [a, b, radius] = [point(), point(), 0.5 + random() * 12];
      const first = discRuns(a, radius, SIZE);
      const rest = sweptRuns(a, b, radius, SIZE);
      expect(isTidy(first) && isTidy(rest)).toBe(true);
      const painted = pixels(first);
      const again = [...pixels(rest)].filter((pixel) => painted.has(pixel));
      for (const pixel of pixels(rest)) painted.add(pixel);
      const wrong = Array.from({ length: 3000 }, (_, at) => at).filter((at) => {
        const away = distanceToSegment(a, b, (at % 60) + 0.5, Math.floor(at / 60) + 0.5) - radius;
        return painted.has(at) ? away > 1 : away < -1e-6;
      });
      expect([again, wrong]).toEqual([[], []]);
    }
  });

  it("leaves no gap in a fast, thin stroke", () => {
    const path = sweptRuns({ x: 2.5, y: 2.5 }, { x: 55.5, y: 30.5 }, 0.5, SIZE);
    const columns = new Set([...pixels(path)].map((pixel) => pixel % 60));
    for (let x = 3; x <= 55; x++) expect(columns.has(x)).toBe(true);
  });
});
