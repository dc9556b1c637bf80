import type { Runs } from "../../api/types";
import { sameRuns } from "./runs";

export interface Level {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;
  /** The same, four in one; up to three at the end are left out. */
  readonly words: Uint32Array;
}

// Zoomed out, one screen pixel covers many picture pixels. Sampling one of them would make thin strokes disappear, so
// each level keeps, of every 2 × 2 below, the byte of the highest rank. Only what changed is pooled again.
const SMALLEST_SIDE = 256;

/** A plane of bytes and its halved copies, down to a few hundred pixels a side. */
export class PlanePyramid {
  readonly levels: Level[];
  /** The pixels of the first level. */
  readonly data: Uint8Array;
  /** The same, four in one; up to three at the end are left out. */
  readonly words: Uint32Array;

  constructor(
    readonly width: number,
    readonly height: number,
    private readonly rank: Uint8Array,
  ) {
    this.levels = emptyLevels(width, height);
    this.data = this.levels[0].data;
    this.words = this.levels[0].words;
  }

  /** Has the memory really given, not only promised: page by page while a stroke is drawn, that would take its time. */
  touch(): void {
    for (const { data } of this.levels) data.fill(0);
  }

  set(runs: Runs, byte: number): void {
    for (let i = 0; i < runs.length; i += 2) this.data.fill(byte, runs[i], runs[i] + runs[i + 1]);
    this.pool(runs);
  }

  /** Brings the halved levels up to date after pixels of the first have changed. */
  pool(runs: Runs): void {
    const byLevel = spansByLevel(runs, this.width, this.levels.length);
    for (let k = 1; k < this.levels.length; k++) {
      const spans = byLevel[k];
      for (let i = 0; i < spans.length; i += 3) {
        poolRow(this.levels[k - 1], this.levels[k], spans[i], spans[i + 1], spans[i + 2], this.rank);
      }
    }
  }
}

/** Row, first and last column, and so on. */
type Spans = number[];

interface Known {
  runs: Runs;
  width: number;
  byLevel: Spans[];
}

let last: Known | null = null;

/** "Neither" changes the same pixels in every class, one after the other: their spans are found once. */
function spansByLevel(runs: Runs, width: number, levels: number): Spans[] {
  if (last && last.width === width && last.byLevel.length === levels && sameRuns(last.runs, runs)) return last.byLevel;
  const byLevel = [spansOf(runs, width)];
  while (byLevel.length < levels) byLevel.push(halved(byLevel[byLevel.length - 1]));
  last = { runs: runs.slice(), width, byLevel };
  return byLevel;
}

/** A run may go over the end of a row. */
function spansOf(runs: Runs, width: number): Spans {
  const spans: Spans = [];
  for (let i = 0; i < runs.length; i += 2) {
    const end = runs[i] + runs[i + 1];
    for (let y = Math.floor(runs[i] / width); y * width < end; y++) {
      spans.push(y, Math.max(runs[i] - y * width, 0), Math.min(end - y * width, width) - 1);
    }
  }
  return spans;
}

/** How many spans back one of the row above may be: a brush leaves two a row, one at each side. */
const LOOK_BACK = 4;

/** The spans of the level above. Those of two rows that become one are joined, so that nothing is pooled twice. */
function halved(spans: Spans): Spans {
  const found: Spans = [];
  for (let i = 0; i < spans.length; i += 3) {
    const row = spans[i] >> 1;
    const from = spans[i + 1] >> 1;
    const to = spans[i + 2] >> 1;
    const at = joinable(found, row, from, to);
    if (at < 0) found.push(row, from, to);
    else {
      found[at + 1] = Math.min(found[at + 1], from);
      found[at + 2] = Math.max(found[at + 2], to);
    }
  }
  return found;
}

function joinable(spans: Spans, row: number, from: number, to: number): number {
  for (let at = spans.length - 3; at >= Math.max(0, spans.length - 3 * LOOK_BACK); at -= 3) {
    if (spans[at] === row && from <= spans[at + 2] + 1 && to >= spans[at + 1] - 1) return at;
  }
  return -1;
}

function emptyLevels(width: number, height: number): Level[] {
  const levels = [emptyLevel(width, height)];
  while (Math.max(width, height) > SMALLEST_SIDE) {
    width = Math.ceil(width / 2);
    height = Math.ceil(height / 2);
    levels.push(emptyLevel(width, height));
  }
  return levels;
}

function emptyLevel(width: number, height: number): Level {
  const data = new Uint8Array(width * height);
  return { width, height, data, words: new Uint32Array(data.buffer, 0, data.length >> 2) };
}

/** Two pixels at a time where rows start on whole words: inside of what a brush has covered, all eight below are equal. */
function poolRow(from: Level, to: Level, y: number, x0: number, x1: number, rank: Uint8Array): void {
  const inWords = from.width % 4 === 0;
  const first = inWords ? Math.min((x0 + 1) & ~1, x1 + 1) : x1 + 1;
  poolPixels(from, to, y, x0, first - 1, rank);
  const top = (2 * y * from.width) >> 2;
  const below = 2 * y + 1 < from.height ? top + (from.width >> 2) : top;
  const { words } = from;
  const target = to.data;
  const row = y * to.width;
  let x = first;
  for (; x < x1; x += 2) {
    const word = words[top + (x >> 1)] | 0;
    if (word === (words[below + (x >> 1)] | 0) && word === ((word << 8) | (word >>> 24))) {
      target[row + x] = target[row + x + 1] = word & 0xff;
    } else poolPixels(from, to, y, x, x + 1, rank);
  }
  poolPixels(from, to, y, x, x1, rank);
}

function poolPixels(from: Level, to: Level, y: number, x0: number, x1: number, rank: Uint8Array): void {
  const top = 2 * y * from.width;
  const below = 2 * y + 1 < from.height ? top + from.width : top;
  const lastX = from.width - 1;
  const source = from.data;
  const target = to.data;
  for (let x = x0, at = y * to.width + x0; x <= x1; x++, at++) {
    const left = 2 * x;
    const right = left < lastX ? left + 1 : left;
    target[at] = highest(source[top + left], source[top + right], source[below + left], source[below + right], rank);
  }
}

function highest(a: number, b: number, c: number, d: number, rank: Uint8Array): number {
  if (a === b && a === c && a === d) return a;
  const ab = rank[a] >= rank[b] ? a : b;
  const cd = rank[c] >= rank[d] ? c : d;
  return rank[ab] >= rank[cd] ? ab : cd;
}
