import { expect, test } from "vitest";
import { PlanePyramid } from "./pyramid";

const RANK = Uint8Array.of(0, 3, 4, 0, 0, 1, 2, 0);

/** The same numbers each time. */
function numbers(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

function expected({ levels }: PlanePyramid, k: number, x: number, y: number): number {
  const { width, height, data } = levels[k - 1];
  const columns = [2 * x, Math.min(2 * x + 1, width - 1)];
  const rows = [2 * y, Math.min(2 * y + 1, height - 1)];
  const found = rows.flatMap((row) => columns.map((column) => data[row * width + column]));
  return found.reduce((best, byte) => (RANK[byte] > RANK[best] ? byte : best));
}

test.each([
  [600, 400],
  [601, 403],
  [602, 301],
  [515, 1030],
  [1024, 1],
  [1, 777],
])("the halved copies of %i × %i keep the highest rank of what was painted", (width, height) => {
  const plane = new PlanePyramid(width, height, RANK);
  const next = numbers(width * height);
  for (let stroke = 0; stroke < 40; stroke++) {
    const byte = next(6);
    const [tall, wide] = [1 + next(Math.min(height, 30)), 1 + next(Math.min(width, 200))];
    const [top, left] = [next(height - tall + 1), next(width - wide + 1)];
    const runs = Array.from({ length: tall }, (_, row) => [(top + row) * width + left, wide]).flat();
    plane.set(runs, byte);
  }
  for (let k = 1; k < plane.levels.length; k++) {
    const level = plane.levels[k];
    for (let y = 0; y < level.height; y++) {
      for (let x = 0; x < level.width; x++) {
        if (level.data[y * level.width + x] !== expected(plane, k, x, y)) {
          expect.fail(`level ${k} at ${x}, ${y}: ${level.data[y * level.width + x]}, not ${expected(plane, k, x, y)}`);
        }
      }
    }
  }
});
