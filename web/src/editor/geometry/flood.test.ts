import { describe, expect, it } from "vitest";
import { randomFrom } from "../testing/random";
import { cropToDisc, flood, partRuns, similarColors } from "./flood";

function bytes(...rows: string[]): Uint8Array {
  return Uint8Array.from([...rows.join("")].map(Number));
}

/** The same, one pixel after the other. */
function spread(open: Uint8Array, width: number, seed: number): Uint8Array {
  const filled = new Uint8Array(open.length);
  const visit = (at: number): void => {
    if (!open[at] || filled[at]) return;
    filled[at] = 1;
    if (at % width > 0) visit(at - 1);
    if (at % width < width - 1) visit(at + 1);
    visit(at - width);
    visit(at + width);
  };
  visit(seed);
  return filled;
}

describe("flood", () => {
  it.each([
    ["goes around corners, but not over them", bytes("1101", "0111", "0000", "1110"), bytes("1101", "0111", "0000", "0000"), 0],
    ["does not go on at the other end of the next row", bytes("0011", "1100"), bytes("0011", "0000"), 3],
    ["does nothing where it may not begin", bytes("0111", "1111"), bytes("0000", "0000"), 0],
  ])("%s", (_, open, filled, seed) => {
    expect(flood(open, 4, seed)).toEqual(filled);
  });

  it("fills what one pixel after the other would", () => {
    const random = randomFrom(7);
    for (let round = 0; round < 200; round++) {
      const width = 1 + Math.floor(random() * 30);
      const open = Uint8Array.from({ length: width * (1 + Math.floor(random() * 30)) }, () => Number(random() < 0.65));
      const seed = Math.floor(random() * open.length);
      expect(flood(open, width, seed)).toEqual(spread(open, width, seed));
    }
  });
});

describe("similarColors", () => {
  it("asks of every channel, in both directions, and not of opacity", () => {
    const rgba = Uint8ClampedArray.of(100, 100, 100, 255, 110, 90, 100, 0, 100, 111, 100, 255, 89, 100, 100, 255);
    expect([...similarColors(rgba, 0, 10)]).toEqual([1, 1, 0, 0]);
    expect([...similarColors(rgba, 0, 0)]).toEqual([1, 0, 0, 0]);
  });
});

describe("parts of a picture", () => {
  it("are cut to a circle by the centres of their pixels", () => {
    const rect = { x0: 2, y0: 1, x1: 8, y1: 6 };
    const part = { rect, data: new Uint8Array(30).fill(1) };
    cropToDisc(part, { x: 4, y: 3 }, 2);
    expect(part.data).toEqual(bytes("011000", "111100", "111100", "011000", "000000"));
  });

  it("become runs of the whole", () => {
    const part = { rect: { x0: 3, y0: 1, x1: 6, y1: 3 }, data: bytes("011", "110") };
    expect(partRuns(part, 10)).toEqual([14, 2, 23, 2]);
    const whole = { rect: { x0: 0, y0: 0, x1: 2, y1: 2 }, data: bytes("11", "11") };
    expect(partRuns(whole, 2)).toEqual([0, 4]);
  });
});
