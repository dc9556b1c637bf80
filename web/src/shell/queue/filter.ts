import type { CaseSummary, QueueItem } from "../../api/types";

export type Filter = "all" | "unpainted" | "begun" | "uncertain" | "edited" | "held" | "conflict" | "broken" | ByPerson | ToPerson;
/** What a certain person is asked to work on. */
export type ToPerson = `to ${string}`;
/** What a certain person worked on. */
export type ByPerson = `by ${string}`;

export const FILTERS: readonly { filter: Filter; label: string }[] = [
  { filter: "all", label: "All" },
  { filter: "unpainted", label: "Unpainted" },
  { filter: "begun", label: "Begun" },
  { filter: "uncertain", label: "Model is unsure" },
  { filter: "edited", label: "Painted since the model" },
  { filter: "held", label: "Held back" },
  { filter: "conflict", label: "Contradicting" },
  { filter: "broken", label: "Cannot be read" },
];

/** What the queues say of pictures, beside their summaries. */
export interface Known {
  uncertain: ReadonlySet<string>;
  edited: ReadonlySet<string>;
}

const BY = "by ";
const TO = "to ";

function isToPerson(filter: Filter): filter is ToPerson {
  return filter.startsWith(TO);
}

function isByPerson(filter: Filter): filter is ByPerson {
  return filter.startsWith(BY);
}

/** A filter for each person who worked on any picture; with one person alone there is nothing to tell apart. */
export function personFilters(cases: readonly CaseSummary[]): { filter: ByPerson; label: string }[] {
  const names = [...new Set(cases.flatMap(({ by }) => by))].sort((a, b) => a.localeCompare(b));
  return names.length > 1 ? names.map((name) => ({ filter: `by ${name}`, label: `By ${name}` })) : [];
}

/** Filters for what people are asked to do, one's own first. */
export function assignmentFilters(cases: readonly CaseSummary[], me: string): { filter: ToPerson; label: string }[] {
  const names = [...new Set(cases.flatMap(({ assigned }) => assigned))].sort((a, b) => a.localeCompare(b));
  const mine = names.filter((name) => name === me);
  const others = names.filter((name) => name !== me);
  return [...mine, ...others].map((name) => ({ filter: `to ${name}`, label: name === me ? "Mine to do" : `To do by ${name}` }));
}

export function isBegun({ painted, regions }: CaseSummary): boolean {
  return painted > 0 || regions > 0;
}

export function fits(filter: Filter, item: CaseSummary, known: Known): boolean {
  if (filter === "all") return true;
  if (filter === "broken") return item.error !== null;
  return item.error === null && fitsReadable(filter, item, known);
}

function fitsReadable(filter: Filter, item: CaseSummary, { uncertain, edited }: Known): boolean {
  if (filter === "unpainted") return !isBegun(item);
  if (filter === "begun") return isBegun(item);
  if (filter === "held") return item.part === "test";
  if (filter === "conflict") return item.conflict;
  if (isByPerson(filter)) return item.by.includes(filter.slice(BY.length));
  if (isToPerson(filter)) return item.assigned.includes(filter.slice(TO.length));
  return (filter === "uncertain" ? uncertain : edited).has(item.id);
}

/** Of the queue by entropy, those with more of it than the mean of what the model has looked at: only that has a place. */
export function uncertainCases(items: readonly QueueItem[]): Set<string> {
  const scored = items.filter(({ score, point, edited }) => score !== null && point !== null && !edited);
  const mean = scored.reduce((sum, { score }) => sum + (score ?? 0), 0) / scored.length;
  return new Set(scored.filter(({ score }) => (score ?? 0) > mean).map((item) => item.case));
}

/** Those that people painted on since the model looked at them. */
export function editedCases(items: readonly QueueItem[]): Set<string> {
  return new Set(items.filter(({ edited }) => edited).map((item) => item.case));
}
