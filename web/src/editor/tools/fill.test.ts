import { afterEach, describe, expect, it, vi } from "vitest";
import type { PartMask } from "../geometry/flood";
import type { Point } from "../geometry/point";
import { countPixels } from "../labels/runs";
import { newBench } from "../testing/bench";
import type { Bench } from "./tool";
import { FillTool } from "./fill";

/** Left half dark, right half bright; each pixel a little different from its neighbours. */
function halves(size: number): Bench["pixels"] {
  return ({ x0, y0, x1, y1 }) => {
    const rgba = new Uint8ClampedArray(4 * (x1 - x0) * (y1 - y0));
    let k = 0;
    for (let y = y0; y < y1; y++) for (let x = x0; x < x1; x++, k += 4) rgba.fill((x < size / 2 ? 40 : 180) + ((x * 7 + y * 3) % 10), k, k + 3);
    return rgba;
  };
}

function click(tool: FillTool, at: Point): void {
  tool.press(at);
  tool.release();
}

function setUp(size: number, more: Partial<Bench> = {}) {
  const world = newBench({ width: size, height: size }, { pixels: halves(size), ...more });
  const yes = () => countPixels(world.edits.flatMap(({ ops }) => ops.flatMap((op) => (op.op === "paint" ? op.runs : []))));
  return { ...world, yes, fill: new FillTool(world.bench) };
}

describe("FillTool", () => {
  afterEach(() => void vi.useRealTimers());

  it("fills as far as the colour goes, as one edit", async () => {
    const { work, fill, edits, yes } = setUp(40);
    click(fill, { x: 5.5, y: 5.5 });
    await work.queue.flush();
    expect([edits.length, yes(), work.undoable]).toEqual([1, 800, 1]);
  });

  it("is held by an outline that was painted before", async () => {
    const { work, fill, edits } = setUp(40);
    work.paint(work.planes.set("gum", 2, Array.from({ length: 40 }, (_, y) => [y * 40 + 10, 1]).flat()));
    click(fill, { x: 5.5, y: 5.5 });
    await work.queue.flush();
    expect(edits[1].ops[0]).toMatchObject({ class: "gum", value: "positive", runs: expect.arrayContaining([0, 10]) });
    expect(work.planes.at("gum", 9, 20)).toBe(2);
    expect(work.planes.at("gum", 11, 20)).toBe(0);
  });

  it("goes no farther than what is seen, and than 512 pixels", async () => {
    const seen = setUp(40, { visible: () => ({ x0: 2, y0: 3, x1: 12, y1: 9 }) });
    click(seen.fill, { x: 5.5, y: 5.5 });
    click(seen.fill, { x: 30.5, y: 30.5 });
    await seen.work.queue.flush();
    expect(seen.yes()).toBe(60);
    const wide = setUp(2400);
    click(wide.fill, { x: 600, y: 1200 });
    await wide.work.queue.flush();
    expect(wide.yes() / (Math.PI * 512 ** 2)).toBeCloseTo(1, 3);
  });

  it("takes more with more tolerance, and nothing while the picture is loading", async () => {
    const { work, desk, fill, yes } = setUp(40);
    desk.tolerance = 150;
    click(fill, { x: 5.5, y: 5.5 });
    await work.queue.flush();
    expect(yes()).toBe(1600);
    const loading = setUp(40, { pixels: () => null });
    click(loading.fill, { x: 5.5, y: 5.5 });
    await loading.work.queue.flush();
    expect(loading.edits).toEqual([]);
  });

  it("shows what it would fill once the pointer rests, until it is gone", () => {
    vi.useFakeTimers();
    const shown: (PartMask | null)[] = [];
    const { fill } = setUp(40, { preview: (part) => void shown.push(part) });
    fill.hover({ x: 5.5, y: 5.5 });
    fill.hover({ x: 6.5, y: 5.5 });
    vi.runAllTimers();
    expect(shown.map((part) => part?.data.reduce((sum, each) => sum + each))).toEqual([800]);
    fill.leave();
    expect(shown[1]).toBe(null);
  });

  it("takes far less than a tenth of a second at 1024 by 1024", () => {
    const rgba = halves(1024)({ x0: 0, y0: 0, x1: 1024, y1: 1024 });
    const quick = newBench({ width: 1024, height: 1024 }, { pixels: () => rgba });
    const tool = new FillTool(quick.bench);
    const times = [0, 1, 2, 3, 4].map((round) => {
      quick.desk.answer = round % 2 ? "unknown" : "yes";
      const before = performance.now();
      click(tool, { x: 512.5, y: 512.5 });
      return performance.now() - before;
    });
    expect(Math.min(...times)).toBeLessThan(100);
  });
});
