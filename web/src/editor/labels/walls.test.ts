import { describe, expect, it } from "vitest";
import { PROJECT } from "../testing/bench";
import { LabelPlanes } from "./planes";
import { eraserTargets, noTargets, yesTargets, type Target } from "./target";
import { closeAtPaint } from "./walls";

const [UNKNOWN, NO, YES, ACCEPTED_YES] = [0, 1, 2, 6];

/** A row of pixels; each class's bytes, of which the fill begins on the first. Answers what stays open. */
function opened(targets: readonly Target[], said: Record<string, number[]>) {
  const planes = new LabelPlanes(4, 1);
  for (const [name, row] of Object.entries(said)) row.forEach((byte, x) => planes.set(name, byte, [x, 1]));
  const mask = { rect: { x0: 0, y0: 0, x1: 4, y1: 1 }, data: new Uint8Array(4).fill(1) };
  return closeAtPaint(mask, planes, targets, { x: 0.5, y: 0.5 }) ?? [...mask.data].join("");
}

describe("closeAtPaint", () => {
  const yes = yesTargets(PROJECT, "gum");
  const no = noTargets(PROJECT, "gum");
  const neither = noTargets(PROJECT, "neither");
  const erase = eraserTargets(PROJECT, "gum");

  it.each([
    ["lets a fill go everywhere where nothing is painted", yes, {}, "1111"],
    ["holds it by any paint of the class", yes, { gum: [UNKNOWN, NO, YES, UNKNOWN] }, "1001"],
    ["lets a stroke grow, also an accepted one", yes, { gum: [YES, ACCEPTED_YES, UNKNOWN, NO] }, "1110"],
    ["refuses what says the opposite", yes, { gum: [NO, UNKNOWN, UNKNOWN, UNKNOWN] }, "opposite"],
    ["takes nothing from a class that excludes this one", yes, { tooth: [UNKNOWN, NO, YES, UNKNOWN] }, "1101"],
    ["does not begin there, either", yes, { tooth: [YES, NO, YES, UNKNOWN] }, "opposite"],
    ["does not mind other classes when it says no", no, { gum: [NO, NO, UNKNOWN, YES], tooth: [YES, YES, YES, YES] }, "1110"],
    ["asks every class for neither", neither, { gum: [NO, NO, YES, NO], tooth: [UNKNOWN, NO, UNKNOWN, UNKNOWN] }, "1001"],
    ["erases paint of one kind", erase, { gum: [YES, ACCEPTED_YES, NO, UNKNOWN] }, "1100"],
    ["erases only where something is", erase, { gum: [UNKNOWN, YES, YES, YES] }, "nothing to erase"],
  ] as const)("%s", (_, targets, said, open) => {
    expect(opened(targets, said as unknown as Record<string, number[]>)).toBe(open);
  });
});
