import type { Size } from "../geometry/point";
import type { Pattern } from "./pattern";

/** A part of a tile that is to be painted, and where its pixels come from in the picture. */
export interface Patch {
  readonly words: Uint32Array;
  /** Words a row of the tile. */
  readonly stride: number;
  /** Inside the tile, right and bottom not included. */
  readonly x0: number;
  readonly y0: number;
  readonly x1: number;
  readonly y1: number;
  /** Where the tile lies on the scaled picture. */
  readonly left: number;
  readonly top: number;
  /** Device pixels per picture pixel. */
  readonly scale: number;
  readonly picture: Size;
}

/** Something that can be painted over the picture. It writes where it has something to say and leaves the rest. */
export interface Layer {
  paint(patch: Patch): void;
}

/** Which cell (of `size`, stretched over the picture) is under each column or row of the patch; -1 outside. */
export function cells(from: number, to: number, offset: number, scale: number, cell: number, count: number): Int32Array {
  const found = new Int32Array(to);
  for (let i = from; i < to; i++) {
    const at = Math.floor((offset + i + 0.5) / scale / cell);
    found[i] = at < count ? at : -1;
  }
  return found;
}

export function patternWord(pattern: Pattern, x: number, y: number): number {
  return pattern.words[((y & pattern.mask) << pattern.shift) | (x & pattern.mask)];
}
