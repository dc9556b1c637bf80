import { describe, expect, it } from "vitest";
import { Viewport } from "./viewport";

const wide = { width: 701, height: 633 };
const narrow = { width: 528, height: 633 };

function fitted(): Viewport {
  const view = new Viewport({ width: 511, height: 510 });
  view.resize(wide, 1);
  view.fit();
  return view;
}

describe("when the screen changes", () => {
  it("a picture that is seen whole stays so, and comes back", () => {
    const view = fitted();
    const { scale, left, top } = view;
    view.resize(narrow, 1);
    expect([view.scale, view.visible]).toEqual([view.fitScale, { x0: 0, y0: 0, x1: 511, y1: 510 }]);
    view.resize(wide, 1);
    expect([view.scale, view.left, view.top]).toEqual([scale, left, top]);
    view.resize({ width: 1402, height: 1266 }, 2);
    expect(view.scale).toBeCloseTo(2 * scale);
  });

  const moved: [string, (view: Viewport) => void][] = [
    ["zoomed", (view) => view.zoomTo(view.scale * 2)],
    ["pushed aside", (view) => view.pan(40, 0)],
  ];
  it.each(moved)("one that was %s keeps its scale and its middle", (_, move) => {
    const view = fitted();
    move(view);
    const [scale, middle] = [view.scale, view.toPicture(view.middle)];
    view.resize(narrow, 1);
    expect(view.scale).toBe(scale);
    expect(view.toPicture(view.middle).x).toBeCloseTo(middle.x, 0);
  });
});
