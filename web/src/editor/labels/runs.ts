import type { Runs } from "../../api/types";

/** Adds a run at the end; one that touches the last grows it. */
export function appendRun(runs: Runs, start: number, length: number): void {
  const last = runs.length - 2;
  if (last >= 0 && runs[last] + runs[last + 1] === start) runs[last + 1] += length;
  else runs.push(start, length);
}

// A start and a length in one double, so that the typed array's numeric sort (no comparator) orders the runs: a stroke
// of ten thousand runs is sorted in a millisecond at pen-up. 2^26 · 2^27 is the largest product a double holds exactly.
const LENGTH_LIMIT = 2 ** 26;

/** The same pixels, ascending and joined. The runs must be disjoint. */
export function tidyRuns(runs: Runs): Runs {
  const keys = new Float64Array(runs.length / 2);
  for (let i = 0; i < keys.length; i++) keys[i] = runs[2 * i] * LENGTH_LIMIT + runs[2 * i + 1];
  const tidy: Runs = [];
  for (const key of keys.sort()) {
    const start = Math.floor(key / LENGTH_LIMIT);
    appendRun(tidy, start, key - start * LENGTH_LIMIT);
  }
  return tidy;
}

export function sameRuns(a: Runs, b: Runs): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

export function countPixels(runs: Runs): number {
  let count = 0;
  for (let i = 1; i < runs.length; i += 2) count += runs[i];
  return count;
}

/** The pixels of a plane that the test holds for, as runs. */
export function runsWhere(plane: Uint8Array, belongs: (byte: number) => boolean): Runs {
  const runs: Runs = [];
  for (let i = 0; i < plane.length; i++) if (belongs(plane[i])) appendRun(runs, i, 1);
  return runs;
}

export function fillRuns(plane: Uint8Array, runs: Runs, byte: number): void {
  for (let i = 0; i < runs.length; i += 2) plane.fill(byte, runs[i], runs[i] + runs[i + 1]);
}
