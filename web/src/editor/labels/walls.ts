import type { PartMask } from "../geometry/flood";
import type { Point } from "../geometry/point";
import { ANY_BYTE, byteSet, UNKNOWN, VALUE_BITS, type ByteSet } from "./byte";
import type { LabelPlanes } from "./planes";
import type { Target } from "./target";

/** Why a fill cannot begin. */
export type Refusal = "opposite" | "nothing to erase";

/**
 * Takes out of a mask what a fill that begins at a pixel must not enter: paint stops it, so that an outline can be drawn
 * first. What says the same as the fill does not stop one that begins on it, so that a stroke can be made to grow.
 */
export function closeAtPaint(mask: PartMask, planes: LabelPlanes, targets: readonly Target[], seed: Point): Refusal | null {
  const said = targets.map(({ class: name }) => planes.at(name, Math.floor(seed.x), Math.floor(seed.y)));
  if (targets.every((target, k) => erases(target) && said[k] === UNKNOWN)) return "nothing to erase";
  const open = targets.map((target, k) => passable(target, said[k]));
  if (targets.some((_, k) => !open[k][said[k]])) return "opposite";
  targets.forEach(({ class: name }, k) => close(mask, planes, name, open[k]));
  return null;
}

function erases({ to, where }: Target): boolean {
  return to === UNKNOWN && where === ANY_BYTE;
}

/** The bytes of a class that the fill may go over. */
function passable(target: Target, said: number): ByteSet {
  const value = said & VALUE_BITS;
  // A rival's yes would be taken back.
  if (target.where !== ANY_BYTE) return byteSet((byte) => !target.where[byte]);
  if (erases(target)) return byteSet((byte) => (byte & VALUE_BITS) === value);
  const grows = value === (target.to & VALUE_BITS);
  return byteSet((byte) => (byte & VALUE_BITS) === UNKNOWN || (grows && (byte & VALUE_BITS) === value));
}

function close({ rect, data }: PartMask, planes: LabelPlanes, name: string, open: ByteSet): void {
  const said = planes.plane(name)?.data;
  if (!said) return;
  let i = 0;
  for (let y = rect.y0; y < rect.y1; y++) {
    const row = y * planes.width;
    for (let x = rect.x0; x < rect.x1; x++, i++) if (!open[said[row + x]]) data[i] = 0;
  }
}
