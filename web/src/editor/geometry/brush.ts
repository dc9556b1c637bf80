import type { Runs } from "../../api/types";
import { appendRun } from "../labels/runs";
import type { Point, Size } from "./point";

/** Below this, a diagonal line would have gaps. */
export const SMALLEST_RADIUS = 0.5;
export const LARGEST_RADIUS = 1024;

/** The pixels whose centres lie in the circle, and the one under its own centre. */
export function discRuns(centre: Point, radius: number, size: Size): Runs {
  const capsule = new Capsule(centre, centre, radius);
  const runs: Runs = [];
  for (let y = capsule.firstRow(); y <= capsule.lastRow(size); y++) {
    capsule.toRow(y);
    appendSpan(runs, y, capsule.from, capsule.to, size);
  }
  return runs;
}

/** What the circle newly covers when it moves from a to b. What it covered at a is left out: that is painted already. */
export function sweptRuns(a: Point, b: Point, radius: number, size: Size): Runs {
  const swept = new Capsule(a, b, radius);
  const old = new Capsule(a, a, radius);
  const runs: Runs = [];
  for (let y = swept.firstRow(); y <= swept.lastRow(size); y++) {
    swept.toRow(y);
    old.toRow(y);
    if (old.from > old.to) appendSpan(runs, y, swept.from, swept.to, size);
    else {
      appendSpan(runs, y, swept.from, old.from - 1, size);
      appendSpan(runs, y, old.to + 1, swept.to, size);
    }
  }
  return runs;
}

function appendSpan(runs: Runs, y: number, from: number, to: number, size: Size): void {
  const first = Math.max(from, 0);
  const last = Math.min(to, size.width - 1);
  if (first <= last) appendRun(runs, y * size.width + first, last - first + 1);
}

/**
 * What a circle covers on its way from a to b. It is convex, so a row of it is one span: `from` to `to`, both included,
 * after `toRow`; empty when from > to. A stroke asks for thousands of rows a second, hence no object a row.
 */
class Capsule {
  from = 0;
  to = -1;
  private left = Infinity;
  private right = -Infinity;
  /** From the line between the centres to the lines that touch both circles. */
  private readonly nx: number;
  private readonly ny: number;

  constructor(
    private readonly a: Point,
    private readonly b: Point,
    private readonly radius: number,
  ) {
    const length = Math.hypot(b.x - a.x, b.y - a.y) || 1;
    this.nx = (-(b.y - a.y) / length) * radius;
    this.ny = ((b.x - a.x) / length) * radius;
  }

  firstRow(): number {
    return Math.max(0, Math.floor(Math.min(this.a.y, this.b.y) - this.radius));
  }

  lastRow(size: Size): number {
    return Math.min(size.height - 1, Math.floor(Math.max(this.a.y, this.b.y) + this.radius));
  }

  toRow(y: number): void {
    this.left = Infinity;
    this.right = -Infinity;
    this.addDisc(this.a, y);
    this.addDisc(this.b, y);
    this.addSide(1, y + 0.5);
    this.addSide(-1, y + 0.5);
    this.from = Math.ceil(this.left - 0.5);
    this.to = Math.floor(this.right - 0.5);
  }

  private addDisc({ x, y: middle }: Point, y: number): void {
    const half = this.radius ** 2 - (y + 0.5 - middle) ** 2;
    if (half >= 0) this.add(x - Math.sqrt(half), x + Math.sqrt(half));
    // However small, a brush paints the pixel it is on.
    if (y === Math.floor(middle)) this.add(Math.floor(x) + 0.5, Math.floor(x) + 0.5);
  }

  private addSide(sign: 1 | -1, y: number): void {
    const top = this.a.y + sign * this.ny;
    const bottom = this.b.y + sign * this.ny;
    if (top <= y === bottom <= y) return;
    const x = this.a.x + sign * this.nx + ((y - top) / (bottom - top)) * (this.b.x - this.a.x);
    this.add(x, x);
  }

  private add(left: number, right: number): void {
    if (left < this.left) this.left = left;
    if (right > this.right) this.right = right;
  }
}
