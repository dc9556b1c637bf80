import type { PartMask } from "../geometry/flood";
import { SCRIBBLED_NO, SCRIBBLED_YES, SUGGESTED } from "../labels/scribbles";
import type { Rgb } from "./color";
import { cells, patternWord, type Layer, type Patch } from "./layer";
import { Pattern } from "./pattern";

/** The colour of everything that is only being drawn. */
const DRAFT: Rgb = [111, 224, 242];
/** Of a scribble that says no. */
const REFUSED: Rgb = [255, 138, 101];

/** What a click would paint or what is proposed, and what was scribbled to show it. */
export class PreviewLayer implements Layer {
  /** By what a pixel is. */
  private readonly patterns: readonly (Pattern | null)[];

  constructor(
    private readonly part: () => PartMask | null,
    density: number,
  ) {
    const patterns: (Pattern | null)[] = [null, null, null, null];
    patterns[SUGGESTED] = new Pattern({ texture: "horizontal", color: DRAFT }, density);
    patterns[SCRIBBLED_YES] = new Pattern({ texture: "solid", color: DRAFT }, density);
    patterns[SCRIBBLED_NO] = new Pattern({ texture: "cross-hatch", color: REFUSED }, density);
    this.patterns = patterns;
  }

  paint(patch: Patch): void {
    const part = this.part();
    if (!part) return;
    const columns = cells(patch.x0, patch.x1, patch.left, patch.scale, 1, patch.picture.width);
    const rows = cells(patch.y0, patch.y1, patch.top, patch.scale, 1, patch.picture.height);
    const { y0, y1 } = part.rect;
    for (let y = patch.y0; y < patch.y1; y++) if (rows[y] >= y0 && rows[y] < y1) this.paintRow(patch, y, part, rows[y], columns);
  }

  private paintRow({ words, stride, x0, x1 }: Patch, y: number, { rect, data }: PartMask, row: number, columns: Int32Array): void {
    const from = (row - rect.y0) * (rect.x1 - rect.x0) - rect.x0;
    for (let x = x0; x < x1; x++) {
      const column = columns[x];
      const pattern = column >= rect.x0 && column < rect.x1 ? this.patterns[data[from + column]] : null;
      if (pattern) words[y * stride + x] = patternWord(pattern, x, y);
    }
  }
}
