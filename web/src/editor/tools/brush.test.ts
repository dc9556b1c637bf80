import { describe, expect, it } from "vitest";
import { newBench } from "../testing/bench";
import { BrushTool } from "./brush";

describe("BrushTool", () => {
  it.each([false, true])("keeps a stroke that another one interrupts; with an outline: %s", async (shift) => {
    const { bench, work, desk, edits } = newBench({ width: 40, height: 10 });
    desk.radius = 1;
    const brush = new BrushTool(bench);
    brush.press({ x: 5.5, y: 2.5 }, { shift });
    brush.drag([{ x: 12.5, y: 2.5 }, { x: 12.5, y: 8.5 }]);
    brush.press({ x: 30.5, y: 5.5 }, { shift: false });
    brush.release();
    await work.queue.flush();
    expect(edits.length).toBe(2);
    expect(work.planes.at("gum", 11, 3) & work.planes.at("gum", 30, 5)).toBe(2);
    expect(work.undoable).toBe(2);
  });

  it.each([
    [true, 4],
    [false, 12],
  ])("paints thinner where a pen is pressed less, if that is wanted: %s", (wanted, thickness) => {
    const { bench, work, desk } = newBench({ width: 60, height: 20 });
    desk.radius = 6;
    desk.pressure = wanted;
    const brush = new BrushTool(bench);
    brush.press({ x: 10, y: 10, pressure: 1 }, { shift: false });
    brush.drag([{ x: 30, y: 10, pressure: 0.15 }, { x: 50, y: 10, pressure: 0.15 }]);
    brush.release();
    const painted = (x: number) => Array.from({ length: 20 }, (_, y) => work.planes.at("gum", x, y)).filter((byte) => byte === 2).length;
    expect([painted(10), painted(45)]).toEqual([12, thickness]);
  });
});
