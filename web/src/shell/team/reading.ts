import type { AgreementTable, Reading } from "../../api/types";

type Reader = Reading["readers"][number];

const states: Record<Reader["state"], string> = {
  "not-begun": "not begun",
  working: "working",
  done: "done",
  gone: "removed",
};

/** Whether this person can change nothing in the picture: others read it, or they are done with it themselves. */
export function waits({ stage, mine, readers }: Reading): boolean {
  return stage === "open" && (!mine || readers.some(({ state }) => state === "done"));
}

/** The two, and how far each is. */
export function progress({ readers }: Reading): string {
  return readers.map(({ name, state }) => `${name} (${states[state]})`).join(" and ");
}

export function names({ readers }: Reading): string {
  return readers.map(({ name }) => name).join(" and ");
}

export interface Row {
  readonly case: string;
  readonly class: string;
  readonly dice: number | null;
  readonly kappa: number | null;
  readonly nsd: number | null;
  readonly coverage: number | null;
  readonly differing: number;
}

/** Where people agree least comes first; what cannot be said comes last, and of the like the one with more pixels at stake. */
export function worstFirst({ rows }: Pick<AgreementTable, "rows">): Row[] {
  const rank = ({ dice }: Row) => dice ?? 2;
  return [...rows].sort((a, b) => rank(a) - rank(b) || b.differing - a.differing);
}

export function number(value: number | null): string {
  return value === null ? "–" : value.toFixed(2);
}

export function percent(share: number | null): string {
  return share === null ? "–" : `${(100 * share).toFixed(0)} %`;
}
