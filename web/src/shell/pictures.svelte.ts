import * as api from "../api/client";
import type { CaseSummary, Entry, Queue, QueueItem, Strategy } from "../api/types";
import type { Attempt } from "./session.svelte";

export interface Upload {
  done: number;
  total: number;
}

/** Painting comes in bursts; the shares shown in the rail may lag a little. */
const refreshDelay = 1200;

export class Pictures {
  cases = $state.raw<CaseSummary[]>([]);
  queue = $state.raw<Queue | null>(null);
  strategy = $state<Strategy | null>(null);
  selected = $state<string | null>(null);
  /** Where the queue says to look; a new object each time, so that the editor moves there again. */
  point = $state.raw<{ x: number; y: number } | null>(null);
  search = $state("");
  order = $state<"suggested" | "name">("suggested");
  upload = $state.raw<Upload | null>(null);

  readonly #attempt: Attempt;
  #refresh: ReturnType<typeof setTimeout> | null = null;

  constructor(attempt: Attempt) {
    this.#attempt = attempt;
  }

  current = $derived(this.cases.find((item) => item.id === this.selected) ?? null);
  started = $derived(this.cases.filter((item) => item.painted > 0 || item.regions > 0).length);

  reasons = $derived(new Map(this.queue?.items.map((item) => [item.case, item]) ?? []));

  list = $derived.by(() => {
    const wanted = this.search.trim().toLowerCase();
    const found = this.cases.filter(
      (item) => item.id.toLowerCase().includes(wanted) || (item.group ?? "").toLowerCase().includes(wanted),
    );
    if (this.order === "name" || !this.queue) return found;
    // A picture may be suggested for several places: its best one counts.
    const rank = new Map(this.queue.items.map((item, i): [string, number] => [item.case, i]).reverse());
    const last = this.queue.items.length;
    return found.sort((a, b) => (rank.get(a.id) ?? last) - (rank.get(b.id) ?? last));
  });

  async load(): Promise<void> {
    this.cases = await api.getCases();
    // A folder without classes is no data set yet: it has neither cases nor a queue.
    this.queue = this.cases.length > 0 ? await api.getQueue(this.strategy ?? undefined) : null;
    if (this.current === null) {
      const first = this.cases[0];
      if (first) this.#selectBest();
      else this.selected = null;
    }
  }

  open(id: string, point: { x: number; y: number } | null = null): void {
    this.selected = id;
    this.point = point && { ...point };
    history.replaceState(null, "", `#${encodeURIComponent(id)}`);
  }

  async next(): Promise<void> {
    await this.#attempt(async () => {
      this.queue = await api.getQueue(this.strategy ?? undefined);
      const { point } = this;
      const here = (item: QueueItem) =>
        item.case === this.selected && (item.point === null || (item.point.x === point?.x && item.point.y === point.y));
      const best = this.queue.items.find((item) => !here(item));
      if (best) this.open(best.case, best.point);
    });
  }

  step(by: 1 | -1): void {
    const at = this.list.findIndex((item) => item.id === this.selected);
    const item = this.list[at + by];
    if (item) this.open(item.id);
  }

  async choose(strategy: Strategy): Promise<void> {
    this.strategy = strategy;
    await this.reload();
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
    this.cases = this.cases.map((item) => (item.id === id ? { ...item, seq: Math.max(item.seq, entry.seq) } : item));
    this.#refresh ??= setTimeout(() => {
      this.#refresh = null;
      void this.reload();
    }, refreshDelay);
  }

  #selectBest(): void {
    const wanted = decodeURIComponent(location.hash.slice(1));
    const best = this.queue?.items[0];
    if (this.cases.some((item) => item.id === wanted)) this.open(wanted);
    else this.open(best?.case ?? this.cases[0]!.id);
  }
}
