import type { DifferenceSets } from "../../api/types";

/** What is shown of a pixel; 0 is nothing. */
export const KINDS = ["both", "only_first", "only_second", "first_alone", "second_alone"] as const;
export type Kind = (typeof KINDS)[number];

/** How a kind is drawn: the direction says who, how dense the lines are whether the other says no or nothing. */
interface Pattern {
  color: readonly [number, number, number];
  period: number;
  /** 1 for rising lines, -1 for falling ones, 0 for an even area. */
  slope: 1 | -1 | 0;
}

export const PATTERNS: Record<Kind, Pattern> = {
  both: { color: [255, 255, 255], period: 1, slope: 0 },
  only_first: { color: [86, 180, 233], period: 9, slope: 1 },
  only_second: { color: [230, 159, 0], period: 9, slope: -1 },
  first_alone: { color: [86, 180, 233], period: 20, slope: 1 },
  second_alone: { color: [230, 159, 0], period: 20, slope: -1 },
};

const LINE = 3;
const VEIL = 90;

/** The kind of every pixel, row by row. */
export function kindsOf(sets: DifferenceSets, pixels: number): Uint8Array {
  const kinds = new Uint8Array(pixels);
  KINDS.forEach((kind, index) => {
    const runs = sets[kind];
    for (let k = 0; k < runs.length; k += 2) kinds.fill(index + 1, runs[k], runs[k]! + runs[k + 1]!);
  });
  return kinds;
}

export function areaOf(runs: readonly number[]): number {
  return runs.reduce((sum, length, k) => sum + (k % 2 ? length : 0), 0);
}

/** Draws the kinds of a picture as wide as `width` into an image of another size: lines keep their width on the screen. */
export function draw(target: ImageData, kinds: Uint8Array, width: number, height: number): void {
  const { data, width: across, height: down } = target;
  for (let y = 0; y < down; y++) {
    const row = Math.min(height - 1, Math.floor((y * height) / down)) * width;
    for (let x = 0; x < across; x++) {
      const kind = kinds[row + Math.min(width - 1, Math.floor((x * width) / across))]!;
      if (kind > 0) put(data, 4 * (y * across + x), PATTERNS[KINDS[kind - 1]!], x, y);
    }
  }
}

function put(data: Uint8ClampedArray, at: number, { color, period, slope }: Pattern, x: number, y: number): void {
  const place = slope === 0 ? 0 : (((x + slope * y) % period) + period) % period;
  // Dark edges keep a line apart from a picture of its own colour.
  const inside = slope === 0 || (place > 0 && place <= LINE);
  const edge = !inside && (place === 0 || place === LINE + 1);
  if (!inside && !edge) return;
  const [red, green, blue] = edge ? [0, 0, 0] : color;
  data[at] = red;
  data[at + 1] = green;
  data[at + 2] = blue;
  data[at + 3] = slope === 0 ? VEIL : edge ? 200 : 255;
}
