import { expect, test } from "vitest";

import { range, signed, spoken } from "./interval";

test("intervals are told in figures and in words", () => {
  const interval = { value: 0.5, low: 0.25, high: 0.75 };
  expect(range(interval)).toBe("[0.25, 0.75]");
  expect(spoken(interval)).toBe("0.50, between 0.25 and 0.75");
  expect([range(null), spoken(null)]).toEqual(["too few answers", "not known"]);
});

test("a gain has a sign, and may be open", () => {
  expect(signed({ value: 0.012, low: -0.004, high: 0.0281 })).toBe("+0.012 (−0.004 to +0.028)");
  expect(signed({ value: null, low: -0.5, high: 0.5 })).toBe("−0.500 to +0.500");
  expect(signed({ value: null, low: null, high: null })).toBe("not known");
});
