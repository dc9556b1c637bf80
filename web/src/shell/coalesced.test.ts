import { describe, expect, it } from "vitest";
import { coalesced } from "./coalesced";

describe("coalesced", () => {
  it("runs once at a time, and once more for all who asked meanwhile", async () => {
    const ends: (() => void)[] = [];
    const run = coalesced(() => new Promise((resolve) => ends.push(resolve)));
    const first = run();
    await Promise.resolve();
    const others = [run(), run(), run()];
    await new Promise((resolve) => setTimeout(resolve));
    expect(ends.length).toBe(1);
    ends[0]!();
    await first;
    await new Promise((resolve) => setTimeout(resolve));
    expect(ends.length).toBe(2);
    ends[1]!();
    await Promise.all(others);
    expect(ends.length).toBe(2);
  });

  it("goes on after a failure, and tells of it those who asked", async () => {
    let times = 0;
    const run = coalesced(async () => {
      if (++times === 1) throw new Error("no");
    });
    await expect(run()).rejects.toThrow("no");
    await run();
    expect(times).toBe(2);
  });
});
