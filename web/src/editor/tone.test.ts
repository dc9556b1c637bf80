import { describe, expect, it } from "vitest";
import { PLAIN_TONE, readTone, toneFilter, writeTone } from "./tone";

describe("tone", () => {
  it("asks nothing of the browser while it is plain", () => {
    expect(toneFilter(PLAIN_TONE)).toBe("");
    expect(toneFilter({ brightness: 1.5, contrast: 0.5 })).toBe("brightness(1.5) contrast(0.5)");
  });

  it.each([
    ["what was written", writeTone({ brightness: 0.7, contrast: 3 }), { brightness: 0.7, contrast: 3 }],
    ["nothing", null, PLAIN_TONE],
    ["something else", "bright", PLAIN_TONE],
    ["a half", "2", { brightness: 2, contrast: 1 }],
    ["what would hide the picture", "0 1000", { brightness: 1, contrast: 4 }],
    ["what is less than nothing", "-3 Infinity", { brightness: 0.25, contrast: 1 }],
  ])("reads %s", (_, text, tone) => {
    expect(readTone(text)).toEqual(tone);
  });
});
