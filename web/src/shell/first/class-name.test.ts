import { describe, expect, it } from "vitest";
import { flawOf, tidyName } from "./class-name";

describe("flawOf", () => {
  it.each(["", "gum", "dental-plaque_2", "Zähne", "歯", "a".repeat(64)])("takes %j", (name) => {
    expect(flawOf(name, ["teeth"])).toBe(null);
  });

  it.each(["dental plaque", "gum/teeth", "..", "a.b", "a".repeat(65), "teeth"])("refuses %j", (name) => {
    expect(flawOf(name, ["teeth"])).not.toBe(null);
  });
});

describe("tidyName", () => {
  it.each([
    [" dental  plaque ", "dental-plaque"],
    ["caries (deep)", "caries-deep"],
    ["Za\u0308hne", "Zähne"],
    ["a".repeat(80), "a".repeat(64)],
    ["?!", ""],
  ])("makes %j usable", (name, tidy) => {
    expect(tidyName(name)).toBe(tidy);
    expect(flawOf(tidy, [])).toBe(null);
  });
});
