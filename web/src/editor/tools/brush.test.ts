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
});
