import { describe, expect, it } from "vitest";
import type { CaseSummary, QueueItem } from "../../api/types";
import { assignmentFilters, editedCases, fits, personFilters, uncertainCases, type Filter } from "./filter";

function picture(id: string, more: Partial<CaseSummary> = {}): CaseSummary {
  return { id, group: null, part: "train", width: 8, height: 8, painted: 0, regions: 0, seq: 0, by: [], assigned: [], conflict: false, error: null, ...more };
}

function item(id: string, more: Partial<QueueItem> = {}): QueueItem {
  return { case: id, point: { x: 1, y: 1 }, score: 0, why: "", edited: false, ...more };
}

const PICTURES = [
  picture("blank"),
  picture("painted", { painted: 0.2, assigned: ["Ada", "Me"] }),
  picture("boxed", { regions: 1, by: ["Ada", "Ben"], conflict: true }),
  picture("held", { part: "test" }),
  picture("broken", { error: "no picture", by: ["Ada"] }),
];

describe("fits", () => {
  const known = { uncertain: new Set(["blank", "broken"]), edited: new Set(["painted"]) };
  const rows: [Filter, string[]][] = [
    ["all", ["blank", "painted", "boxed", "held", "broken"]],
    ["unpainted", ["blank", "held"]],
    // A region alone says something, too.
    ["begun", ["painted", "boxed"]],
    // Nothing but its own filter shows what cannot be opened.
    ["uncertain", ["blank"]],
    ["edited", ["painted"]],
    ["held", ["held"]],
    ["conflict", ["boxed"]],
    ["by Ben", ["boxed"]],
    ["by Cleo", []],
    ["to Me", ["painted"]],
    ["broken", ["broken"]],
  ];
  it.each(rows)("%s", (filter, ids) => {
    expect(PICTURES.filter((each) => fits(filter, each, known)).map(({ id }) => id)).toEqual(ids);
  });
});

describe("people", () => {
  it("are offered once there are two to tell apart", () => {
    expect(personFilters(PICTURES).map(({ label }) => label)).toEqual(["By Ada", "By Ben"]);
    expect(personFilters([picture("a", { by: ["Ada"] })])).toEqual([]);
  });
});

describe("what people are asked to do", () => {
  it("is offered, one's own first", () => {
    expect(assignmentFilters(PICTURES, "Me").map(({ label }) => label)).toEqual(["Mine to do", "To do by Ada"]);
    expect(assignmentFilters(PICTURES.slice(0, 1), "Me")).toEqual([]);
  });
});

describe("what the queue knows", () => {
  it("is uncertain above the mean of what the model looked at and nobody painted since", () => {
    const seen = [item("a", { score: 0.1 }), item("b", { score: 0.2 }), item("c", { score: 0.6 })];
    const others = [item("unseen", { score: 0.99, point: null }), item("edited", { score: 9, edited: true }), item("known", { score: null })];
    expect([...uncertainCases([...seen, ...others])]).toEqual(["c"]);
    expect(uncertainCases([]).size).toBe(0);
  });

  it("is what was painted since", () => {
    expect([...editedCases([item("a"), item("b", { edited: true })])]).toEqual(["b"]);
  });
});
