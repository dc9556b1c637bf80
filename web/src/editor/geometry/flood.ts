import type { Runs } from "../../api/types";
import type { Rect } from "../labels/planes";
import { appendRun } from "../labels/runs";
import type { Point } from "./point";

/** Pixels of a part of the picture, row by row: 1 where they belong to something. */
export interface PartMask {
  readonly rect: Rect;
  readonly data: Uint8Array;
}

/** Where no channel differs from the seed's by more than the tolerance, as in everybody's bucket tool. */
export function similarColors(rgba: Uint8ClampedArray, seed: number, tolerance: number): Uint8Array {
  // By value, in one expression a channel: the first fill runs before anything is compiled.
  const near = Uint8Array.from({ length: 3 * 256 }, (_, k) => Number(Math.abs((k & 255) - rgba[4 * seed + (k >> 8)]) <= tolerance));
  const similar = new Uint8Array(rgba.length / 4);
  for (let i = 0, k = 0; i < similar.length; i++, k += 4) {
    similar[i] = near[rgba[k]] & near[256 + rgba[k + 1]] & near[512 + rgba[k + 2]];
  }
  return similar;
}

/** Takes out what lies outside the circle. */
export function cropToDisc({ rect, data }: PartMask, centre: Point, radius: number): void {
  const width = rect.x1 - rect.x0;
  for (let y = rect.y0; y < rect.y1; y++) {
    const half = Math.sqrt(Math.max(radius ** 2 - (y + 0.5 - centre.y) ** 2, 0));
    const row = (y - rect.y0) * width;
    const from = Math.min(Math.max(Math.ceil(centre.x - half - 0.5) - rect.x0, 0), width);
    const to = Math.max(Math.min(Math.floor(centre.x + half + 0.5) - rect.x0, width), from);
    data.fill(0, row, row + from);
    data.fill(0, row + to, row + width);
  }
}

/** What is open and can be reached from the seed over sides of pixels; stretch by stretch, so that it is fast. */
export function flood(open: Uint8Array, width: number, seed: number): Uint8Array {
  const filled = new Uint8Array(open.length);
  const waiting = [seed];
  for (let at = waiting.pop(); at !== undefined; at = waiting.pop()) {
    if (!open[at] || filled[at]) continue;
    const row = at - (at % width);
    let from = at;
    let to = at + 1;
    while (from > row && open[from - 1]) from--;
    while (to < row + width && open[to]) to++;
    filled.fill(1, from, to);
    if (row > 0) addStarts(open, filled, from - width, to - width, waiting);
    if (to + width <= open.length) addStarts(open, filled, from + width, to + width, waiting);
  }
  return filled;
}

/** One pixel of each stretch that is open and not yet filled. */
function addStarts(open: Uint8Array, filled: Uint8Array, from: number, to: number, waiting: number[]): void {
  let inside = false;
  for (let i = from; i < to; i++) {
    const fresh = open[i] === 1 && filled[i] === 0;
    if (fresh && !inside) waiting.push(i);
    inside = fresh;
  }
}

/** The same pixels as runs of a picture of this width. */
export function partRuns({ rect, data }: PartMask, pictureWidth: number): Runs {
  const runs: Runs = [];
  const width = rect.x1 - rect.x0;
  for (let y = rect.y0; y < rect.y1; y++) {
    const row = (y - rect.y0) * width;
    appendRow(runs, data.subarray(row, row + width), y * pictureWidth + rect.x0);
  }
  return runs;
}

function appendRow(runs: Runs, row: Uint8Array, start: number): void {
  for (let from = row.indexOf(1); from >= 0; ) {
    const end = row.indexOf(0, from);
    const to = end < 0 ? row.length : end;
    appendRun(runs, start + from, to - from);
    from = end < 0 ? -1 : row.indexOf(1, to);
  }
}
