import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Inquiry } from "./inquiry";

describe("Inquiry", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  function setUp() {
    const told: string[] = [];
    const waiting: { question: string; signal: AbortSignal; answer(text: string): void; fail(error: Error): void }[] = [];
    const ask = (question: string, signal: AbortSignal) =>
      new Promise<string>((answer, fail) => void waiting.push({ question, signal, answer, fail }));
    const inquiry = new Inquiry<string, string>({ ask, onanswer: (answer) => void told.push(answer), onfailure: (error) => void told.push(`${error}`) });
    return { told, waiting, inquiry };
  }

  it("asks once what rests", async () => {
    const { told, waiting, inquiry } = setUp();
    inquiry.put(() => "a");
    inquiry.put(() => "b");
    expect([waiting.length, inquiry.open]).toEqual([0, true]);
    vi.runAllTimers();
    expect(waiting.map(({ question }) => question)).toEqual(["b"]);
    waiting[0].answer("yes");
    await vi.runAllTimersAsync();
    expect([told, inquiry.open]).toEqual([["yes"], false]);
  });

  it("drops the answer to what has changed since, and its failure", async () => {
    const { told, waiting, inquiry } = setUp();
    inquiry.put(() => "a");
    vi.runAllTimers();
    inquiry.put(() => "b");
    expect(waiting[0].signal.aborted).toBe(true);
    vi.runAllTimers();
    waiting[1].answer("second");
    waiting[0].answer("first");
    await vi.runAllTimersAsync();
    expect(told).toEqual(["second"]);
    inquiry.put(() => "c");
    vi.runAllTimers();
    inquiry.drop();
    waiting[2].fail(new Error("aborted"));
    await vi.runAllTimersAsync();
    expect([told, inquiry.open]).toEqual([["second"], false]);
  });

  it("tells of a failure", async () => {
    const { told, waiting, inquiry } = setUp();
    inquiry.put(() => "a");
    vi.runAllTimers();
    waiting[0].fail(new Error("no"));
    await vi.runAllTimersAsync();
    expect(told).toEqual(["Error: no"]);
  });
});
