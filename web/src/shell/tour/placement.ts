export interface Size {
  width: number;
  height: number;
}
export interface Box extends Size {
  left: number;
  top: number;
}
/** On which side of its target the card is; inside, where there is no room beside it. */
export type Side = "right" | "left" | "below" | "above" | "inside";
export interface Placement {
  left: number;
  top: number;
  side: Side;
  /** From the card's corner to where its arrow comes out, along that side. */
  arrow: number;
}

const GAP = 14;
const MARGIN = 8;
const ARROW_MARGIN = 18;
/** Of the page: above or below what is as large as this lies what it is used with. */
const LARGE = 0.4;
const BESIDE = ["right", "left"] as const;
const UPRIGHT = ["below", "above"] as const;

/**
 * Where a card that points at a target goes: beside it, within the page, over as little of it as can be, and not over the bar
 * with what one paints.
 */
export function placementOf(target: Box, card: Size, page: Size, bar: Box | null = null): Placement {
  const inBar = bar !== null && overlap(target, bar);
  const clear = inBar ? bar : target;
  const beside: Record<Exclude<Side, "inside">, { left: number; top: number }> = {
    right: { left: clear.left + clear.width + GAP, top: middle(target.top, target.height, card.height) },
    left: { left: clear.left - card.width - GAP, top: middle(target.top, target.height, card.height) },
    below: { left: middle(target.left, target.width, card.width), top: clear.top + clear.height + GAP },
    above: { left: middle(target.left, target.width, card.width), top: clear.top - card.height - GAP },
  };
  const large = target.width * target.height > LARGE * page.width * page.height;
  const sides = large ? BESIDE : inBar ? [...UPRIGHT, ...BESIDE] : [...BESIDE, ...UPRIGHT];
  const fitting = sides.filter((side) => fits(side, beside[side], card, page));
  const side = fitting.find((each) => bar === null || !overlap({ ...within(beside[each], card, page), ...card }, bar)) ?? fitting[0];
  if (side) return pointed(side, within(beside[side], card, page), target);
  const corner = { left: target.left + MARGIN, top: target.top + target.height - card.height - MARGIN };
  return { ...within(corner, card, page), side: "inside", arrow: 0 };

  function pointed(side: Exclude<Side, "inside">, at: { left: number; top: number }, { left, top, width, height }: Box): Placement {
    const upright = side === "right" || side === "left";
    const [to, from, length] = upright ? [top + height / 2, at.top, card.height] : [left + width / 2, at.left, card.width];
    return { ...at, side, arrow: clamp(to - from, ARROW_MARGIN, length - ARROW_MARGIN) };
  }
}

function overlap(a: Box, b: Box): boolean {
  return a.left < b.left + b.width && b.left < a.left + a.width && a.top < b.top + b.height && b.top < a.top + a.height;
}

function middle(start: number, length: number, own: number): number {
  return start + length / 2 - own / 2;
}

/** Along its side the card can be moved; across, it must fit. */
function fits(side: Exclude<Side, "inside">, { left, top }: { left: number; top: number }, card: Size, page: Size): boolean {
  if (side === "right") return left + card.width <= page.width - MARGIN;
  if (side === "left") return left >= MARGIN;
  if (side === "below") return top + card.height <= page.height - MARGIN;
  return top >= MARGIN;
}

function within({ left, top }: { left: number; top: number }, card: Size, page: Size): { left: number; top: number } {
  return {
    left: clamp(left, MARGIN, Math.max(MARGIN, page.width - card.width - MARGIN)),
    top: clamp(top, MARGIN, Math.max(MARGIN, page.height - card.height - MARGIN)),
  };
}

function clamp(value: number, least: number, most: number): number {
  return Math.min(most, Math.max(least, value));
}
