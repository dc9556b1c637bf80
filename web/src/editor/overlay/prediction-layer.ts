import type { Class } from "../../api/types";
import { mix, ramp, word } from "./color";
import type { Layer, Patch } from "./layer";
import { LIKELY, Sampler, type PredictionPlanes, type Probabilities } from "./probabilities";

export const HEAT = ramp(
  [
    [[0, 0, 4], 0],
    [[66, 10, 104], 0.45],
    [[147, 38, 103], 0.75],
    [[221, 81, 58], 0.9],
    [[252, 165, 10], 1],
    [[252, 255, 164], 1],
  ],
  256,
);
export const DOUBT = ramp(
  [
    [[8, 29, 88], 0],
    [[34, 94, 168], 0.5],
    [[29, 145, 192], 0.8],
    [[127, 205, 187], 0.95],
    [[255, 255, 217], 1],
  ],
  256,
);
/** Binary entropy of a probability in 255ths, itself 0–255. */
const ENTROPY = Float32Array.from({ length: 256 }, (_, i) => entropy(i / 255) * 255);

function entropy(p: number): number {
  return p === 0 || p === 1 ? 0 : -(p * Math.log2(p) + (1 - p) * Math.log2(1 - p));
}

/** Calls `row` for each row of the patch that is in the picture, with every plane's values from `reach` pixels before. */
function sampleRows(planes: readonly Probabilities[], patch: Patch, reach: number, row: (y: number, samplers: readonly Sampler[]) => void): void {
  const width = patch.picture.width * patch.scale;
  const height = patch.picture.height * patch.scale;
  const across = Float64Array.from({ length: patch.x1 - patch.x0 + reach }, (_, i) => (patch.left + patch.x0 - reach + i + 0.5) / width);
  const samplers = planes.map((plane) => new Sampler(plane, across));
  const end = Math.min(patch.y1, Math.floor(height - patch.top));
  for (let y = patch.y0 - reach; y < end; y++) {
    for (const sampler of samplers) sampler.toRow((patch.top + y + 0.5) / height);
    row(y, samplers);
  }
}

/** Columns of the patch up to the picture's right edge. */
function columnsEnd({ x1, picture, scale, left }: Patch): number {
  return Math.min(x1, Math.floor(picture.width * scale - left));
}

/** A colour for a number of each pixel. */
abstract class ScaleLayer implements Layer {
  constructor(
    private readonly planes: readonly Probabilities[],
    private readonly colors: Uint32Array,
  ) {}

  protected abstract valueAt(samplers: readonly Sampler[], i: number): number;

  paint(patch: Patch): void {
    const columns = columnsEnd(patch) - patch.x0;
    sampleRows(this.planes, patch, 0, (y, samplers) => {
      const from = y * patch.stride + patch.x0;
      for (let i = 0; i < columns; i++) patch.words[from + i] = this.colors[Math.round(this.valueAt(samplers, i))];
    });
  }
}

/** How probable one class is. */
export class HeatLayer extends ScaleLayer {
  constructor(plane: Probabilities) {
    super([plane], HEAT);
  }

  protected valueAt([sampler]: readonly Sampler[], i: number): number {
    return sampler.values[i];
  }
}

/** Where the model is least sure, of any class. */
export class UncertaintyLayer extends ScaleLayer {
  constructor(planes: readonly Probabilities[]) {
    super(planes, DOUBT);
  }

  protected valueAt(samplers: readonly Sampler[], i: number): number {
    let most = 0;
    for (const { values } of samplers) most = Math.max(most, ENTROPY[Math.round(values[i])]);
    return most;
  }
}

/** A tint, so that it is never taken for paint; the outline says where it ends. */
const TINT = 0.42;

/** The most probable class, where one is more probable than not. */
export class ClassLayer implements Layer {
  private readonly planes: Probabilities[] = [];
  private readonly tints: number[] = [0];
  private readonly outlines: number[] = [0];

  constructor(
    planes: PredictionPlanes,
    classes: readonly Class[],
    private readonly density: number,
  ) {
    for (const { name, color } of classes) {
      const plane = planes.get(name);
      if (!plane) continue;
      this.planes.push(plane);
      this.tints.push(word(color, TINT));
      this.outlines.push(word(mix(color, [0, 0, 0], 0.25), 1));
    }
  }

  paint(patch: Patch): void {
    const reach = Math.round(2 * this.density);
    const width = patch.x1 - patch.x0 + reach;
    const found = new Uint8Array(width * (patch.y1 - patch.y0 + reach));
    const columns = columnsEnd(patch) - patch.x0;
    sampleRows(this.planes, patch, reach, (y, samplers) => {
      const at = (y - patch.y0 + reach) * width;
      for (let i = 0; i < width; i++) found[at + i] = likeliestOf(samplers, i);
      if (y < patch.y0) return;
      const to = y * patch.stride + patch.x0;
      for (let i = 0; i < columns; i++) patch.words[to + i] = this.wordAt(found, at + reach + i, reach, width);
    });
  }

  private wordAt(found: Uint8Array, at: number, reach: number, width: number): number {
    const k = found[at];
    const left = found[at - reach];
    const above = found[at - reach * width];
    return left === k && above === k ? this.tints[k] : this.outlines[k || left || above];
  }
}

/** One more than the class's number; 0 none. */
function likeliestOf(samplers: readonly Sampler[], i: number): number {
  let best = LIKELY;
  let found = 0;
  for (let k = 0; k < samplers.length; k++) {
    const p = samplers[k].values[i];
    if (p <= best) continue;
    best = p;
    found = k + 1;
  }
  return found;
}
