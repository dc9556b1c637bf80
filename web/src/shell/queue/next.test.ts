import { describe, expect, it } from "vitest";
import type { QueueItem } from "../../api/types";
import { nextItem } from "./next";

function item(id: string, edited = false, point: QueueItem["point"] = null): QueueItem {
  return { case: id, point, score: null, why: "", edited };
}

/** Where somebody comes who asks for the next one again and again. */
function walk(items: QueueItem[], start: string, steps: number): string {
  const visited = new Set([start]);
  const way = [start];
  for (let k = 0; k < steps; k++) {
    const next = nextItem(items, { case: way.at(-1)!, point: null }, visited)!;
    visited.add(next.case);
    way.push(next.case);
  }
  return way.join("");
}

describe("nextItem", () => {
  it("goes through the order, not to and fro", () => {
    expect(walk([..."abcd"].map((id) => item(id)), "a", 3)).toBe("abcd");
    expect(walk([..."abcd"].map((id) => item(id)), "c", 3)).toBe("cabd");
  });

  it("leaves what was painted on for the end", () => {
    expect(walk([item("a"), item("b", true), item("c"), item("d", true)], "a", 3)).toBe("acbd");
  });

  it("goes on when everything was looked at", () => {
    expect(nextItem([item("a"), item("b", true), item("c")], { case: "a", point: null }, new Set("abc"))?.case).toBe("c");
  });

  it("goes to another place of the only picture, and nowhere without one", () => {
    const there = item("a", false, { x: 3, y: 4 });
    expect(nextItem([there], { case: "a", point: null }, new Set("a"))).toBe(there);
    expect(nextItem([there], { case: "a", point: { x: 3, y: 4 } }, new Set("a"))).toBe(null);
    expect(nextItem([], { case: null, point: null }, new Set())).toBe(null);
  });
});
