import type { Problem } from "./types";

/** What every call of the client throws: the server's own words, or ours where it could not speak. */
export class RequestError extends Error {
  readonly problem: Problem;

  constructor(problem: Problem) {
    super(problem.detail || problem.title);
    this.name = "RequestError";
    this.problem = problem;
  }

  get unauthorized(): boolean {
    return this.problem.status === 401;
  }

  /** Everybody has an account here, and nobody is logged in in this browser, or somebody else is. */
  get loggedOut(): boolean {
    return this.problem.type === "logged-out" || this.problem.type === "another-person";
  }

  /** The request may or may not have arrived; sending the same edit again is safe. */
  get unreachable(): boolean {
    return this.problem.type === "unreachable";
  }
}

/** A proxy or a crash answers with HTML or nothing: the person still needs a sentence. */
export function parseProblem(status: number, body: string): Problem {
  const fallback: Problem = {
    type: status === 401 ? "unauthorized" : status === 404 ? "not-found" : "unexpected",
    title: titleOf(status),
    status,
    detail: "",
  };
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch {
    return fallback;
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) return fallback;
  const given = value as Record<string, unknown>;
  const problem: Problem = {
    // Members beyond the standard ones (a conflict's entries) must survive.
    ...given,
    type: text(given.type) ?? fallback.type,
    title: text(given.title) ?? fallback.title,
    status: typeof given.status === "number" ? given.status : status,
    detail: text(given.detail) ?? "",
  };
  if (text(given.hint) === undefined) delete problem.hint;
  return problem;
}

export function unreachable(): Problem {
  return {
    type: "unreachable",
    title: "The server does not answer",
    status: 0,
    detail: "The request did not get through.",
    hint: "Look at the terminal where Lacuna runs. This page reconnects by itself.",
  };
}

/** Anything thrown, as a problem that can be shown. */
export function problemOf(error: unknown): Problem {
  if (error instanceof RequestError) return error.problem;
  return {
    type: "unexpected",
    title: "Something went wrong in this page",
    status: 0,
    detail: error instanceof Error ? error.message : String(error),
    hint: "Nothing that was acknowledged as saved is lost. Reload the page if it does not recover.",
  };
}

function text(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}

function titleOf(status: number): string {
  if (status === 401) return "Not signed in";
  if (status === 404) return "Not found";
  if (status === 413) return "Too large";
  if (status >= 500) return "The server could not do this";
  return "The server refused this";
}
