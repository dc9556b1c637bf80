import type { Class, ClassName } from "../../api/types";
import { ACCEPTED, NEGATIVE, POSITIVE, VALUE_BITS } from "../labels/byte";
import type { LabelPlanes } from "../labels/planes";
import type { PlanePyramid } from "../labels/pyramid";
import type { Subject } from "../labels/target";
import { levelFor } from "./code-layer";
import type { Rgb } from "./color";
import { cells, patternWord, type Layer, type Patch } from "./layer";
import { Pattern } from "./pattern";

export interface PaintView {
  classes: readonly Class[];
  subject: Subject;
  /** Show the subject only. */
  alone: boolean;
  density: number;
}

export const NEITHER_COLOR: Rgb = [214, 220, 226];

interface Shown {
  plane: PlanePyramid;
  /** By byte. */
  patterns: (Pattern | null)[];
}

/** A class in one patch. */
interface Part {
  data: Uint8Array;
  patterns: readonly (Pattern | null)[];
}

/** What people painted (and accepted): the subject's on top, then a yes of any class, then a no of any class. */
export class PaintLayer implements Layer {
  private readonly shown: Shown[];
  private readonly neither: Pattern;
  private readonly complete: boolean;

  constructor(planes: LabelPlanes, view: PaintView) {
    const shown = view.classes.filter(({ name }) => isShown(name, view)).sort((a, b) => rank(a, view) - rank(b, view));
    this.shown = shown.flatMap((each) => shownClass(planes, each, view));
    this.neither = new Pattern({ texture: "cross-hatch", color: NEITHER_COLOR }, view.density);
    // "Neither" can be told only when every class is looked at.
    this.complete = this.shown.length === view.classes.length && view.classes.length > 1;
  }

  paint(patch: Patch): void {
    const shown = this.shown.filter(({ plane }) => !isEmpty(plane, patch));
    if (shown.length === 0) return;
    const { levels } = shown[0].plane;
    const k = levelFor(levels, patch.scale);
    const columns = cells(patch.x0, patch.x1, patch.left, patch.scale, 2 ** k, levels[k].width);
    const rows = cells(patch.y0, patch.y1, patch.top, patch.scale, 2 ** k, levels[k].height);
    const parts = shown.map(({ plane, patterns }) => ({ data: plane.levels[k].data, patterns }));
    for (let y = patch.y0; y < patch.y1; y++) if (rows[y] >= 0) this.paintRow(patch, y, parts, rows[y] * levels[k].width, columns);
  }

  private paintRow(patch: Patch, y: number, parts: readonly Part[], from: number, columns: Int32Array): void {
    const { words, x0, x1 } = patch;
    const to = y * patch.stride;
    for (let x = x0; x < x1 && columns[x] >= 0; x++) {
      const pattern = this.patternAt(parts, from + columns[x]);
      if (pattern) words[to + x] = patternWord(pattern, x, y);
    }
  }

  private patternAt(parts: readonly Part[], at: number): Pattern | null {
    let negative: Pattern | null = null;
    let negatives = 0;
    for (let k = 0; k < parts.length; k++) {
      const byte = parts[k].data[at];
      if (byte === 0) continue;
      if ((byte & VALUE_BITS) === POSITIVE) return parts[k].patterns[byte];
      if (negatives++ === 0) negative = parts[k].patterns[byte];
    }
    return this.complete && negatives === this.shown.length ? this.neither : negative;
  }
}

/** Nothing is said in the patch: known from the smallest level, because pooling never loses what was said. */
function isEmpty({ levels }: PlanePyramid, { x0, x1, y0, y1, left, top, scale }: Patch): boolean {
  const cell = 2 ** (levels.length - 1) * scale;
  const { width, height, data } = levels[levels.length - 1];
  const last = Math.min(Math.floor((left + x1) / cell), width - 1);
  const bottom = Math.min(Math.floor((top + y1) / cell), height - 1);
  for (let y = Math.floor((top + y0) / cell); y <= bottom; y++) {
    for (let x = Math.floor((left + x0) / cell); x <= last; x++) if (data[y * width + x] !== 0) return false;
  }
  return true;
}

function isShown(name: ClassName, view: PaintView): boolean {
  return !view.alone || view.subject === "neither" || view.subject === name;
}

function rank(each: Class, view: PaintView): number {
  return each.name === view.subject ? -1 : 0;
}

function shownClass(planes: LabelPlanes, each: Class, view: PaintView): Shown[] {
  const plane = planes.plane(each.name);
  return plane ? [{ plane, patterns: patternsOf(each, each.name === view.subject, view.density) }] : [];
}

function patternsOf({ color }: Class, subject: boolean, density: number): (Pattern | null)[] {
  const patterns: (Pattern | null)[] = Array.from({ length: 8 }, () => null);
  patterns[POSITIVE] = new Pattern({ texture: "solid", color }, density);
  patterns[POSITIVE | ACCEPTED] = new Pattern({ texture: "dotted-solid", color }, density);
  patterns[NEGATIVE] = new Pattern({ texture: subject ? "hatch" : "thin-hatch", color }, density);
  patterns[NEGATIVE | ACCEPTED] = new Pattern({ texture: "dashed-hatch", color }, density);
  return patterns;
}
