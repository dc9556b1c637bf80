import type { Entry, LogLine, Training } from "./types";

export interface EventListeners {
  edit?(event: { case: string; entry: Entry }): void;
  training?(training: Training): void;
  log?(line: LogLine): void;
  model?(event: { version: number }): void;
  cases?(): void;
  readings?(event: { cases: string[] }): void;
  project?(): void;
  /** Events may be missing: load everything again. */
  reset?(): void;
  connected?(): void;
  lost?(): void;
}

/** The part of the browser's EventSource that is used, so that tests can stand in for it. */
export interface Source {
  readonly readyState: number;
  onopen: ((event: Event) => unknown) | null;
  onerror: ((event: Event) => unknown) | null;
  addEventListener(type: string, listener: (event: MessageEvent<string>) => void): void;
  close(): void;
}

export interface EventStreamOptions {
  open?: (url: string) => Source;
  later?: (work: () => void, milliseconds: number) => () => void;
}

const closed = 2;
const firstDelay = 500;
const longestDelay = 8000;

/**
 * The browser reconnects by itself after a lost connection and then gets what it missed. It gives up for good when the
 * answer is not an event stream (a proxy's error page, a 401): then we open a new source, which does not know the last
 * id, so everything has to be loaded again.
 */
export class EventStream {
  readonly #url: string;
  readonly #listeners: EventListeners;
  readonly #open: (url: string) => Source;
  readonly #later: (work: () => void, milliseconds: number) => () => void;
  #source: Source | null = null;
  #cancel: (() => void) | null = null;
  #delay = firstDelay;
  #missed = false;
  #connected = false;

  constructor(url: string, listeners: EventListeners, options: EventStreamOptions = {}) {
    this.#url = url;
    this.#listeners = listeners;
    this.#open = options.open ?? ((address) => new EventSource(address) as Source);
    this.#later = options.later ?? timer;
    this.#connect();
  }

  close(): void {
    this.#cancel?.();
    this.#cancel = null;
    this.#source?.close();
    this.#source = null;
  }

  #connect(): void {
    const source = this.#open(this.#url);
    this.#source = source;
    source.onopen = () => {
      this.#delay = firstDelay;
      this.#connected = true;
      this.#listeners.connected?.();
      if (this.#missed) this.#listeners.reset?.();
      this.#missed = false;
    };
    source.onerror = () => {
      // One lost connection gives many errors: each attempt of the browser is one.
      if (this.#connected) this.#listeners.lost?.();
      this.#connected = false;
      if (source.readyState === closed) this.#reopen(source);
    };
    const { edit, training, log, model, cases, readings, project, reset } = this.#listeners;
    this.#on(source, "edit", edit?.bind(this.#listeners));
    this.#on(source, "training", training?.bind(this.#listeners));
    this.#on(source, "log", log?.bind(this.#listeners));
    this.#on(source, "model", model?.bind(this.#listeners));
    this.#on(source, "cases", cases?.bind(this.#listeners));
    this.#on(source, "readings", readings?.bind(this.#listeners));
    this.#on(source, "project", project?.bind(this.#listeners));
    this.#on(source, "reset", reset?.bind(this.#listeners));
  }

  #on<T>(source: Source, type: string, listener: ((data: T) => void) | undefined): void {
    if (!listener) return;
    source.addEventListener(type, (event) => {
      if (source !== this.#source) return;
      let data: T;
      try {
        data = JSON.parse(event.data) as T;
      } catch {
        // A broken event is a missed one.
        this.#listeners.reset?.();
        return;
      }
      listener(data);
    });
  }

  #reopen(source: Source): void {
    if (source !== this.#source) return;
    source.close();
    this.#missed = true;
    this.#cancel = this.#later(() => this.#connect(), this.#delay);
    this.#delay = Math.min(this.#delay * 2, longestDelay);
  }
}

function timer(work: () => void, milliseconds: number): () => void {
  const id = setTimeout(work, milliseconds);
  return () => clearTimeout(id);
}
