import * as api from "../../api/client";
import { RequestError } from "../../api/problem";
import { sheetOf } from "../../api/sheet";
import type { Annotation, CaseSummary, ClassName, Edit, Entry, Evidence, ProposalQuestion, Proposed, Saved } from "../../api/types";
import { uuid } from "../../api/uuid";
import type { Suggested } from "../../editor";
import type { Session } from "../session.svelte";

export interface Predictions {
  version: number;
  planes: Record<ClassName, ImageBitmap>;
  /** Classes that were added after it learnt. */
  unknown: ClassName[];
}

/** What the editor can be asked for from outside. */
export interface Desk {
  goTo(x: number, y: number): void;
  applyRemote(entry: Entry): void;
  flush(): Promise<void>;
  seq(): number;
}

/** Evidence is as large as the picture: not after each of the strokes that come in a row. */
const evidenceDelay = 500;

/** One picture while it is on the screen: everything the server knows of it, fetched and kept up to date. */
export class OpenCase {
  annotation = $state.raw<Annotation | null>(null);
  evidence = $state.raw<Evidence | null>(null);
  predictions = $state.raw<Predictions | null>(null);

  readonly summary: CaseSummary;
  readonly #session: Session;
  readonly #leaving = new AbortController();
  readonly #silence: () => void;
  #desk: Desk | null = null;
  /** What others did after the annotation was asked for and before the editor was there. */
  #early: Entry[] = [];
  #loading = false;
  #wantsEvidence = false;
  #evidenceTimer: ReturnType<typeof setTimeout> | null = null;

  constructor(summary: CaseSummary, session: Session) {
    this.summary = summary;
    this.#session = session;
    this.#silence = session.onEdit((event) => {
      if (event.case === summary.id) this.#heard(event.entry);
    });
  }

  /** Also after a lost connection: what has arrived is not asked for again. */
  async load(): Promise<void> {
    if (this.#loading || this.annotation) return;
    this.#loading = true;
    await this.#session.attempt(async () => {
      this.annotation = await api.getAnnotation(this.summary.id, this.#leaving.signal);
    });
    this.#loading = false;
  }

  close(): void {
    this.#leaving.abort();
    this.#silence();
    if (this.#evidenceTimer !== null) clearTimeout(this.#evidenceTimer);
    this.#release(this.predictions);
    void this.#leave();
  }

  /** The server folds the journal when nobody paints here any more; unless somebody does, by then. */
  async #leave(): Promise<void> {
    if (!this.#session.connected) return;
    try {
      await this.#desk?.flush();
      await api.leaveCase(this.summary.id);
    } catch {
      // It folds the journal by itself after a while.
    }
  }

  /** The editor is there, or (null) it has gone. */
  opened(desk: Desk | null): void {
    this.#desk = desk;
    if (!desk) return;
    for (const entry of this.#early) desk.applyRemote(entry);
    this.#early = [];
  }

  /** Events may have been missed. What is not saved yet goes first, so that it is part of what is loaded. */
  async reload(): Promise<void> {
    await this.#desk?.flush();
    await this.#session.attempt(async () => {
      this.annotation = await api.getAnnotation(this.summary.id, this.#leaving.signal);
    });
  }

  /** Somebody gave the picture to be read separately, or that has ended: this person may see another sheet of it now. */
  async turnSheet(): Promise<void> {
    await this.#session.attempt(async () => {
      const present = this.annotation;
      const now = await api.getAnnotation(this.summary.id, this.#leaving.signal);
      if (present && sheetOf(now.seq) !== sheetOf(present.seq)) await this.reload();
    });
  }

  /** Resolves when the server has every stroke. */
  saved(): Promise<void> {
    return this.#desk?.flush() ?? Promise.resolve();
  }

  /** What the server has now, for an editor whose edits it cannot place any more. */
  fetch = (): Promise<Annotation> => api.getAnnotation(this.summary.id);

  propose = (question: ProposalQuestion, signal: AbortSignal): Promise<Proposed> => api.propose(this.summary.id, question, signal);

  /** The editor tries again after anything that is not a problem of the server's own. */
  send = async (edit: Edit): Promise<Saved> => {
    try {
      return await api.saveEdit(this.summary.id, edit);
    } catch (error) {
      if (!(error instanceof RequestError && error.unreachable)) throw error;
      this.#session.failed(error);
      throw new Error("unreachable", { cause: error });
    }
  };

  async suggest({ x, y, class: name, decision }: Suggested): Promise<void> {
    const { predictions } = this;
    const desk = this.#desk;
    if (!predictions || !desk) return;
    await this.#session.attempt(async () => {
      // The server leaves painted pixels alone: it has to know of all of them.
      await desk.flush();
      const { client } = this.#session;
      const { version } = predictions;
      const made = await api.decide(this.summary.id, { id: uuid(), client, base: desk.seq(), version, class: name, x, y, decision });
      for (const entry of [...made.missed, ...(made.entry ? [made.entry] : [])]) desk.applyRemote(entry);
    });
  }

  showEvidence(wanted: boolean): void {
    this.#wantsEvidence = wanted;
    if (wanted) this.#refreshEvidence(0);
  }

  async predict(version: number, names: ClassName[]): Promise<void> {
    const { predictions } = this;
    const asked = (name: ClassName) => predictions && (name in predictions.planes || predictions.unknown.includes(name));
    if (predictions?.version === version && names.every(asked)) return;
    await this.#session.attempt(async () => {
      const { signal } = this.#leaving;
      const planes: Record<ClassName, ImageBitmap> = {};
      const unknown: ClassName[] = [];
      for (const name of names) {
        const blob = await api.getPrediction(this.summary.id, name, version, signal);
        if (!blob) unknown.push(name);
        else planes[name] = await createImageBitmap(blob, { colorSpaceConversion: "none", premultiplyAlpha: "none" });
      }
      if (signal.aborted) return;
      const former = this.predictions;
      this.predictions = { version, planes, unknown };
      // Not at once: the editor may be reading them.
      setTimeout(() => this.#release(former), 1000);
    });
  }

  #release(predictions: Predictions | null): void {
    for (const plane of Object.values(predictions?.planes ?? {})) plane.close();
  }

  #heard(entry: Entry): void {
    if (this.#desk) this.#desk.applyRemote(entry);
    else this.#early.push(entry);
    if (this.#wantsEvidence) this.#refreshEvidence(evidenceDelay);
  }

  #refreshEvidence(delay: number): void {
    if (this.#evidenceTimer !== null) clearTimeout(this.#evidenceTimer);
    this.#evidenceTimer = setTimeout(() => {
      this.#evidenceTimer = null;
      void this.#session.attempt(async () => {
        this.evidence = await api.getEvidence(this.summary.id, this.#leaving.signal);
      });
    }, delay);
  }
}
