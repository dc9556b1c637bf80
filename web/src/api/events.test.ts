import { describe, expect, it } from "vitest";
import { EventStream, type EventListeners, type Source } from "./events";

class FakeSource implements Source {
  readyState = 0;
  onopen: ((event: Event) => unknown) | null = null;
  onerror: ((event: Event) => unknown) | null = null;
  isClosed = false;
  readonly #listeners = new Map<string, (event: MessageEvent<string>) => void>();

  addEventListener(type: string, listener: (event: MessageEvent<string>) => void): void {
    this.#listeners.set(type, listener);
  }

  close(): void {
    this.isClosed = true;
  }

  opens(): void {
    this.readyState = 1;
    this.onopen?.(new Event("open"));
  }

  /** `final`: the browser gives up, as after an answer that is no event stream. */
  fails(final: boolean): void {
    this.readyState = final ? 2 : 0;
    this.onerror?.(new Event("error"));
  }

  says(type: string, data: string): void {
    this.#listeners.get(type)?.({ data } as MessageEvent<string>);
  }
}

function stage() {
  const sources: FakeSource[] = [];
  const heard: string[] = [];
  const waiting: { work: () => void; delay: number }[] = [];
  const listeners: EventListeners = {
    edit: (event) => heard.push(`edit ${event.case}`),
    model: ({ version }) => heard.push(`model ${version}`),
    cases: () => heard.push("cases"),
    reset: () => heard.push("reset"),
    connected: () => heard.push("connected"),
    lost: () => heard.push("lost"),
  };
  const stream = new EventStream("/api/events", listeners, {
    open: () => {
      const source = new FakeSource();
      sources.push(source);
      return source;
    },
    later: (work, delay) => {
      waiting.push({ work, delay });
      return () => waiting.splice(0);
    },
  });
  const later = () => waiting.shift()!.work();
  return { stream, sources, heard, waiting, later };
}

describe("EventStream", () => {
  it("hands on what the server says, parsed", () => {
    const { sources, heard } = stage();
    sources[0]!.opens();
    sources[0]!.says("edit", '{"case":"a","entry":{"seq":1}}');
    sources[0]!.says("model", '{"version":4}');
    sources[0]!.says("cases", "{}");
    expect(heard).toEqual(["connected", "edit a", "model 4", "cases"]);
  });

  it("leaves reconnecting to the browser while it tries, and says so once", () => {
    const { sources, heard, waiting } = stage();
    sources[0]!.opens();
    sources[0]!.fails(false);
    sources[0]!.fails(false);
    sources[0]!.opens();
    expect(sources).toHaveLength(1);
    expect(waiting).toHaveLength(0);
    expect(heard).toEqual(["connected", "lost", "connected"]);
  });

  it("opens anew when the browser gave up, and then everything has to be loaded", () => {
    const { sources, heard, later } = stage();
    sources[0]!.opens();
    sources[0]!.fails(true);
    later();
    sources[1]!.opens();
    expect(sources[0]!.isClosed).toBe(true);
    expect(heard).toEqual(["connected", "lost", "connected", "reset"]);
  });

  it("waits longer each time, up to a bound, and shortly again after a success", () => {
    const { sources, waiting, later } = stage();
    const delays: number[] = [];
    for (let i = 0; i < 6; i++) {
      sources.at(-1)!.fails(true);
      delays.push(waiting[0]!.delay);
      later();
    }
    expect(delays).toEqual([500, 1000, 2000, 4000, 8000, 8000]);
    sources.at(-1)!.opens();
    sources.at(-1)!.fails(true);
    expect(waiting[0]!.delay).toBe(500);
  });

  it("passes the server's reset on", () => {
    const { sources, heard } = stage();
    sources[0]!.opens();
    sources[0]!.says("reset", "{}");
    expect(heard).toEqual(["connected", "reset"]);
  });

  it("takes an event it cannot read as a missed one", () => {
    const { sources, heard } = stage();
    sources[0]!.opens();
    sources[0]!.says("model", "{");
    expect(heard).toEqual(["connected", "reset"]);
  });

  it("is silent after close", () => {
    const { stream, sources, heard, waiting } = stage();
    sources[0]!.opens();
    stream.close();
    sources[0]!.fails(true);
    sources[0]!.says("cases", "{}");
    expect(sources[0]!.isClosed).toBe(true);
    expect(waiting).toHaveLength(0);
    expect(heard.filter((word) => word === "cases" || word === "reset")).toEqual([]);
  });
});
