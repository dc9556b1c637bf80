import { describe, expect, it } from "vitest";
import type { Region } from "../../api/types";
import { gripAfter } from "./select";

const signed = { author: "me", role: "expert", origin: "lacuna" } as const;
const box: Region = { ...signed, box: { x: 10, y: 20, width: 30, height: 8, rotation: 0 } };
const triangle: Region = { ...signed, polygon: [[0, 0], [9, 0], [0, 9]] };

describe("gripAfter", () => {
  const rows: [string, Region, [number, number], [number, number]][] = [
    ["from anywhere, the first corner", box, [50, 50], [10, 20]],
    ["from a corner, though pixels have middles, the next", box, [10.5, 20.5], [40, 20]],
    ["after the corners, what turns a box", box, [10.5, 28.5], [25, 15]],
    ["and from there the first again", box, [25.5, 15.5], [10, 20]],
    ["a polygon has corners only", triangle, [0.5, 9.5], [0, 0]],
  ];
  it.each(rows)("%s", (_, region, [x, y], [u, v]) => expect(gripAfter(region, { x, y }, 5)).toEqual({ x: u, y: v }));
});
