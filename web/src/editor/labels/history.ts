import type { Region } from "../../api/types";
import type { Change } from "./change";

/** What one action of the person did. */
export interface Action {
  readonly changes: readonly Change[];
  readonly regions?: RegionChange;
}
export interface RegionChange {
  readonly before: readonly Region[];
  readonly after: readonly Region[];
}

/** Undo and redo without a limit. It only remembers; who owns the pixels applies. */
export class History {
  private readonly past: Action[] = [];
  private future: Action[] = [];

  get undoable(): number {
    return this.past.length;
  }

  get redoable(): number {
    return this.future.length;
  }

  push(action: Action): void {
    this.past.push(action);
    this.future = [];
  }

  undo(): Action | undefined {
    const action = this.past.pop();
    if (action) this.future.push(action);
    return action;
  }

  redo(): Action | undefined {
    const action = this.future.pop();
    if (action) this.past.push(action);
    return action;
  }
}

export function inverseRegions(change: RegionChange): RegionChange {
  return { before: change.after, after: change.before };
}

/** The regions after a change; those that somebody else added or removed meanwhile stay as they made them. */
export function changedRegions(current: readonly Region[], change: RegionChange): Region[] {
  if (sameRegions(current, change.before)) return [...change.after];
  const kept = without(current, without(change.before, change.after));
  return [...kept, ...without(without(change.after, change.before), kept)];
}

export function sameRegions(a: readonly Region[], b: readonly Region[]): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

function without(regions: readonly Region[], others: readonly Region[]): Region[] {
  const keys = new Set(others.map((other) => JSON.stringify(other)));
  return regions.filter((region) => !keys.has(JSON.stringify(region)));
}
