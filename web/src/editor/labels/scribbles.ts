import type { Runs } from "../../api/types";
import { partRuns, type PartMask } from "../geometry/flood";
import type { Rect } from "./planes";

/** What is shown, by pixel: nothing, what is proposed, and what was scribbled. */
export const NOTHING = 0;
export const SUGGESTED = 1;
export const SCRIBBLED_YES = 2;
export const SCRIBBLED_NO = 3;

export type Scribbled = typeof NOTHING | typeof SCRIBBLED_YES | typeof SCRIBBLED_NO;

type Step = { value: Scribbled; runs: Runs[] } | { box: Rect };

/** What a person drew to show what is meant; none of it is paint yet. Later scribbles go over earlier ones. */
export class Scribbles {
  private steps: Step[] = [];

  constructor(private readonly width: number) {}

  get empty(): boolean {
    return this.steps.length === 0;
  }

  /** The box that was drawn last. */
  get box(): Rect | null {
    const last = this.steps.findLast((step) => "box" in step);
    return last && "box" in last ? last.box : null;
  }

  begin(value: Scribbled): void {
    this.steps.push({ value, runs: [] });
  }

  /** More of the scribble that was begun last. */
  add(runs: Runs): void {
    const last = this.steps[this.steps.length - 1];
    if (last && "runs" in last) last.runs.push(runs);
  }

  enclose(box: Rect): void {
    this.steps.push({ box });
  }

  stepBack(): void {
    this.steps.pop();
  }

  clear(): void {
    this.steps = [];
  }

  /** Whether something shows where the class is. */
  get shows(): boolean {
    return this.steps.some((step) => "box" in step || step.value === SCRIBBLED_YES);
  }

  /** The smallest part of the picture that has all of it; null without anything. */
  bounds(): Rect | null {
    if (this.empty) return null;
    const bounds = { x0: Infinity, y0: Infinity, x1: 0, y1: 0 };
    for (const step of this.steps) {
      if ("box" in step) include(bounds, step.box);
      else for (const runs of step.runs) this.includeRuns(bounds, runs);
    }
    return bounds;
  }

  /** What was scribbled in a part of the picture. */
  over(rect: Rect): PartMask {
    const part = { rect, data: new Uint8Array((rect.x1 - rect.x0) * (rect.y1 - rect.y0)) };
    for (const step of this.steps) if ("runs" in step) for (const runs of step.runs) fillPart(part, runs, step.value, this.width);
    return part;
  }

  private includeRuns(bounds: Rect, runs: Runs): void {
    for (let i = 0; i < runs.length; i += 2) {
      const y = Math.floor(runs[i] / this.width);
      const x = runs[i] - y * this.width;
      include(bounds, { x0: x, y0: y, x1: x + runs[i + 1], y1: y + 1 });
    }
  }
}

/** Sets the pixels of a part that the runs have; each run lies in one row. */
export function fillPart({ rect, data }: PartMask, runs: Runs, value: number, pictureWidth: number): void {
  const width = rect.x1 - rect.x0;
  for (let i = 0; i < runs.length; i += 2) {
    const y = Math.floor(runs[i] / pictureWidth);
    if (y < rect.y0 || y >= rect.y1) continue;
    const x = runs[i] - y * pictureWidth;
    const row = (y - rect.y0) * width - rect.x0;
    const [from, to] = [Math.max(x, rect.x0), Math.min(x + runs[i + 1], rect.x1)];
    if (from < to) data.fill(value, row + from, row + to);
  }
}

/** The pixels of a part that have this value, as runs of the picture. */
export function runsOf({ rect, data }: PartMask, value: number, pictureWidth: number): Runs {
  return partRuns({ rect, data: data.map((each) => Number(each === value)) }, pictureWidth);
}

function include(bounds: Rect, { x0, y0, x1, y1 }: Rect): void {
  bounds.x0 = Math.min(bounds.x0, x0);
  bounds.y0 = Math.min(bounds.y0, y0);
  bounds.x1 = Math.max(bounds.x1, x1);
  bounds.y1 = Math.max(bounds.y1, y1);
}
