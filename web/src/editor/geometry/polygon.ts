import type { Runs } from "../../api/types";
import { appendRun } from "../labels/runs";
import { distance, type Point, type Size } from "./point";

/** The pixels whose centres are inside the closed outline (even-odd, as everybody's fill tool). */
export function polygonRuns(points: readonly Point[], size: Size): Runs {
  const runs: Runs = [];
  const ys = points.map((point) => point.y);
  const top = Math.max(0, Math.floor(Math.min(...ys)));
  const bottom = Math.min(size.height - 1, Math.ceil(Math.max(...ys)));
  for (let y = top; y <= bottom; y++) fillRow(runs, crossings(points, y + 0.5), y, size);
  return runs;
}

function crossings(points: readonly Point[], y: number): number[] {
  const xs: number[] = [];
  for (let i = 0, j = points.length - 1; i < points.length; j = i++) {
    const [p, q] = [points[j], points[i]];
    if (p.y <= y !== q.y <= y) xs.push(p.x + ((y - p.y) / (q.y - p.y)) * (q.x - p.x));
  }
  return xs.sort((a, b) => a - b);
}

function fillRow(runs: Runs, xs: number[], y: number, size: Size): void {
  for (let i = 0; i + 1 < xs.length; i += 2) {
    const from = Math.max(0, Math.ceil(xs[i] - 0.5));
    const to = Math.min(size.width - 1, Math.ceil(xs[i + 1] - 0.5) - 1);
    if (from <= to) appendRun(runs, y * size.width + from, to - from + 1);
  }
}

export function contains(points: readonly Point[], point: Point): boolean {
  return crossings(points, point.y).filter((x) => x <= point.x).length % 2 === 1;
}

/** Distance from a point to the outline. */
export function outlineDistance(points: readonly Point[], point: Point): number {
  return Math.min(...points.map((p, i) => segmentDistance(p, points[(i + 1) % points.length], point)));
}

function segmentDistance(a: Point, b: Point, p: Point): number {
  const squared = distance(a, b) ** 2;
  if (squared === 0) return distance(a, p);
  const t = ((p.x - a.x) * (b.x - a.x) + (p.y - a.y) * (b.y - a.y)) / squared;
  const along = Math.min(Math.max(t, 0), 1);
  return distance({ x: a.x + along * (b.x - a.x), y: a.y + along * (b.y - a.y) }, p);
}
