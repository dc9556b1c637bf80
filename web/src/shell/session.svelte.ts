import { createContext } from "svelte";
import * as api from "../api/client";
import { EventStream } from "../api/events";
import { problemOf, RequestError } from "../api/problem";
import { NOBODY, RIGHTS, type Rights } from "../api/rights";
import type { Class, ClassName, Entry, Project } from "../api/types";
import { uuid } from "../api/uuid";
import { retryQueues } from "../editor";
import { Learning } from "./learning.svelte";
import { Notices } from "./notices.svelte";
import { Pictures } from "./pictures.svelte";
import { Readings } from "./team/readings.svelte";
import { Tour } from "./tour/tour.svelte";
import { Verifying } from "./verifying.svelte";
import { View } from "./view.svelte";

/** Runs the work; shows what went wrong; answers whether it went well. */
export type Attempt = (work: () => Promise<void>) => Promise<boolean>;
export type EditListener = (event: { case: string; entry: Entry }) => void;

const retryDelay = 2500;

export class Session {
  phase = $state<"loading" | "unauthorized" | "login" | "unreachable" | "ready">("loading");
  connected = $state(true);
  project = $state.raw<Project | null>(null);
  /** What is worth offering to this person. */
  readonly may: Rights = $derived(this.project ? RIGHTS[this.project.access] : NOBODY);
  /** Counts up when events may have been missed: what shows one picture must load it again. */
  generation = $state(0);

  /** One name a browser tab: its own edits come back as events, too. */
  readonly client = uuid();
  readonly notices = new Notices();
  readonly view = new View();
  readonly pictures: Pictures;
  readonly learning: Learning;
  readonly verifying: Verifying;
  readonly readings: Readings;
  readonly tour: Tour;

  #stream: EventStream | null = null;
  #retry: ReturnType<typeof setTimeout> | null = null;
  readonly #editListeners = new Set<EditListener>();

  constructor() {
    this.pictures = new Pictures(this.attempt);
    this.learning = new Learning(this.attempt);
    this.verifying = new Verifying(this.attempt);
    this.readings = new Readings(this.attempt);
    this.tour = new Tour(this);
  }

  async open(): Promise<void> {
    try {
      await this.#load();
    } catch (error) {
      this.#failedToOpen(error);
      return;
    }
    this.phase = "ready";
    this.connected = true;
    this.#stream ??= this.#listen();
    retryQueues();
  }

  close(): void {
    this.#stream?.close();
    this.#stream = null;
    if (this.#retry !== null) clearTimeout(this.#retry);
    this.#retry = null;
  }

  attempt: Attempt = async (work) => {
    try {
      await work();
      return true;
    } catch (error) {
      this.failed(error);
      return false;
    }
  };

  failed(error: unknown): void {
    if (error instanceof DOMException && error.name === "AbortError") return;
    if (error instanceof RequestError && error.unauthorized) {
      this.#shutOut(error);
    } else if (error instanceof RequestError && error.unreachable) {
      this.#lost();
    } else {
      this.notices.problem(problemOf(error));
    }
  }

  onEdit(listener: EditListener): () => void {
    this.#editListeners.add(listener);
    return () => this.#editListeners.delete(listener);
  }

  // Who changes the classes does so in a dialog, which lies over the messages: it tells of failures itself.

  async addClass(added: Pick<Class, "name"> & Partial<Class>): Promise<void> {
    this.project = await api.addClass(added);
    // The first one makes the folder's photos a data set.
    if (this.pictures.cases.length === 0) await this.pictures.load();
  }

  async setColor(name: ClassName, color: Class["color"]): Promise<void> {
    this.project = await api.setColor(name, color);
  }

  async setExclusive(groups: ClassName[][]): Promise<void> {
    this.project = await api.setExclusive(groups);
  }

  async #load(): Promise<void> {
    const [project] = await Promise.all([
      api.getProject(),
      this.pictures.load(),
      this.learning.load(),
      this.verifying.load(),
      this.readings.load(),
    ]);
    this.project = project;
    api.speakAs(project.person);
  }

  #failedToOpen(error: unknown): void {
    if (error instanceof RequestError && error.unauthorized) {
      this.#shutOut(error);
      return;
    }
    if (!(error instanceof RequestError && error.unreachable)) this.notices.problem(problemOf(error));
    this.phase = "unreachable";
    this.connected = false;
    this.#later(() => this.open());
  }

  /** The link may be opened in another tab, which lets this one in, too. */
  #shutOut(error: RequestError): void {
    this.close();
    // Whoever logs in gets a new page: what this one still wants to send is this person's.
    this.phase = error.loggedOut ? "login" : "unauthorized";
    if (error.loggedOut) return;
    this.#later(() => this.open());
  }

  #listen(): EventStream {
    return new EventStream("/api/events", {
      edit: (event) => {
        this.pictures.edited(event.case, event.entry);
        for (const listener of this.#editListeners) listener(event);
      },
      training: (training) => this.learning.changed(training),
      log: (line) => this.learning.said(line),
      model: () => {
        void this.learning.modelChanged();
        this.pictures.beginRound();
        void this.pictures.reload();
      },
      cases: () => void this.pictures.reload(),
      readings: ({ cases }) => {
        void this.readings.changed(cases);
        void this.pictures.reload();
      },
      project: () =>
        void this.attempt(async () => {
          this.project = await api.getProject();
          // The first class makes the folder's photos a data set.
          if (this.pictures.cases.length === 0) await this.pictures.load();
        }),
      reset: () => {
        this.generation++;
        void this.attempt(() => this.#load());
      },
      connected: () => {
        this.connected = true;
      },
      lost: () => this.#lost(),
    });
  }

  /** An event source cannot tell a stopped server from a lost session; an ordinary request can. */
  #lost(): void {
    this.connected = false;
    this.#later(() =>
      this.attempt(async () => {
        this.project = await api.getProject();
        this.connected = true;
        retryQueues();
      }),
    );
  }

  #later(work: () => unknown): void {
    if (this.#retry !== null) return;
    this.#retry = setTimeout(() => {
      this.#retry = null;
      void work();
    }, retryDelay);
  }
}

export const [useSession, provideSession] = createContext<Session>();
