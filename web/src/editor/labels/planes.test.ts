import { describe, expect, it } from "vitest";
import type { PaintOp } from "../../api/types";
import { randomFrom } from "../testing/random";
import { ACCEPTED, byteOf, NEGATIVE, POSITIVE, POSITIVES } from "./byte";
import { LabelPlanes } from "./planes";
import { fillRuns, runsWhere, tidyRuns } from "./runs";

const SIZE = { width: 37, height: 23 };

function planes(): LabelPlanes {
  return new LabelPlanes(SIZE.width, SIZE.height);
}

function snapshot(of: LabelPlanes, names: string[]): number[][] {
  return names.map((name) => [...(of.plane(name)?.data ?? new Uint8Array(SIZE.width * SIZE.height))]);
}

function randomOp(random: () => number): PaintOp {
  const value = (["unknown", "negative", "positive"] as const)[Math.floor(random() * 3)];
  const runs: number[] = [];
  for (let at = Math.floor(random() * 200); at < 800; at += 1 + Math.floor(random() * 90)) {
    const length = 1 + Math.floor(random() * 50);
    runs.push(at, Math.min(length, SIZE.width * SIZE.height - at));
    at += length;
  }
  const origin = value !== "unknown" && random() < 0.3 ? ("accepted" as const) : undefined;
  return { op: "paint", class: random() < 0.5 ? "gum" : "tooth", value, origin, runs };
}

describe("LabelPlanes", () => {
  it("loads a mask, accepted pixels marked", () => {
    const loaded = planes();
    loaded.load({ gum: { positive: [0, 4], negative: [10, 4], accepted: [2, 2, 12, 1] } });
    expect([...loaded.plane("gum")!.data.slice(0, 15)]).toEqual([2, 2, 6, 6, 0, 0, 0, 0, 0, 0, 1, 1, 5, 1, 0]);
  });

  it("answers what really changed", () => {
    const some = planes();
    some.set("gum", POSITIVE, [5, 3]);
    expect(some.set("gum", POSITIVE, [3, 8])).toEqual([{ class: "gum", from: 0, to: POSITIVE, runs: [3, 2, 8, 3] }]);
  });

  it("changes only the bytes it is told to", () => {
    const some = planes();
    some.set("gum", POSITIVE, [0, 2]);
    some.set("gum", NEGATIVE, [2, 2]);
    some.set("gum", 0, [0, 4], POSITIVES);
    expect([...some.plane("gum")!.data.slice(0, 5)]).toEqual([0, 0, NEGATIVE, NEGATIVE, 0]);
  });

  it("tells the rectangle of what changed, also over the end of a row", () => {
    const some = planes();
    const seen: unknown[] = [];
    some.onchange = (rect) => seen.push(rect);
    some.set("gum", POSITIVE, [SIZE.width + 3, 4]);
    some.set("gum", POSITIVE, [SIZE.width - 1, 2]);
    some.set("gum", POSITIVE, [SIZE.width - 1, 2]);
    expect(seen).toEqual([
      { x0: 3, y0: 1, x1: 7, y1: 2 },
      { x0: 0, y0: 0, x1: SIZE.width, y1: 2 },
    ]);
  });

  it.each([1, 2, 3, 4, 5])("undoes any sequence of operations, seed %i", (seed) => {
    const random = randomFrom(seed * 7919);
    const some = planes();
    for (let i = 0; i < 5; i++) some.apply(randomOp(random));
    const before = snapshot(some, ["gum", "tooth"]);
    const inverses = Array.from({ length: 30 }, () => some.apply(randomOp(random)));
    for (const ops of inverses.reverse()) for (const op of ops) some.apply(op);
    expect(snapshot(some, ["gum", "tooth"])).toEqual(before);
  });

  it("keeps what others painted since when undoing", () => {
    const some = planes();
    const changes = some.set("gum", POSITIVE, [0, 10]);
    some.set("gum", NEGATIVE, [4, 2]);
    some.undo(changes);
    expect(runsWhere(some.plane("gum")!.data, (byte) => byte !== 0)).toEqual([4, 2]);
  });
});

describe("runs", () => {
  it("are the pixels and back", () => {
    const random = randomFrom(11);
    const data = Uint8Array.from({ length: 500 }, () => Math.floor(random() * 3));
    const again = new Uint8Array(500);
    for (const value of [1, 2]) fillRuns(again, runsWhere(data, (byte) => byte === value), value);
    expect(again).toEqual(data);
  });

  it("are sorted and joined", () => {
    expect(tidyRuns([20, 5, 3, 2, 5, 1, 25, 2])).toEqual([3, 3, 20, 7]);
    expect(tidyRuns([99_000_000, 2, 40_000_000, 60_000_000 - 1_000_000])).toEqual([40_000_000, 59_000_002]);
  });
});

describe("pooled levels", () => {
  it("show the strongest byte of each square, whatever the order of edits", () => {
    const some = new LabelPlanes(700, 301);
    const random = randomFrom(5);
    for (let i = 0; i < 200; i++) {
      const byte = byteOf((["unknown", "negative", "positive"] as const)[Math.floor(random() * 3)], random() < 0.3 ? "accepted" : "painted");
      some.set("gum", byte, [Math.floor(random() * 200_000), 1 + Math.floor(random() * 3000)]);
    }
    const { levels } = some.plane("gum")!;
    const rank = [0, 3, 4, 0, 0, 1, 2, 0];
    for (let k = 1; k < levels.length; k++) {
      const [below, level] = [levels[k - 1], levels[k]];
      const strongest = Array.from(level.data, (_, at) => {
        const [x, y] = [2 * (at % level.width), 2 * Math.floor(at / level.width)];
        const cells = [0, 1].flatMap((dy) => [0, 1].map((dx) => below.data[Math.min(y + dy, below.height - 1) * below.width + Math.min(x + dx, below.width - 1)]));
        return Math.max(...cells.map((byte) => rank[byte]));
      });
      expect(Array.from(level.data, (byte) => rank[byte])).toEqual(strongest);
    }
    expect(levels.length).toBe(3);
  });

  it("know accepted bytes", () => {
    expect(byteOf("positive", "accepted")).toBe(POSITIVE | ACCEPTED);
    expect(byteOf("unknown", "accepted")).toBe(0);
  });
});
