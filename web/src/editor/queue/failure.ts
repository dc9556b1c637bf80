import type { Conflict, Problem } from "../../api/types";

/** Why an edit did not arrive, and what can be done about it. */
export type Failure =
  | { kind: "conflict"; conflict: Conflict }
  /** The server does not know the edit's base any more. */
  | { kind: "stale"; problem: Problem }
  | { kind: "unreachable"; problem: Problem | null }
  | { kind: "refused"; problem: Problem };

// 401 waits too: once the person opens the link that the terminal shows, the same request is accepted.
const WORTH_A_RETRY = new Set([401, 408, 425, 429]);

/** Reads what `send` threw: a Problem, an error that carries one as `problem`, or, for a lost connection, anything else. */
export function failureOf(thrown: unknown): Failure {
  const problem = problemIn(thrown);
  if (!problem) return { kind: "unreachable", problem: null };
  if (isConflict(problem)) return { kind: "conflict", conflict: problem };
  if (problem.type === "stale") return { kind: "stale", problem };
  return { kind: isPassing(problem) ? "unreachable" : "refused", problem };
}

function isPassing({ type, status }: Problem): boolean {
  return status === 0 || status >= 500 || type === "busy" || WORTH_A_RETRY.has(status);
}

export function isConflict(problem: Problem): problem is Conflict {
  return problem.status === 409 && Array.isArray((problem as Partial<Conflict>).entries);
}

function problemIn(thrown: unknown): Problem | null {
  if (isProblem(thrown)) return thrown;
  const carried = (thrown as { problem?: unknown } | null)?.problem;
  return isProblem(carried) ? carried : null;
}

function isProblem(value: unknown): value is Problem {
  return typeof value === "object" && value !== null && typeof (value as Problem).status === "number" && "title" in value;
}
