import type { Region } from "../../api/types";
import { distance, type Point } from "./point";

export type Box = NonNullable<Region["box"]>;

/** Corners clockwise, from the box's own top left. */
export function boxCorners(box: Box): Point[] {
  const along = direction(box.rotation);
  const down = { x: -along.y, y: along.x };
  const corner = (u: number, v: number): Point => ({
    x: box.x + u * along.x + v * down.x,
    y: box.y + u * along.y + v * down.y,
  });
  return [corner(0, 0), corner(box.width, 0), corner(box.width, box.height), corner(0, box.height)];
}

export function direction(degrees: number): Point {
  const radians = (degrees * Math.PI) / 180;
  return { x: Math.cos(radians), y: Math.sin(radians) };
}

export function uprightBox(a: Point, b: Point): Box {
  return roundBox({
    x: Math.min(a.x, b.x),
    y: Math.min(a.y, b.y),
    width: Math.abs(a.x - b.x),
    height: Math.abs(a.y - b.y),
    rotation: 0,
  });
}

/** The box on the baseline from a to b whose opposite side goes through c, on whichever side c is. */
export function baselineBox(a: Point, b: Point, c: Point): Box {
  const width = distance(a, b);
  const along = { x: (b.x - a.x) / width, y: (b.y - a.y) / width };
  const depth = (c.x - a.x) * -along.y + (c.y - a.y) * along.x;
  const [from, to] = depth < 0 ? [b, a] : [a, b];
  const rotation = (Math.atan2(to.y - from.y, to.x - from.x) * 180) / Math.PI;
  return roundBox({ x: from.x, y: from.y, width, height: Math.abs(depth), rotation });
}

export function boxCentre(box: Box): Point {
  const corners = boxCorners(box);
  return { x: (corners[0].x + corners[2].x) / 2, y: (corners[0].y + corners[2].y) / 2 };
}

/** The same box turned about its centre. */
export function turnedBox(box: Box, rotation: number): Box {
  const centre = boxCentre(box);
  const along = direction(rotation);
  const x = centre.x - (box.width / 2) * along.x + (box.height / 2) * along.y;
  const y = centre.y - (box.width / 2) * along.y - (box.height / 2) * along.x;
  return roundBox({ ...box, x, y, rotation });
}

/** The box with one corner moved; the opposite corner and the rotation stay. */
export function resizedBox(box: Box, corner: number, to: Point): Box {
  const fixed = boxCorners(box)[(corner + 2) % 4];
  const along = direction(box.rotation);
  const u = (to.x - fixed.x) * along.x + (to.y - fixed.y) * along.y;
  const v = (to.x - fixed.x) * -along.y + (to.y - fixed.y) * along.x;
  const left = Math.min(u, 0);
  const top = Math.min(v, 0);
  const x = fixed.x + left * along.x - top * along.y;
  const y = fixed.y + left * along.y + top * along.x;
  return roundBox({ x, y, width: Math.abs(u), height: Math.abs(v), rotation: box.rotation });
}

/** A hundredth of a pixel is finer than any hand, and keeps the journal short. */
export function roundBox(box: Box): Box {
  return {
    x: hundredths(box.x),
    y: hundredths(box.y),
    width: hundredths(box.width),
    height: hundredths(box.height),
    rotation: hundredths(box.rotation),
  };
}

export function hundredths(value: number): number {
  return Math.round(value * 100) / 100;
}
