import { describe, expect, it } from "vitest";
import type { Edit, Project } from "../../api/types";
import { Desk } from "../desk.svelte";
import { MemoryOutbox } from "../queue/outbox";
import { Work } from "../work.svelte";
import { BrushTool } from "./brush";

const PROJECT: Project = {
  id: "folder",
  name: "test",
  classes: [{ name: "gum", color: [0, 0, 0] }],
  exclusive: [],
  part_of: [],
  author: "somebody",
  role: "expert",
  demo: false,
  version: "0",
};

describe("BrushTool", () => {
  it.each([false, true])("keeps a stroke that another one interrupts; with an outline: %s", async (shift) => {
    const edits: Edit[] = [];
    const send = async (edit: Edit) => ({ seq: edits.push(edit), missed: [] });
    const annotation = { seq: 0, width: 40, height: 10, masks: {}, regions: [] };
    const work = new Work({ project: PROJECT, annotation, client: "me", send, outbox: new MemoryOutbox() });
    const desk = new Desk(() => PROJECT);
    desk.radius = 1;
    const brush = new BrushTool({ work, desk, reach: (pixels) => pixels, suggest: () => {} });
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
