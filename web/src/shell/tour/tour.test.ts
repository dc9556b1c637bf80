import { describe, expect, it } from "vitest";
import { RIGHTS } from "../../api/rights";
import type { Op } from "../../api/types";
import { placementOf, type Box, type Size } from "./placement";
import { doneBy, stepsFor, type Doings } from "./steps";

const sources = Object.values(import.meta.glob<string>("../../**/*.svelte", { query: "?raw", import: "default", eager: true })).join("");
const nothing: Doings = { painted: false, denied: false, drew: false, judged: false, turned: false, training: false, learnt: false, model: false, looking: false, tab: "learn", verifying: false, helped: false };
const words = { subject: "gum", single: false, demo: true };
const names = (access: keyof typeof RIGHTS) => stepsFor(RIGHTS[access]).map(({ name }) => name);

describe("stepsFor", () => {
  it("shows nobody what they cannot use", () => {
    expect(names("owner")).toEqual(["states", "paint", "no", "train", "look", "judge", "verify"]);
    expect(names("expert")).toEqual(names("owner"));
    expect(names("non-expert")).toEqual(["frame", "draw", "next", "help"]);
    expect(names("reader")).toEqual(["painted", "next", "see", "numbers", "help"]);
  });

  const all = [...new Set(Object.values(RIGHTS).flatMap(stepsFor))];
  it.each(all)("$name is short, points at something that is there, and waits until it is done", (step) => {
    const texts = [nothing, { ...nothing, model: true }, { ...nothing, training: true }].map((doings) => step.text(words, doings));
    texts.push(step.text({ ...words, single: true }, nothing));
    for (const text of texts) expect(text.length, text).toBeLessThan(210);
    const marked = step.targets.filter((name) => sources.includes(`data-tour="${name}"`) || (name.includes("-") && sources.includes(`data-tour={\`${name.split("-")[0]}-`)));
    expect(marked).toEqual(step.targets);
    expect(step.done(nothing)).toBe(false);
  });

  const advances: [string, Partial<Doings>][] = [
    ["states", { denied: true }],
    ["paint", { painted: true }],
    ["no", { drew: true }],
    ["no", { denied: true }],
    ["train", { training: true }],
    ["train", { learnt: true }],
    ["look", { looking: true }],
    ["judge", { judged: true }],
    ["verify", { verifying: true }],
    ["draw", { drew: true }],
    ["next", { turned: true }],
    ["see", { tab: "see" }],
    ["numbers", { tab: "verify" }],
    ["help", { helped: true }],
  ];
  it.each(advances)("%s is done by %o", (name, change) => {
    expect(all.find((step) => step.name === name)?.done({ ...nothing, ...change })).toBe(true);
  });

  it("says what is so: with a model, while it learns, without", () => {
    const look = all.find(({ name }) => name === "look")!;
    const said = [{}, { training: true }, { training: true, model: true }].map((change) => look.text(words, { ...nothing, ...change }));
    expect(said.map((text) => /no model|is learning|Tinted areas/.exec(text)?.[0])).toEqual(["no model", "is learning", "Tinted areas"]);
  });
});

it("tells of neither only where there is one", () => {
  const no = stepsFor(RIGHTS.owner).find(({ name }) => name === "no")!;
  expect(no.text(words, nothing)).toMatch(/^Choose neither/);
  expect(no.text({ ...words, single: true }, nothing)).toMatch(/^Choose No \(X\).*not gum/);
});

describe("doneBy", () => {
  const paint = (value: "positive" | "negative" | "unknown", origin?: "accepted"): Op => ({ op: "paint", class: "gum", value, runs: [0, 1], ...(origin && { origin }) });
  const rows: [string, Op[], Partial<Doings>][] = [
    ["a stroke", [paint("positive")], { painted: true }],
    ["neither", [paint("negative"), paint("negative")], { denied: true }],
    ["erasing says nothing", [paint("unknown")], {}],
    ["an accepted suggestion", [paint("positive", "accepted")], { painted: true, judged: true }],
    ["a rejected one", [paint("negative", "accepted")], { denied: true, judged: true }],
    ["the last region removed", [{ op: "regions", regions: [] }], {}],
  ];
  it.each(rows)("%s", (_, ops, done) => expect(doneBy({ ops })).toEqual(done));
});

describe("placementOf", () => {
  const card: Size = { width: 276, height: 150 };
  const page: Size = { width: 1280, height: 800 };
  const phone: Size = { width: 390, height: 844 };
  const rows: [string, Box, Size, Size, string][] = [
    ["beside the picture, over the panel", { left: 312, top: 100, width: 656, height: 650 }, card, page, "right"],
    ["left of what is in the panel", { left: 990, top: 140, width: 270, height: 42 }, card, page, "left"],
    ["below a narrow page's bar", { left: 8, top: 60, width: 370, height: 36 }, { width: 374, height: 150 }, phone, "below"],
    ["above a narrow page's buttons", { left: 98, top: 792, width: 97, height: 52 }, { width: 374, height: 150 }, phone, "above"],
    ["in a picture, not over the classes above it", { left: 48, top: 168, width: 342, height: 582 }, { width: 374, height: 120 }, phone, "inside"],
    ["in a picture that fills the page", { left: 48, top: 140, width: 342, height: 610 }, { width: 374, height: 150 }, phone, "inside"],
  ];
  it.each(rows)("%s, all of it on the page", (_, target, size, on, side) => {
    const found = placementOf(target, size, on);
    expect(found.side).toBe(side);
    expect(found.left >= 8 && found.left + size.width <= on.width - 8).toBe(true);
    expect(found.top >= 8 && found.top + size.height <= on.height - 8).toBe(true);
  });

  it("stays clear of the bar in which its target lies, and points at the target", () => {
    const bar = { left: 264, top: 52, width: 704, height: 96 };
    const target = { left: 420, top: 58, width: 90, height: 32 };
    const { left, top, side, arrow } = placementOf(target, card, page, bar);
    expect([side, top]).toEqual(["below", 162]);
    expect(left + arrow).toBeCloseTo(465);
    expect(placementOf({ left: 990, top: 130, width: 270, height: 42 }, card, page, bar).side).toBe("below");
    expect(placementOf({ left: 990, top: 400, width: 270, height: 42 }, card, page, bar).side).toBe("left");
  });

  it("points at the target, and covers nothing of it where there is room", () => {
    const target = { left: 990, top: 140, width: 270, height: 42 };
    const { left, top, arrow } = placementOf(target, card, page);
    expect(top + arrow).toBeCloseTo(161);
    expect(left + card.width).toBeLessThanOrEqual(target.left);
    const corner = placementOf({ left: 990, top: 4, width: 270, height: 20 }, card, page);
    expect([corner.top, corner.arrow]).toEqual([8, 18]);
  });
});
