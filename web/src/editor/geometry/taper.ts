import type { Runs } from "../../api/types";
import { discRuns, SMALLEST_RADIUS, sweptRuns } from "./brush";
import { distance, type Point, type Size } from "./point";

/** A brush at a place. */
export interface Dab extends Point {
  readonly radius: number;
}

/** Of the brush's radius, what is left of it at the lightest touch: a line that vanishes cannot be seen to be drawn. */
const LIGHTEST = 0.2;

export function pressedRadius(radius: number, pressure: number): number {
  return Math.max(SMALLEST_RADIUS, radius * (LIGHTEST + (1 - LIGHTEST) * pressure));
}

/** What a brush newly covers on its way, part by part, when it grows or shrinks: by no more than a pixel each. */
export function taperedRuns(from: Dab, to: Dab, size: Size): Runs[] {
  const parts: Runs[] = [];
  let last = from;
  for (const dab of steps(from, to)) {
    parts.push(sweptRuns(last, dab, Math.min(last.radius, dab.radius), size));
    if (dab.radius > last.radius) parts.push(discRuns(dab, dab.radius, size));
    last = dab;
  }
  return parts.filter((runs) => runs.length > 0);
}

function steps(from: Dab, to: Dab): Dab[] {
  const change = Math.abs(to.radius - from.radius);
  const count = Math.max(1, Math.ceil(Math.min(change, distance(from, to))));
  const between = (a: number, b: number, k: number) => a + ((b - a) * k) / count;
  return Array.from({ length: count }, (_, k) => ({
    x: between(from.x, to.x, k + 1),
    y: between(from.y, to.y, k + 1),
    radius: between(from.radius, to.radius, k + 1),
  }));
}
