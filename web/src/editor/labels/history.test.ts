import { describe, expect, it } from "vitest";
import type { PaintOp, Project, Region } from "../../api/types";
import { randomFrom } from "../testing/random";
import { opsOf, type Change } from "./change";
import { changedRegions, History } from "./history";
import { LabelPlanes } from "./planes";
import { Stroke } from "./stroke";
import { eraserTargets, noTargets, yesTargets, type Target } from "./target";

const NAMES = ["tooth", "gum", "caries"];
const PROJECT: Project = {
  id: "folder",
  name: "test",
  classes: NAMES.map((name) => ({ name, color: [0, 0, 0] })),
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

function state(planes: LabelPlanes): string {
  return NAMES.map((name) => (planes.plane(name)?.data ?? new Uint8Array(planes.width * planes.height)).join("")).join(" ");
}

function randomTargets(random: () => number): Target[] {
  const name = NAMES[Math.floor(random() * 3)];
  const subject = random() < 0.3 ? "neither" : name;
  return [yesTargets(PROJECT, name), noTargets(PROJECT, subject), eraserTargets(PROJECT, subject)][Math.floor(random() * 3)];
}

function randomStroke(planes: LabelPlanes, random: () => number): Stroke {
  const point = () => ({ x: random() * 90 - 5, y: random() * 70 - 5 });
  const stroke = new Stroke(planes, randomTargets(random), 0.5 + random() * 15, point());
  for (let i = 0; i < random() * 6; i++) stroke.moveTo(point());
  return stroke;
}

function isAscending({ runs }: PaintOp): boolean {
  return runs.every((number, i) => (i % 2 ? number > 0 : i === 0 || number > runs[i - 2] + runs[i - 1] - 1));
}

describe("undo", () => {
  it.each([1, 2, 3, 4, 5, 6])("of any sequence of strokes goes back to the start, and redo to the end, seed %i", (seed) => {
    const random = randomFrom(seed * 6151);
    const planes = new LabelPlanes(80, 60);
    const history = new History();
    for (let i = 0; i < 8; i++) randomStroke(planes, random).end();
    const states = [state(planes)];
    for (let i = 0; i < 25; i++) {
      history.push({ changes: randomStroke(planes, random).end() });
      states.push(state(planes));
    }
    for (let i = 24; i >= 0; i--) {
      planes.undo(history.undo()!.changes);
      expect(state(planes)).toBe(states[i]);
    }
    expect(history.undo()).toBeUndefined();
    for (let i = 1; i <= 25; i++) {
      planes.redo(history.redo()!.changes);
      expect(state(planes)).toBe(states[i]);
    }
  });

  it("is told to the server as operations that lead to the same pixels", () => {
    const random = randomFrom(97);
    const [here, there] = [new LabelPlanes(80, 60), new LabelPlanes(80, 60)];
    const tell = (changes: Change[]) => {
      for (const op of opsOf(changes)) {
        expect(isAscending(op)).toBe(true);
        there.apply(op);
      }
    };
    const done: Change[][] = [];
    for (let i = 0; i < 20; i++) {
      const changes = randomStroke(here, random).end();
      done.push(changes);
      tell(changes);
      if (random() < 0.4) tell(here.undo(done.pop()!));
      expect(state(there)).toBe(state(here));
    }
  });

  it("of a cancelled stroke leaves nothing", () => {
    const random = randomFrom(3);
    const planes = new LabelPlanes(80, 60);
    randomStroke(planes, random).end();
    const before = state(planes);
    randomStroke(planes, random).cancel();
    expect(state(planes)).toBe(before);
  });
});

describe("what a stroke does", () => {
  it("neither is no in every class", () => {
    const planes = new LabelPlanes(80, 60);
    new Stroke(planes, noTargets(PROJECT, "neither"), 3, { x: 40, y: 30 }).end();
    for (const name of NAMES) expect(planes.at(name, 40, 30)).toBe(1);
  });

  it("yes takes back the yes of classes that exclude it, and only theirs", () => {
    const planes = new LabelPlanes(80, 60);
    for (const name of ["gum", "caries"]) planes.set(name, 2, [0, 100]);
    planes.set("gum", 1, [100, 100]);
    for (const { class: name, to, where } of yesTargets(PROJECT, "tooth")) planes.set(name, to, [0, 200], where);
    expect([planes.at("tooth", 5, 0), planes.at("gum", 5, 0), planes.at("caries", 5, 0)]).toEqual([2, 0, 2]);
    expect(planes.at("gum", 40, 1)).toBe(1);
  });
});

describe("undo of regions", () => {
  const region = (x: number): Region => ({ box: { x, y: 0, width: 9, height: 9, rotation: 0 }, author: "a", role: "expert", origin: "lacuna" });

  it("is exact when nobody else did anything", () => {
    const before = [region(1), region(2), region(3)];
    const after = [region(1), region(7), region(3)];
    expect(changedRegions(after, { before: after, after: before })).toEqual(before);
  });

  it("keeps what others added", () => {
    const added = { before: [region(1)], after: [region(1), region(2)] };
    const current = [region(1), region(2), region(5)];
    expect(changedRegions(current, { before: added.after, after: added.before })).toEqual([region(1), region(5)]);
  });
});
