import { describe, expect, it } from "vitest";
import { isConflict } from "../editor/queue/failure";
import { parseProblem, problemOf, RequestError, unreachable } from "./problem";

describe("parseProblem", () => {
  it("keeps the server's words", () => {
    const body = JSON.stringify({ type: "busy", title: "A training is running", status: 409, detail: "One at a time.", hint: "Wait." });
    expect(parseProblem(409, body)).toEqual({
      type: "busy",
      title: "A training is running",
      status: 409,
      detail: "One at a time.",
      hint: "Wait.",
    });
  });

  it("keeps the entries of a conflict", () => {
    const body = JSON.stringify({ type: "conflict", title: "Conflict", status: 409, detail: "", entries: [{ seq: 3 }] });
    const problem = parseProblem(409, body);
    expect(isConflict(problem)).toBe(true);
    expect(isConflict(problem) && problem.entries[0]?.seq).toBe(3);
  });

  it.each(["", "<html>Bad gateway</html>", "null", "[1]", '"text"'])("makes a sentence of %j", (body) => {
    const problem = parseProblem(502, body);
    expect(problem.status).toBe(502);
    expect(problem.type).toBe("unexpected");
    expect(problem.title).not.toBe("");
  });

  it("fills what is missing and drops what is not text", () => {
    const problem = parseProblem(404, JSON.stringify({ title: 7, hint: "" }));
    expect(problem.title).toBe("Not found");
    expect(problem.type).toBe("not-found");
    expect("hint" in problem).toBe(false);
  });
});

describe("problemOf", () => {
  it("unwraps a refused request", () => {
    const problem = unreachable();
    const error = new RequestError(problem);
    expect(problemOf(error)).toBe(problem);
    expect(error.unreachable).toBe(true);
    expect(error.unauthorized).toBe(false);
  });

  it("knows the missing session", () => {
    expect(new RequestError(parseProblem(401, "")).unauthorized).toBe(true);
  });

  it("makes a problem of any error", () => {
    expect(problemOf(new Error("no such thing")).detail).toBe("no such thing");
    expect(problemOf("text").detail).toBe("text");
  });
});
