import type { Entry, Op } from "../../api/types";

/** An entry of the journal as far as replaying it needs. */
export interface Step {
  readonly seq: number;
  readonly ops: readonly Op[];
}

const KEPT = 256;

/** The journal's entries that this client has seen since it loaded the case, in order, each once. */
export class Timeline {
  private steps: Step[] = [];
  /** Everything up to here counts as known. */
  private forgotten: number;

  /** @param loaded the number of the last edit in what was loaded */
  constructor(readonly loaded: number) {
    this.forgotten = loaded;
  }

  get seq(): number {
    return this.steps.at(-1)?.seq ?? this.loaded;
  }

  knows(seq: number): boolean {
    return seq <= this.forgotten || this.steps.some((step) => step.seq === seq);
  }

  add(step: Step): void {
    this.steps.push(step);
    this.steps.sort((a, b) => a.seq - b.seq);
  }

  after(seq: number): readonly Step[] {
    return this.steps.filter((step) => step.seq > seq);
  }

  /** Forgets what no unacknowledged edit can need any more: everything up to `base`, but for a few. */
  forget(base: number): void {
    const surplus = this.steps.filter((step) => step.seq <= base).length - KEPT;
    if (surplus <= 0) return;
    this.forgotten = this.steps[surplus - 1].seq;
    this.steps = this.steps.slice(surplus);
  }
}

export function stepOf(entry: Entry): Step {
  return { seq: entry.seq, ops: entry.ops };
}
