import type { Region } from "../../api/types";
import { boxCentre, boxCorners, direction, hundredths, resizedBox, roundBox, turnedBox, type Box } from "./box";
import { minus, type Point } from "./point";
import { contains, outlineDistance } from "./polygon";

/** Where a region can be taken hold of. */
export type Handle = { kind: "body" } | { kind: "corner"; index: number } | { kind: "turn" };

export function outlineOf(region: Region): Point[] {
  if (region.box) return boxCorners(region.box);
  return (region.polygon ?? []).map(([x, y]) => ({ x, y }));
}

/** Outside the middle of the top side: where a box is turned. */
export function turnHandle(box: Box, away: number): Point {
  const [a, b] = boxCorners(box);
  const along = direction(box.rotation);
  return { x: (a.x + b.x) / 2 + along.y * away, y: (a.y + b.y) / 2 - along.x * away };
}

export function isOn(region: Region, at: Point, reach: number): boolean {
  const outline = outlineOf(region);
  return contains(outline, at) || outlineDistance(outline, at) <= reach;
}

/** The region as it is when the handle was moved from one place to another. */
export function movedRegion(region: Region, handle: Handle, from: Point, to: Point): Region {
  if (region.box) return { ...region, box: movedBox(region.box, handle, from, to) };
  if (region.polygon) return { ...region, polygon: movedPolygon(region.polygon, handle, from, to) };
  return region;
}

function movedBox(box: Box, handle: Handle, from: Point, to: Point): Box {
  if (handle.kind === "corner") return resizedBox(box, handle.index, to);
  if (handle.kind === "turn") return turnedBox(box, angleTo(boxCentre(box), to));
  const by = minus(to, from);
  return roundBox({ ...box, x: box.x + by.x, y: box.y + by.y });
}

/** The rotation that has the turn handle point at a place. */
function angleTo(centre: Point, at: Point): number {
  const degrees = (Math.atan2(at.y - centre.y, at.x - centre.x) * 180) / Math.PI + 90;
  const turned = degrees > 180 ? degrees - 360 : degrees;
  const upright = Math.round(turned / 90) * 90;
  return Math.abs(turned - upright) < 2 ? upright : turned;
}

function movedPolygon(polygon: [number, number][], handle: Handle, from: Point, to: Point): [number, number][] {
  const by = minus(to, from);
  return polygon.map(([x, y], i) => {
    if (handle.kind === "corner" && handle.index !== i) return [x, y];
    return [hundredths(x + by.x), hundredths(y + by.y)];
  });
}
