import type { Level, PlanePyramid } from "../labels/pyramid";
import { cells, patternWord, type Layer, type Patch } from "./layer";
import type { Pattern } from "./pattern";

/** Of halved levels, the one whose cells are just no smaller than a device pixel: then none is missed. */
export function levelFor(levels: readonly Level[], scale: number): number {
  const wanted = Math.ceil(Math.log2(1 / scale) - 1e-9);
  return Math.min(Math.max(wanted, 0), levels.length - 1);
}

/** A plane of codes, each with a pattern; no pattern, nothing painted. */
export class CodeLayer implements Layer {
  constructor(
    private readonly plane: PlanePyramid,
    private readonly patterns: readonly (Pattern | null)[],
  ) {}

  paint(patch: Patch): void {
    const k = levelFor(this.plane.levels, patch.scale);
    const level = this.plane.levels[k];
    const columns = cells(patch.x0, patch.x1, patch.left, patch.scale, 2 ** k, level.width);
    const rows = cells(patch.y0, patch.y1, patch.top, patch.scale, 2 ** k, level.height);
    for (let y = patch.y0; y < patch.y1; y++) if (rows[y] >= 0) this.paintRow(patch, y, level, rows[y], columns);
  }

  private paintRow(patch: Patch, y: number, level: Level, row: number, columns: Int32Array): void {
    const from = row * level.width;
    for (let x = patch.x0; x < patch.x1; x++) {
      const pattern = columns[x] < 0 ? null : this.patterns[level.data[from + columns[x]]];
      if (pattern) patch.words[y * patch.stride + x] = patternWord(pattern, x, y);
    }
  }
}
