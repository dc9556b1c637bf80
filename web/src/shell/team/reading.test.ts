import { describe, expect, it } from "vitest";
import type { Reading } from "../../api/types";
import { progress, waits, worstFirst, type Row } from "./reading";

const reading = (more: Partial<Reading>): Reading => ({
  case: "m0",
  stage: "open",
  mine: false,
  readers: [
    { name: "Ben", state: "not-begun" },
    { name: "Eva", state: "done" },
  ],
  decision: null,
  ...more,
});

describe("a picture that two people read separately", () => {
  it("waits for them, and for oneself when one is done", () => {
    const alone = (state: "working" | "done"): Partial<Reading> => ({ mine: true, readers: [{ name: "Eva", state }] });
    expect(waits(reading({}))).toBe(true);
    expect(waits(reading(alone("working")))).toBe(false);
    expect(waits(reading(alone("done")))).toBe(true);
    expect(waits(reading({ stage: "done" }))).toBe(false);
    expect(waits(reading({ stage: "withdrawn" }))).toBe(false);
  });

  it("says how far each is", () => {
    expect(progress(reading({}))).toBe("Ben (not begun) and Eva (done)");
  });

  it("shows the worst agreement first", () => {
    const row = (name: string, dice: number | null, differing = 0): Row => ({
      case: name,
      class: "gum",
      dice,
      kappa: null,
      nsd: null,
      coverage: null,
      differing,
    });
    const rows = [row("a", 0.9), row("b", null, 5), row("c", 0.2, 3), row("d", 0.2, 8), row("e", null, 9)];
    expect(worstFirst({ rows }).map((each) => each.case)).toEqual(["d", "c", "a", "e", "b"]);
  });
});
