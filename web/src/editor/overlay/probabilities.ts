import type { ClassName } from "../../api/types";
import type { Size } from "../geometry/point";

/** A class's probabilities, 0–255, in a grid smaller than the picture. */
export interface Probabilities extends Size {
  data: Uint8Array;
}
export type PredictionPlanes = ReadonlyMap<ClassName, Probabilities>;

/** More probable than not. */
export const LIKELY = 127.5;

export function readProbabilities(image: ImageBitmap | HTMLImageElement): Probabilities {
  const canvas = new OffscreenCanvas(image.width, image.height);
  const context = canvas.getContext("2d", { willReadFrequently: true });
  if (!context) throw new Error("This browser cannot read pictures.");
  context.drawImage(image, 0, 0);
  const { data } = context.getImageData(0, 0, image.width, image.height);
  const grey = new Uint8Array(image.width * image.height);
  for (let i = 0; i < grey.length; i++) grey[i] = data[4 * i];
  return { width: image.width, height: image.height, data: grey };
}

/**
 * The probabilities along a row of device pixels, between the grid's points linearly. The grid's two rows are blended
 * first, once for all pixels between two columns.
 */
export class Sampler {
  /** Of the row last asked for. */
  readonly values: Float32Array;
  private readonly columns: Int32Array;
  private readonly shares: Float32Array;
  private readonly blended: Float32Array;

  /** @param across the places of the pixels, 0–1 from the picture's left to its right, ascending */
  constructor(
    private readonly plane: Probabilities,
    across: Float64Array,
  ) {
    this.values = new Float32Array(across.length);
    this.columns = new Int32Array(across.length);
    this.shares = new Float32Array(across.length);
    // One more than the grid has: the last column's right neighbour is itself.
    this.blended = new Float32Array(plane.width + 1);
    for (let i = 0; i < across.length; i++) {
      const x = between(across[i], plane.width);
      this.columns[i] = Math.floor(x);
      this.shares[i] = x - Math.floor(x);
    }
  }

  /** @param v 0–1 from the picture's top to its bottom */
  toRow(v: number): void {
    this.blend(between(v, this.plane.height));
    const { values, columns, shares, blended } = this;
    for (let i = 0; i < values.length; i++) {
      const left = blended[columns[i]];
      values[i] = left + (blended[columns[i] + 1] - left) * shares[i];
    }
  }

  private blend(y: number): void {
    const { data, width, height } = this.plane;
    const row = Math.floor(y);
    const below = Math.min(row + 1, height - 1) * width;
    const share = y - row;
    const last = this.columns[this.columns.length - 1] + 1;
    for (let x = this.columns[0]; x <= last; x++) {
      const column = x < width ? x : width - 1;
      const top = data[row * width + column];
      this.blended[x] = top + (data[below + column] - top) * share;
    }
  }
}

/** Where a place, 0–1, lies between the centres of `count` cells. */
function between(place: number, count: number): number {
  return Math.min(Math.max(place * count - 0.5, 0), count - 1);
}

/** The probability at one place of the picture, 0–255. */
export function probabilityAt(plane: Probabilities, u: number, v: number): number {
  const sampler = new Sampler(plane, Float64Array.of(u));
  sampler.toRow(v);
  return sampler.values[0];
}

/** The most probable class at a point, if any is more probable than not. */
export function likeliest(planes: PredictionPlanes, u: number, v: number): ClassName | null {
  const all = [...planes].map(([name, plane]) => ({ name, p: probabilityAt(plane, u, v) }));
  const best = all.sort((a, b) => b.p - a.p)[0];
  return best && best.p > LIKELY ? best.name : null;
}
