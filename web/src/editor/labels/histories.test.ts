import { describe, expect, it } from "vitest";
import { historyOf } from "./histories";

describe("historyOf", () => {
  it("remembers the twenty pictures that were open last", () => {
    const first = historyOf("0");
    for (let k = 1; k < 20; k++) historyOf(`${k}`);
    expect(historyOf("0")).toBe(first);
    const second = historyOf("1");
    historyOf("20");
    historyOf("21");
    expect(historyOf("0")).toBe(first);
    expect(historyOf("1")).toBe(second);
    for (let k = 30; k < 50; k++) historyOf(`${k}`);
    expect(historyOf("0")).not.toBe(first);
  });
});
