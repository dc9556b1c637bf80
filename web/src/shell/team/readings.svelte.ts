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
    const finished = this.list.some(({ stage }) => stage === "done");
    this.agreement = finished ? await api.getAgreement() : null;
  });

  async changed(cases: readonly string[]): Promise<void> {
    await this.#attempt(() => this.load());
    this.news = { cases };
  }
}
