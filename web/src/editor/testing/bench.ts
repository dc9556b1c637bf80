import type { Edit, Project } from "../../api/types";
import { Desk } from "../desk.svelte";
import type { Size } from "../geometry/point";
import { MemoryOutbox } from "../queue/outbox";
import type { Bench } from "../tools/tool";
import { Work } from "../work.svelte";

export const PROJECT: Project = {
  id: "folder",
  name: "test",
  classes: ["gum", "tooth"].map((name) => ({ name, color: [0, 0, 0] })),
  exclusive: [["gum", "tooth"]],
  part_of: [],
  author: "somebody",
  role: "expert",
  access: "owner",
  team: false,
  person: "me",
  demo: false,
  version: "0",
};

/** What a tool may use over an empty picture, and the edits that a server would get. */
export function newBench({ width, height }: Size, more: Partial<Bench> = {}) {
  const edits: Edit[] = [];
  const send = async (edit: Edit) => ({ seq: edits.push(edit), missed: [] });
  const annotation = { seq: 0, width, height, masks: {}, regions: [] };
  const work = new Work({ project: PROJECT, annotation, client: "me", send, outbox: new MemoryOutbox() });
  const desk = new Desk(() => PROJECT);
  const nothing = { suggest: () => {}, preview: () => {}, pixels: () => null, propose: () => Promise.reject(new Error("nobody to ask")) };
  const visible = () => ({ x0: 0, y0: 0, x1: width, y1: height });
  const bench: Bench = { work, desk, visible, reach: (pixels) => pixels, ...nothing, ...more };
  return { bench, work, desk, edits };
}
