import { expect, it } from "vitest";
import { Desk } from "./desk.svelte";
import { keepDesk } from "./desk-memory";
import { PROJECT } from "./testing/bench";

it("the next picture has the tool, size and tolerance of the last", () => {
  const first = new Desk(() => PROJECT);
  expect([first.tool, first.radius]).toEqual(["brush", 24]);
  Object.assign(first, { tool: "fill", radius: 7.5, tolerance: 40 });
  keepDesk(first);
  const second = new Desk(() => PROJECT);
  expect([second.tool, second.radius, second.tolerance]).toEqual(["fill", 7.5, 40]);
  // What is asked about one picture's prediction does not go on.
  Object.assign(second, { tool: "suggest", radius: 9 });
  keepDesk(second);
  const third = new Desk(() => PROJECT);
  expect([third.tool, third.radius]).toEqual(["fill", 9]);
});
