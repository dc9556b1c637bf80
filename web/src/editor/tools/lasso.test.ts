import { describe, expect, it } from "vitest";
import type { Op } from "../../api/types";
import type { Point } from "../geometry/point";
import { countPixels } from "../labels/runs";
import { newBench } from "../testing/bench";
import { LassoTool } from "./lasso";

const SIZE = { width: 20, height: 10 };
/** Three sides of a square of 36 pixels: letting go draws the fourth. */
const OPEN: Point[] = [{ x: 2, y: 2 }, { x: 8, y: 2 }, { x: 8, y: 8 }, { x: 2, y: 8 }];

function draw(lasso: LassoTool, [first, ...rest]: readonly Point[]): void {
  lasso.press(first);
  lasso.drag(rest);
  lasso.release();
}

function painted(op: Op): [string, string, number] | null {
  return op.op === "paint" ? [op.class, op.value, countPixels(op.runs)] : null;
}

describe("LassoTool", () => {
  it("paints the inside as one edit, with each answer, and takes it back as one", async () => {
    const { bench, work, desk, edits } = newBench(SIZE);
    const lasso = new LassoTool(bench);
    for (const answer of ["yes", "no", "unknown"] as const) {
      desk.answer = answer;
      draw(lasso, OPEN);
    }
    work.undo();
    expect(work.planes.at("gum", 5, 5)).toBe(1);
    await work.queue.flush();
    const values = ["positive", "negative", "unknown", "negative"];
    expect(edits.map(({ ops }) => ops.map(painted))).toEqual(values.map((value) => [["gum", value, 36]]));
  });

  it("takes back the yes of classes that exclude this one, and erases every class for neither", async () => {
    const { bench, work, desk, edits } = newBench(SIZE);
    const lasso = new LassoTool(bench);
    draw(lasso, OPEN);
    desk.subject = "tooth";
    draw(lasso, OPEN);
    desk.subject = "neither";
    desk.answer = "unknown";
    draw(lasso, OPEN);
    await work.queue.flush();
    expect(edits[1].ops.map(painted)).toEqual([["tooth", "positive", 36], ["gum", "unknown", 36]]);
    expect(edits[2].ops.map(painted)).toEqual([["tooth", "unknown", 36]]);
  });

  it.each([
    ["a click", [{ x: 4, y: 4 }]],
    ["a line", [{ x: 2, y: 2 }, { x: 9, y: 2 }]],
  ])("paints nothing for %s", async (_, points) => {
    const { bench, work, edits } = newBench(SIZE);
    draw(new LassoTool(bench), points);
    await work.queue.flush();
    expect(edits).toEqual([]);
    expect(work.undoable).toBe(0);
  });

  it("shows the outline while it is drawn, and forgets one that is given up", async () => {
    const { bench, work, desk, edits } = newBench(SIZE);
    const lasso = new LassoTool(bench);
    lasso.press(OPEN[0]);
    lasso.drag(OPEN.slice(1));
    expect(desk.draft).toEqual({ points: OPEN, closed: true, freehand: true });
    lasso.cancel();
    expect([desk.draft, lasso.busy]).toEqual([null, false]);
    await work.queue.flush();
    expect(edits).toEqual([]);
  });
});
