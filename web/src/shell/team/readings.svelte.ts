import * as api from "../../api/client";
import type { AgreementTable, Reading } from "../../api/types";
import { coalesced } from "../coalesced";
import type { Attempt } from "../session.svelte";

/** Pictures that two people read, each without seeing what the other says. */
export class Readings {
  list = $state.raw<Reading[]>([]);
  /** Null as long as nobody has read a picture to the end. */
  agreement = $state.raw<AgreementTable | null>(null);
  /** The pictures of the last news: a new object each time. */
  news = $state.raw<{ cases: readonly string[] }>({ cases: [] });

  readonly #attempt: Attempt;
  readonly #known = $derived(new Map(this.list.map((reading) => [reading.case, reading])));

  constructor(attempt: Attempt) {
    this.#attempt = attempt;
  }

  of(id: string): Reading | null {
    return this.#known.get(id) ?? null;
  }

  load = coalesced(async () => {
    this.list = await api.getReadings();
    if (!this.list.some(({ stage }) => stage === "done")) this.agreement = null;
  });

  /** Asked for where it is shown: it takes long, and nothing else waits for it. */
  loadAgreement = coalesced(async () => {
    this.agreement = this.list.some(({ stage }) => stage === "done") ? await api.getAgreement() : null;
  });

  /** Where it stands beside something else: a failure is told, and keeps nothing from being shown. */
  async askAgreement(): Promise<void> {
    await this.#attempt(() => this.loadAgreement());
  }

  async changed(cases: readonly string[]): Promise<void> {
    // What shows one of them shows something else now, whatever becomes of the list.
    this.news = { cases };
    await this.#attempt(() => this.load());
  }
}
