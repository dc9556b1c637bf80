import * as api from "../api/client";
import { editsOf } from "../api/sheet";
import type { CaseSummary, Entry, Queue, Strategy } from "../api/types";
import { coalesced } from "./coalesced";
import { editedCases, fits, isBegun, uncertainCases, type Filter } from "./queue/filter";
import { nextItem } from "./queue/next";
import type { Attempt } from "./session.svelte";

export interface Upload {
  done: number;
  total: number;
}

/** Painting comes in bursts, and all pictures are asked for; the shares shown in the rail may lag a little. */
const refreshDelay = 3000;
const NOTHING_KNOWN = { uncertain: new Set<string>(), edited: new Set<string>() };

export class Pictures {
  cases = $state.raw<CaseSummary[]>([]);
  queue = $state.raw<Queue | null>(null);
  strategy = $state<Strategy | null>(null);
  selected = $state<string | null>(null);
  /** Where the queue says to look; a new object each time, so that the editor moves there again. */
  point = $state.raw<{ x: number; y: number } | null>(null);
  search = $state("");
  order = $state<"suggested" | "name">("suggested");
  filter = $state<Filter>("all");
  upload = $state.raw<Upload | null>(null);

  /** In this round: since the model, or the way to suggest, is another one. */
  #visited = $state.raw<ReadonlySet<string>>(new Set());
  #uncertain = $state.raw<ReadonlySet<string>>(new Set());
  readonly #attempt: Attempt;
  #stale = false;
  #refreshing = false;

  constructor(attempt: Attempt) {
    this.#attempt = attempt;
  }

  readable = $derived(this.cases.filter((item) => !item.error));
  current = $derived(this.readable.find((item) => item.id === this.selected) ?? null);
  started = $derived(this.cases.filter(isBegun).length);

  reasons = $derived(new Map(this.queue?.items.map((item) => [item.case, item]) ?? []));

  upcoming = $derived.by(() => {
    // Whoever looks at what they are asked to do goes through that.
    const wanted = this.filter.startsWith("to ") ? this.cases.filter((item) => fits(this.filter, item, NOTHING_KNOWN)) : this.cases;
    const readable = new Set(wanted.filter((item) => !item.error).map(({ id }) => id));
    const items = this.queue?.items.filter((item) => readable.has(item.case)) ?? [];
    return nextItem(items, { case: this.selected, point: this.point }, this.#visited);
  });

  list = $derived.by(() => {
    const wanted = this.search.trim().toLowerCase();
    const known = { uncertain: this.#uncertain, edited: editedCases(this.queue?.items ?? []) };
    // The open one stays, or painting it would take it away from under the hand.
    const filtered = this.cases.filter((item) => item.id === this.selected || fits(this.filter, item, known));
    const found = filtered.filter(
      (item) => item.id.toLowerCase().includes(wanted) || (item.group ?? "").toLowerCase().includes(wanted),
    );
    if (this.order === "name" || !this.queue) return found;
    // A picture may be suggested for several places: its best one counts.
    const rank = new Map(this.queue.items.map((item, i): [string, number] => [item.case, i]).reverse());
    const last = this.queue.items.length;
    return found.sort((a, b) => (rank.get(a.id) ?? last) - (rank.get(b.id) ?? last));
  });

  load = coalesced(async () => {
    this.cases = await api.getCases();
    // A folder without classes is no data set yet: it has neither cases nor a queue.
    this.queue = this.cases.length > 0 ? await api.getQueue(this.strategy ?? undefined) : null;
    if (this.filter === "uncertain") this.#uncertain = uncertainCases((await api.getQueue("entropy")).items);
    if (this.current === null) {
      if (this.readable.length > 0) this.#selectBest();
      else this.selected = null;
    }
  });

  open(id: string, point: { x: number; y: number } | null = null): void {
    this.selected = id;
    this.#visited = new Set([...this.#visited, id]);
    this.point = point && { ...point };
    history.replaceState(null, "", `#${encodeURIComponent(id)}`);
  }

  async next(): Promise<void> {
    await this.#attempt(async () => {
      this.queue = await api.getQueue(this.strategy ?? undefined);
      const { upcoming } = this;
      if (!upcoming) return;
      if (this.#visited.has(upcoming.case)) this.beginRound();
      this.open(upcoming.case, upcoming.point);
    });
  }

  /** Everything is worth another look. */
  beginRound(): void {
    this.#visited = new Set(this.selected === null ? [] : [this.selected]);
  }

  step(by: 1 | -1): void {
    const list = this.list.filter((item) => !item.error);
    const at = list.findIndex((item) => item.id === this.selected);
    const item = list[at + by];
    if (item) this.open(item.id);
  }

  async choose(strategy: Strategy): Promise<void> {
    this.strategy = strategy;
    this.beginRound();
    await this.reload();
  }

  async show(filter: Filter): Promise<void> {
    this.filter = filter;
    if (filter === "uncertain") await this.reload();
  }

  async reload(): Promise<void> {
    await this.#attempt(() => this.load());
  }

  /** Answers how many were added; each refused file is its own problem, the others go on. */
  async add(files: File[]): Promise<number> {
    let added = 0;
    this.upload = { done: 0, total: files.length };
    for (const file of files) {
      await this.#attempt(async () => {
        const summary = await api.addCase(file);
        added++;
        if (added === 1) this.open(summary.id);
      });
      this.upload = { done: this.upload.done + 1, total: files.length };
    }
    this.upload = null;
    await this.reload();
    return added;
  }

  edited(id: string, entry: Entry): void {
    this.cases = this.cases.map((item) => (item.id === id ? { ...item, seq: Math.max(item.seq, editsOf(entry.seq)) } : item));
    this.#stale = true;
    void this.#refresh();
  }

  async #refresh(): Promise<void> {
    if (this.#refreshing) return;
    this.#refreshing = true;
    while (this.#stale) {
      await new Promise((resolve) => setTimeout(resolve, refreshDelay));
      this.#stale = false;
      await this.reload();
    }
    this.#refreshing = false;
  }

  #selectBest(): void {
    const wanted = decodeURIComponent(location.hash.slice(1));
    if (this.readable.some((item) => item.id === wanted)) this.open(wanted);
    else this.open(this.upcoming?.case ?? this.readable[0]!.id);
  }
}
