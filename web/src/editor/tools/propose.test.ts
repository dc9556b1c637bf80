import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Proposed, ProposalQuestion, Runs } from "../../api/types";
import type { PartMask } from "../geometry/flood";
import { countPixels } from "../labels/runs";
import { newBench } from "../testing/bench";
import { ProposeTool } from "./propose";

const SIZE = { width: 40, height: 30 };
const still = { shift: false };
/** Rows 5–9, columns 10–19. */
const REGION: Runs = [5, 6, 7, 8, 9].flatMap((y) => [y * 40 + 10, 10]);

describe("ProposeTool", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  function setUp(suggested: Runs = REGION) {
    const questions: ProposalQuestion[] = [];
    const shown: (PartMask | null)[] = [];
    const propose = async (question: ProposalQuestion): Promise<Proposed> => {
      questions.push(question);
      return { suggested, version: null };
    };
    const world = newBench(SIZE, { propose, preview: (part) => void shown.push(part) });
    world.desk.radius = 1;
    const tool = new ProposeTool(world.bench);
    const dot = async (x: number, y: number) => {
      tool.press({ x, y }, still);
      tool.release({ x, y });
      await vi.runAllTimersAsync();
    };
    const at = (name: string, x: number, y: number) => world.work.planes.at(name, x, y);
    return { ...world, tool, questions, shown, dot, at };
  }

  it("asks for scribbles of both signs and shows the answer, of which nothing is paint", async () => {
    const { dot, desk, questions, shown, edits, work } = setUp();
    await dot(12, 7);
    desk.answer = "no";
    await dot(30, 20);
    expect(questions.length).toBe(2);
    expect(questions[1]).toMatchObject({ class: "gum", window: { x: 0, y: 0, width: 40, height: 30 } });
    expect([countPixels(questions[1].positive), countPixels(questions[1].negative)]).toEqual([4, 4]);
    expect(desk.proposal).toMatchObject({ working: false, pixels: 50 });
    const last = shown[shown.length - 1];
    expect([1, 2, 3].map((code) => last?.data.filter((each) => each === code).length)).toEqual([46, 4, 4]);
    expect([edits, work.undoable, work.planes.size]).toEqual([[], 0, 0]);
  });

  it("accepts: the region as accepted, the scribbles as painted, in one step that can be undone", async () => {
    const { dot, desk, edits, work, tool, at } = setUp();
    await dot(12, 7);
    desk.answer = "no";
    await dot(30, 20);
    tool.finish();
    expect([at("gum", 15, 6), at("gum", 12, 7), at("gum", 30, 20), at("gum", 0, 0)]).toEqual([6, 2, 1, 0]);
    expect([tool.busy, desk.proposal, work.undoable]).toEqual([false, null, 1]);
    await vi.runAllTimersAsync();
    expect(edits[0].ops).toContainEqual(expect.objectContaining({ class: "gum", value: "positive", origin: "accepted" }));
    work.undo();
    expect([at("gum", 15, 6), at("gum", 12, 7), at("gum", 30, 20)]).toEqual([0, 0, 0]);
    work.redo();
    expect([at("gum", 15, 6), at("gum", 12, 7), at("gum", 30, 20)]).toEqual([6, 2, 1]);
  });

  it("goes over nothing that somebody painted", async () => {
    const { dot, tool, work, at } = setUp();
    work.paint(work.planes.set("gum", 1, [6 * 40 + 15, 1]));
    work.paint(work.planes.set("tooth", 2, [6 * 40 + 16, 1]));
    work.paint(work.planes.set("gum", 5, [6 * 40 + 17, 1]));
    await dot(12, 7);
    tool.finish();
    expect([15, 16, 17, 18].map((x) => at("gum", x, 6))).toEqual([1, 0, 6, 6]);
    expect(at("tooth", 16, 6)).toBe(2);
  });

  it("takes back scribble by scribble, discards everything, and accepts nothing unanswered", async () => {
    const { dot, tool, questions, edits, shown, desk } = setUp();
    await dot(12, 7);
    await dot(14, 8);
    tool.stepBack();
    await vi.runAllTimersAsync();
    expect(countPixels(questions[2].positive)).toBe(4);
    tool.press({ x: 20, y: 20 }, still);
    tool.cancel();
    await vi.runAllTimersAsync();
    expect(countPixels(questions[3].positive)).toBe(4);
    tool.press({ x: 20, y: 20 }, still);
    tool.release({ x: 20, y: 20 });
    tool.finish();
    expect([edits.length, tool.busy]).toEqual([0, true]);
    tool.putDown();
    await vi.runAllTimersAsync();
    expect([tool.busy, shown[shown.length - 1], desk.proposal, questions.length]).toEqual([false, null, null, 4]);
  });

  it("asks with a box, and with nothing but a no not at all", async () => {
    const { tool, questions, desk, dot } = setUp();
    desk.answer = "no";
    await dot(5, 5);
    expect(questions.length).toBe(0);
    tool.press({ x: 10.2, y: 5.5 }, { shift: true });
    tool.drag([{ x: 25, y: 15.1 }]);
    tool.release({ x: 25, y: 15.1 });
    await vi.runAllTimersAsync();
    expect(questions[0].box).toEqual({ x: 10, y: 5, width: 15, height: 11 });
    expect(desk.draft).toBe(null);
  });

  it("asks again for another class, and says why nothing can be proposed", async () => {
    const { tool, questions, desk, dot, bench } = setUp();
    await dot(12, 7);
    desk.subject = "tooth";
    tool.refresh();
    await vi.runAllTimersAsync();
    expect(questions.map((question) => question.class)).toEqual(["gum", "tooth"]);
    bench.propose = () => Promise.reject(new Error("no such picture"));
    await dot(13, 8);
    expect(desk.proposal?.failed).toBe("no such picture");
    desk.subject = "neither";
    tool.refresh();
    expect(tool.busy).toBe(false);
    tool.press({ x: 1, y: 1 }, still);
    expect([tool.busy, desk.spoken]).toEqual([false, "Choose a class: nothing can be proposed for neither"]);
  });
});
