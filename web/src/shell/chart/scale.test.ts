import { describe, expect, it } from "vitest";
import { isolated, lastKnown, linear, linePath, roundUp, summary } from "./scale";

describe("linear", () => {
  it("maps the ends of the domain to the ends of the range", () => {
    const scale = linear([0, 10], [100, 0]);
    expect(scale(0)).toBe(100);
    expect(scale(10)).toBe(0);
    expect(scale(2.5)).toBe(75);
  });

  it("puts a domain of no width in the middle", () => {
    expect(linear([3, 3], [0, 50])(3)).toBe(25);
  });
});

describe("roundUp", () => {
  it.each([
    [0.69, 1],
    [1, 1],
    [1.2, 2],
    [0.23, 0.25],
    [42, 50],
    [0.0007, 0.001],
    [0.2, 0.2],
  ])("%f is under %f", (value, top) => {
    expect(roundUp(value)).toBeCloseTo(top, 12);
  });

  it.each([0, -1, Number.NaN, Infinity])("has a top for %f", (value) => {
    expect(roundUp(value)).toBe(1);
  });
});

describe("linePath", () => {
  const same = (value: number) => value;

  it("has a gap where a value does not exist", () => {
    expect(linePath([1, 2, null, 4, 5], same, same)).toBe("M0 1L1 2M3 4L4 5");
  });

  it("treats what is not a number as not existing", () => {
    expect(linePath([Number.NaN, 2, 3], same, same)).toBe("M1 2L2 3");
  });

  it("is empty without values", () => {
    expect(linePath([], same, same)).toBe("");
    expect(linePath([null, null], same, same)).toBe("");
  });
});

describe("single values", () => {
  it("are found, because a line does not show them", () => {
    expect(isolated([null, 2, null, 4, 5, null, 7])).toEqual([1, 6]);
  });

  it("the last one skips gaps at the end", () => {
    expect(lastKnown([1, 2, null])).toEqual({ index: 1, value: 2 });
    expect(lastKnown([null])).toBeNull();
  });
});

describe("summary", () => {
  const format = (value: number) => value.toFixed(2);

  it("says where the curve began and ended", () => {
    expect(summary("Loss", [0.7, 0.5, 0.2], format)).toBe("Loss fell from 0.70 to 0.20 in 3 epochs.");
    expect(summary("Dice", [null, 0.3, 0.8], format)).toBe("Dice rose from 0.30 to 0.80 in 3 epochs.");
  });

  it("does not invent a course", () => {
    expect(summary("Dice", [null, null], format)).toBe("Dice: no value yet.");
    expect(summary("Loss", [0.7], format)).toBe("Loss: 0.70 after one epoch.");
  });
});
