import { describe, expect, it } from "vitest";
import type { Annotation, Edit, Entry, Project, Region, Saved } from "../api/types";
import { Stroke } from "./labels/stroke";
import { noTargets, yesTargets } from "./labels/target";
import { MemoryOutbox } from "./queue/outbox";
import { Work } from "./work.svelte";

const PROJECT: Project = {
  id: "folder",
  name: "test",
  classes: ["tooth", "gum"].map((name) => ({ name, color: [0, 0, 0] })),
  exclusive: [["tooth", "gum"]],
  part_of: [],
  author: "somebody",
  role: "expert",
  access: "owner",
  team: false,
  person: "me",
  demo: false,
  version: "0",
};
const EMPTY: Annotation = { seq: 4, width: 20, height: 10, masks: {}, regions: [] };

function setUp() {
  const edits: Edit[] = [];
  const send = async (edit: Edit): Promise<Saved> => {
    edits.push(edit);
    return { seq: 100 + edits.length, missed: [] };
  };
  const work = new Work({ project: PROJECT, annotation: EMPTY, client: "me", send, outbox: new MemoryOutbox() });
  const pixels = (name: string) => [...(work.planes.plane(name)?.data.slice(100, 120) ?? [])].join("");
  return { work, edits, pixels };
}

function remote(seq: number, client: string, runs: number[]): Entry {
  const ops = [{ op: "paint" as const, class: "tooth", value: "negative" as const, runs }];
  return { seq, id: `entry ${seq}`, client, author: "a colleague", time: "", ops };
}

function begin(work: Work, targets = yesTargets(PROJECT, "tooth")): Stroke {
  work.start();
  return new Stroke(work.planes, targets, 0.5, { x: 3.5, y: 5.5 });
}

describe("Work", () => {
  it("keeps what others do during a stroke below it, and what was known when it began as its base", async () => {
    const { work, edits, pixels } = setUp();
    const stroke = begin(work);
    work.applyRemote(remote(5, "other", [102, 8]));
    expect(pixels("tooth")).toBe("00020000000000000000");
    stroke.moveTo({ x: 6.5, y: 5.5 });
    work.paint(stroke.end());
    expect(pixels("tooth")).toBe("00122221110000000000");
    await work.queue.flush();
    expect(edits[0].base).toBe(4);
    work.undo();
    expect(pixels("tooth").slice(7, 10)).toBe("111");
  });

  it("says neither as one negative operation a class", async () => {
    const { work, edits } = setUp();
    work.paint(begin(work, noTargets(PROJECT, "neither")).end());
    await work.queue.flush();
    expect(edits[0].ops).toEqual(["tooth", "gum"].map((name) => ({ op: "paint", class: name, value: "negative", runs: [103, 1] })));
  });

  it("sends an undo as an edit that sets the pixels back", async () => {
    const { work, edits, pixels } = setUp();
    work.paint(begin(work).end());
    expect(work.undo() && work.redo() && work.undo()).toBe(true);
    expect(work.undo()).toBe(false);
    await work.queue.flush();
    expect(edits.map(({ ops }) => ops.map((op) => op.op === "paint" && op.value))).toEqual([["positive"], ["unknown"], ["positive"], ["unknown"]]);
    expect(pixels("tooth")).toBe("0".repeat(20));
  });

  it("can undo what the server made of this tab's own decision, but not what others did", () => {
    const { work, pixels } = setUp();
    work.applyRemote(remote(5, "other", [100, 2]));
    work.applyRemote(remote(6, "me", [110, 2]));
    expect(work.undo()).toBe(true);
    expect(work.undo()).toBe(false);
    expect(pixels("tooth")).toBe("11000000000000000000");
  });

  it("keeps the regions of two people who draw at the same time", async () => {
    const drawn = (x: number, author: string): Region => ({ polygon: [[x, 0], [5, 0], [5, 5]], author, role: "expert", origin: "lacuna" });
    for (const heard of [false, true]) {
      const theirs: Entry = { ...remote(5, "other", []), ops: [{ op: "regions", regions: [drawn(9, "Ben")] }] };
      const edits: Edit[] = [];
      const send = async (edit: Edit): Promise<Saved> => {
        edits.push(edit);
        if (edit.base < 5) throw { type: "conflict", title: "", status: 409, detail: "", entries: [theirs] };
        return { seq: 4 + edits.length, missed: [] };
      };
      const work = new Work({ project: PROJECT, annotation: EMPTY, client: "me", send, outbox: new MemoryOutbox() });
      work.setRegions([drawn(1, "Ada")]);
      work.setRegions([...work.regions, drawn(2, "Ada")]);
      if (heard) work.applyRemote(theirs);
      await work.queue.flush();
      expect(work.conflict).toBeNull();
      const xs = (regions: readonly Region[]) => regions.map(({ polygon }) => polygon?.[0][0]);
      expect(xs(work.regions)).toEqual([9, 1, 2]);
      const sent = edits.map(({ ops }) => (ops[0].op === "regions" ? xs(ops[0].regions) : []));
      expect(sent).toEqual([[1], [9, 1], [9, 1, 2]]);
      work.undo();
      expect(xs(work.regions)).toEqual([9, 1]);
    }
  });

  it("undoes regions", async () => {
    const { work, edits } = setUp();
    const region = { polygon: [[0, 0], [5, 0], [5, 5]] as [number, number][], author: "somebody", role: "expert" as const, origin: "lacuna" };
    work.setRegions([region]);
    work.undo();
    expect(work.regions).toEqual([]);
    work.redo();
    await work.queue.flush();
    expect(edits.map(({ ops }) => ops[0].op === "regions" && ops[0].regions.length)).toEqual([1, 0, 1]);
  });
});
