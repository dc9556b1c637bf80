import type { ClassName, PaintOp, Runs } from "../../api/types";
import { originOf, ternaryOf } from "./byte";
import { sameRuns, tidyRuns } from "./runs";

/** Pixels of one class that all went from one byte to another. An edit is a list of these, so its inverse is exact. */
export interface Change {
  readonly class: ClassName;
  readonly from: number;
  readonly to: number;
  readonly runs: Runs;
}

export function inverseOf(change: Change): Change {
  return { ...change, from: change.to, to: change.from };
}

/** What the journal needs to know: where each pixel went, not where it came from. */
export function opsOf(changes: readonly Change[]): PaintOp[] {
  const groups = new Map<string, Change[]>();
  for (const change of changes) {
    const key = `${change.to} ${change.class}`;
    groups.set(key, [...(groups.get(key) ?? []), change]);
  }
  return [...groups.values()].map(opOf);
}

function opOf(changes: Change[]): PaintOp {
  const { class: name, to } = changes[0];
  const op: PaintOp = { op: "paint", class: name, value: ternaryOf(to), runs: joinedRuns(changes) };
  return originOf(to) === "accepted" ? { ...op, origin: "accepted" } : op;
}

function joinedRuns(changes: Change[]): Runs {
  return changes.length === 1 ? changes[0].runs : tidyRuns(changes.flatMap((change) => change.runs));
}

/** Collects the changes of a stroke, which come piece by piece, and gives them back sorted. */
export class ChangeLog {
  private readonly parts = new Map<string, Change>();

  add(changes: readonly Change[]): void {
    for (const change of changes) {
      const key = `${change.from} ${change.to} ${change.class}`;
      const known = this.parts.get(key);
      if (!known) this.parts.set(key, { ...change, runs: [...change.runs] });
      else for (const number of change.runs) known.runs.push(number);
    }
  }

  changes(): Change[] {
    const known: { raw: Runs; tidy: Runs }[] = [];
    return [...this.parts.values()].map((change) => ({ ...change, runs: tidied(change.runs, known) }));
  }
}

/** "Neither" changes the same pixels in every class: they are sorted once. */
function tidied(raw: Runs, known: { raw: Runs; tidy: Runs }[]): Runs {
  const same = known.find((each) => sameRuns(each.raw, raw));
  if (same) return same.tidy;
  const tidy = tidyRuns(raw);
  known.push({ raw, tidy });
  return tidy;
}
