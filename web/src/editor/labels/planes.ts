import type { ClassName, Mask, PaintOp, Runs } from "../../api/types";
import { ANY_BYTE, BYTES, byteOf, byteSet, VALUE_BITS, type ByteSet } from "./byte";
import { inverseOf, opsOf, type Change } from "./change";
import { PlanePyramid } from "./pyramid";
import { appendRun } from "./runs";

/** Picture pixels, right and bottom not included. */
export interface Rect {
  x0: number;
  y0: number;
  x1: number;
  y1: number;
}

// Zoomed out, paint goes before what was only accepted, and yes before no.
const RANK = Uint8Array.of(0, 3, 4, 0, 0, 1, 2, 0);

/** What is said of every pixel, per class. A class nobody said anything about has no plane and costs no memory. */
export class LabelPlanes {
  private readonly planes = new Map<ClassName, PlanePyramid>();
  private readonly spare = new Map<ClassName, PlanePyramid>();
  /** Called after each call that changed pixels. */
  onchange: (rect: Rect) => void = () => {};

  constructor(
    readonly width: number,
    readonly height: number,
  ) {}

  load(masks: Record<ClassName, Mask>): void {
    for (const [name, mask] of Object.entries(masks)) this.loadMask(name, mask);
  }

  /** The same in place of everything that is here. */
  reload(masks: Record<ClassName, Mask>): void {
    for (const name of this.planes.keys()) this.set(name, byteOf("unknown"), [0, this.width * this.height]);
    this.load(masks);
  }

  private loadMask(name: ClassName, mask: Mask): void {
    this.set(name, byteOf("negative"), mask.negative);
    this.set(name, byteOf("positive"), mask.positive);
    this.replace(name, byteOf("negative"), byteOf("negative", "accepted"), mask.accepted);
    this.replace(name, byteOf("positive"), byteOf("positive", "accepted"), mask.accepted);
  }

  /** How many classes something was said about. */
  get size(): number {
    return this.planes.size;
  }

  plane(name: ClassName): PlanePyramid | undefined {
    return this.planes.get(name);
  }

  at(name: ClassName, x: number, y: number): number {
    return this.planes.get(name)?.data[y * this.width + x] ?? 0;
  }

  /** Applies an operation and answers those that undo it. */
  apply(op: PaintOp): PaintOp[] {
    return opsOf(this.set(op.class, byteOf(op.value, op.origin), op.runs).map(inverseOf));
  }

  /** Sets pixels (those whose byte is in `where`) and answers what really changed. */
  set(name: ClassName, to: number, runs: Runs, where: ByteSet = ANY_BYTE): Change[] {
    const changed: Runs[] = Array.from({ length: BYTES }, () => []);
    const plane = this.planeFor(name);
    const area = emptyArea();
    for (let i = 0; i < runs.length; i += 2) {
      if (sweep(plane, runs[i], runs[i] + runs[i + 1], to, where, changed)) grow(area, runs[i], runs[i + 1], this.width);
    }
    for (const runs of changed) if (runs.length > 0) plane.pool(runs);
    if (area.y1 > area.y0) this.onchange(area);
    return changed.flatMap((runs, from) => (runs.length > 0 ? [{ class: name, from, to, runs }] : []));
  }

  /** Sets the pixels that hold `from`: what somebody else set meanwhile stays theirs. */
  replace(name: ClassName, from: number, to: number, runs: Runs): Change[] {
    return this.set(name, to, runs, byteSet((byte) => byte === from));
  }

  redo(changes: readonly Change[]): Change[] {
    return changes.flatMap((change) => this.replace(change.class, change.from, change.to, change.runs));
  }

  undo(changes: readonly Change[]): Change[] {
    return this.redo(changes.map(inverseOf));
  }

  /** Whether some pixels are neither what they were before the change nor what it makes of them. */
  disputes({ class: name, from, to, runs }: Change): boolean {
    const data = this.planes.get(name)?.data;
    for (let i = 0; i < runs.length; i += 2) {
      for (let k = runs[i]; k < runs[i] + runs[i + 1]; k++) {
        const now = data?.[k] ?? 0;
        if (now !== from && (now & VALUE_BITS) !== (to & VALUE_BITS)) return true;
      }
    }
    return false;
  }

  /** Takes the memory of a class before its first stroke does: at 24 megapixels that takes longer than a frame. */
  prepare(name: ClassName): void {
    if (this.planes.has(name)) return;
    const plane = new PlanePyramid(this.width, this.height, RANK);
    plane.touch();
    this.spare.set(name, plane);
  }

  private planeFor(name: ClassName): PlanePyramid {
    const known = this.planes.get(name);
    if (known) return known;
    const plane = this.spare.get(name) ?? new PlanePyramid(this.width, this.height, RANK);
    this.spare.delete(name);
    this.planes.set(name, plane);
    return plane;
  }
}

function sweep(plane: PlanePyramid, start: number, end: number, to: number, where: ByteSet, changed: Runs[]): boolean {
  const { data } = plane;
  let any = false;
  for (let i = start, j = start; i < end; i = j) {
    const from = data[i];
    j = endOfStretch(plane, i, end, from);
    if (from === to || !where[from]) continue;
    data.fill(to, i, j);
    appendRun(changed[from], i, j - i);
    any = true;
  }
  return any;
}

/** Where the bytes that are like the first end: four at a time, because this is where a wide brush spends its time. */
function endOfStretch({ data, words }: PlanePyramid, start: number, end: number, byte: number): number {
  const four = byte * 0x01010101;
  const aligned = Math.min((start + 3) & ~3, end);
  let j = start;
  while (j < aligned && data[j] === byte) j++;
  if (j < aligned) return j;
  while (j + 4 <= end && words[j >> 2] === four) j += 4;
  while (j < end && data[j] === byte) j++;
  return j;
}

function emptyArea(): Rect {
  return { x0: Infinity, y0: Infinity, x1: -Infinity, y1: -Infinity };
}

function grow(area: Rect, start: number, length: number, width: number): void {
  const y = Math.floor(start / width);
  const x = start - y * width;
  const wraps = x + length > width;
  area.x0 = Math.min(area.x0, wraps ? 0 : x);
  area.x1 = Math.max(area.x1, wraps ? width : x + length);
  area.y0 = Math.min(area.y0, y);
  area.y1 = Math.max(area.y1, Math.floor((start + length - 1) / width) + 1);
}
