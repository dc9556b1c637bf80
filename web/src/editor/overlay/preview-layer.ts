import type { PartMask } from "../geometry/flood";
import type { Rgb } from "./color";
import { cells, patternWord, type Layer, type Patch } from "./layer";
import { Pattern } from "./pattern";

/** The colour of everything that is only being drawn. */
const DRAFT: Rgb = [111, 224, 242];

/** What a click would paint. */
export class PreviewLayer implements Layer {
  private readonly pattern: Pattern;

  constructor(
    private readonly part: () => PartMask | null,
    density: number,
  ) {
    this.pattern = new Pattern({ texture: "horizontal", color: DRAFT }, density);
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
      if (column >= rect.x0 && column < rect.x1 && data[from + column]) words[y * stride + x] = patternWord(this.pattern, x, y);
    }
  }
}
