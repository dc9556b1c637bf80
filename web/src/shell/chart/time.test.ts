import { describe, expect, it } from "vitest";
import { duration } from "./time";

describe("duration", () => {
  it.each([
    [0, "0 s"],
    [59.4, "59 s"],
    [61, "1 min"],
    [3599, "1 h"],
    [5400, "1 h 30 min"],
  ])("%f seconds are %s", (seconds, text) => {
    expect(duration(seconds)).toBe(text);
  });
});
