import type { Conflict, Edit, Entry, Op, Problem, Region, Saved } from "../../api/types";
import { uuid } from "../../api/uuid";
import { changedRegions, type Action } from "../labels/history";
import { failureOf } from "./failure";
import type { Kept, Outbox } from "./outbox";
import { stepOf, Timeline } from "./timeline";

export type Send = (edit: Edit) => Promise<Saved>;
export type Choice = "mine" | "theirs";
/** Asks the person. Null when nobody is there to answer: the edit then waits in the outbox for the next visit. */
export type Decide = (conflict: Conflict, edit: Edit) => Promise<Choice | null>;

export interface QueueState {
  /** Edits that the server has not confirmed. */
  pending: number;
  /** The last attempt failed; it is tried again by itself. */
  offline: boolean;
  /** The server will never take the oldest edit as it is: `retry` or `discard`. */
  refused: Problem | null;
}

export interface QueueOptions {
  client: string;
  /** Number of the last edit in what is on the screen. */
  seq: number;
  send: Send;
  /** Applies operations to what is on the screen. */
  apply(ops: readonly Op[]): void;
  /** Takes what an edit did back from the screen. */
  takeBack(did: Action): void;
  decide: Decide;
  /** Puts on the screen what the server has now, without what is not confirmed, and answers its number. */
  reload?(): Promise<number>;
  /** Puts an edit on the screen again, on top of that, and answers what it did. */
  put?(edit: Edit): Action;
  /** Whether what is on the screen is neither what it was before that nor what that made of it. */
  disputed?(did: Action): boolean;
  outbox: Outbox;
  wait?: (milliseconds: number) => Promise<void>;
}

interface Item {
  edit: Edit;
  /** What it changed when somebody painted it. */
  painted: Action;
  /** What it did to what is on the screen now. */
  did: Action;
}

const FIRST_DELAY = 500;
const LONGEST_DELAY = 30_000;

/** Sends edits one after another, in order, each exactly once, and keeps them until the server has them. */
export class EditQueue {
  private readonly items: Item[] = [];
  private timeline: Timeline;
  private readonly own = new Set<string>();
  private readonly choices = new Map<string, Choice>();
  private readonly listeners = new Set<(state: QueueState) => void>();
  private idle: (() => void)[] = [];
  private state: QueueState = { pending: 0, offline: false, refused: null };
  private pumping = false;
  /** Waits for the next visit: somebody has to decide, and nobody is there. */
  stopped = false;
  private failures = 0;
  private wake: () => void = () => {};

  constructor(private readonly options: QueueOptions) {
    this.timeline = new Timeline(options.seq);
  }

  /** A Svelte store. */
  subscribe(listener: (state: QueueState) => void): () => void {
    this.listeners.add(listener);
    listener(this.state);
    return () => this.listeners.delete(listener);
  }

  get seq(): number {
    return this.timeline.seq;
  }

  has(id: string): boolean {
    return this.items.some(({ edit }) => edit.id === id);
  }

  /** Takes an edit that is on the screen already. */
  push(ops: Op[], did: Action, base = this.seq): Edit {
    // The base is what was known when it was painted, not when it is sent: what came in between was not looked at.
    const edit: Edit = { id: uuid(), client: this.options.client, base, ops };
    this.enqueue({ edit, painted: did, did });
    return edit;
  }

  /** Takes an edit of an earlier visit, with its id: if it arrived then, the server says so. */
  restore({ edit, painted }: Kept, did: Action): void {
    this.enqueue({ edit, painted: painted ?? did, did });
  }

  /** An entry that the server announced: ours (known already), another tab's or another person's. */
  applyRemote(entry: Entry): boolean {
    if (this.own.has(entry.id) || this.timeline.knows(entry.seq)) return false;
    this.timeline.add(stepOf(entry));
    this.replay(entry.seq - 1);
    return true;
  }

  /** Resolves when the server has everything. */
  flush(): Promise<void> {
    this.wake();
    return this.items.length === 0 ? Promise.resolve() : new Promise((resolve) => this.idle.push(resolve));
  }

  /** Does not wait any longer for the next attempt. */
  retry(): void {
    this.update({ refused: null });
    this.wake();
  }

  /** Gives the oldest edit up and takes it back from the screen. */
  discard(): void {
    const item = this.items[0];
    if (!item) return;
    this.drop(item);
    this.retry();
  }

  private enqueue(item: Item): void {
    this.items.push(item);
    this.own.add(item.edit.id);
    this.update({});
    this.keep(item);
    void this.pump();
  }

  private keep({ edit, painted }: Item): void {
    // Without storage (private windows) the edit is still sent; only the offer after a reload is missing.
    this.options.outbox.put({ edit, painted }).catch(() => {});
  }

  private async pump(): Promise<void> {
    if (this.pumping) return;
    this.pumping = true;
    this.stopped = false;
    while (!this.stopped && this.items.length > 0) this.stopped = !(await this.deliver(this.items[0]));
    this.pumping = false;
    this.update({});
    if (this.items.length === 0) for (const resolve of this.idle.splice(0)) resolve();
  }

  /** Answers whether to go on. */
  private async deliver(item: Item): Promise<boolean> {
    let saved: Saved;
    try {
      saved = await this.options.send(item.edit);
    } catch (thrown) {
      return this.recover(item, thrown);
    }
    this.acknowledge(item, saved);
    return true;
  }

  private acknowledge(item: Item, saved: Saved): void {
    this.reached();
    for (const entry of saved.missed) this.applyRemote(entry);
    this.remove(item);
    // A restored edit that had arrived before: what was loaded has it, and perhaps what others did to it since.
    if (saved.seq <= this.timeline.loaded) this.takeBack(item, saved.seq);
    else if (!this.timeline.knows(saved.seq)) this.timeline.add({ seq: saved.seq, ops: item.edit.ops });
    this.timeline.forget(this.items[0]?.edit.base ?? this.seq);
  }

  private async recover(item: Item, thrown: unknown): Promise<boolean> {
    const failure = failureOf(thrown);
    if (failure.kind === "conflict") return this.settle(item, failure.conflict);
    if (failure.kind === "stale") return this.renew(failure.problem);
    if (failure.kind === "refused") return this.refuse(failure.problem);
    return this.wait();
  }

  private async wait(): Promise<boolean> {
    this.failures += 1;
    this.update({ offline: true });
    await this.pause(Math.min(FIRST_DELAY * 2 ** (this.failures - 1), LONGEST_DELAY));
    return true;
  }

  private async refuse(problem: Problem): Promise<boolean> {
    this.reached();
    this.update({ refused: problem });
    await new Promise<void>((resolve) => (this.wake = resolve));
    return true;
  }

  /** The same edits again, on what the server has now. */
  private async renew(problem: Problem): Promise<boolean> {
    this.reached();
    const { reload, put } = this.options;
    if (!reload || !put) return this.refuse(problem);
    let seq: number;
    try {
      seq = await reload();
    } catch {
      // Not there now: the edit is sent again later, and found stale again.
      return this.wait();
    }
    this.timeline = new Timeline(seq);
    const disputed = this.items.filter((item) => this.isDisputed(item, put));
    if (disputed.length > 0) {
      // The server cannot find this conflict any more: it forgot who did what.
      const choice = await this.options.decide({ ...problem, entries: [] }, disputed[0].edit);
      if (!choice) return false;
      if (choice === "theirs") for (const item of disputed) this.drop(item);
    }
    for (const item of this.items) this.rebase(item, seq);
    return true;
  }

  /** Puts the item on the screen again; answers whether somebody changed what it was painted on. Regions never contradict each other. */
  private isDisputed(item: Item, put: (edit: Edit) => Action): boolean {
    const disputed = this.options.disputed?.({ changes: item.painted.changes }) ?? false;
    item.did = this.putAgain(item, put);
    return disputed;
  }

  /** Its list of regions may be that of another sheet: what counts is what it changed of it. */
  private putAgain(item: Item, put: (edit: Edit) => Action): Action {
    const { edit, painted } = item;
    if (regionsOf(edit.ops) === null || !painted.regions) return put(edit);
    const paints = edit.ops.filter(({ op }) => op !== "regions");
    const { changes, regions: present } = put({ ...edit, ops: paints });
    const before = present?.after ?? painted.regions.before;
    const after = changedRegions(before, painted.regions);
    put({ ...edit, ops: [{ op: "regions", regions: after }] });
    item.edit = { ...edit, ops: [...paints, { op: "regions", regions: after }] };
    return { changes, regions: { before, after } };
  }

  private rebase(item: Item, seq: number): void {
    item.edit = { ...item.edit, base: seq };
    item.painted = item.did;
    this.keep(item);
  }

  private async settle(item: Item, conflict: Conflict): Promise<boolean> {
    this.reached();
    if (this.merge(item, conflict)) return true;
    const choice = this.remembered(conflict) ?? (await this.options.decide(conflict, item.edit));
    if (!choice) return false;
    for (const entry of conflict.entries) this.choices.set(entry.id, choice);
    if (choice === "theirs") this.drop(item);
    for (const entry of conflict.entries) this.applyRemote(entry);
    if (choice === "mine") this.insist(item);
    return true;
  }

  /**
   * Two people who draw regions at the same time do not contradict each other: all of both stay. Answers whether there was nothing
   * but that to settle.
   */
  private merge(item: Item, conflict: Conflict): boolean {
    const theirs = regionsOf(conflict.entries.at(-1)?.ops ?? []);
    const isOnly = item.edit.ops.every(({ op }) => op === "regions");
    if (!theirs || !isOnly || !item.painted.regions) return false;
    let regions = theirs;
    // Those after it were drawn on top of it, without theirs.
    for (const each of this.items.filter(({ edit }) => regionsOf(edit.ops) !== null)) {
      if (each.painted.regions) regions = changedRegions(regions, each.painted.regions);
      each.edit = { ...each.edit, ops: each.edit.ops.map((op) => (op.op === "regions" ? { op: "regions", regions } : op)) };
    }
    for (const entry of conflict.entries) this.applyRemote(entry);
    for (const each of this.items) {
      if (each.edit.ops.every(({ op }) => op === "regions")) each.edit = { ...each.edit, base: this.seq };
      this.keep(each);
    }
    // What they did may have been heard of before, and lies below what was on the screen then.
    this.replay(Math.min(...conflict.entries.map(({ seq }) => seq)) - 1);
    return true;
  }

  /** The same entries stand against every edit painted before they were seen: one answer is enough. */
  private remembered(conflict: Conflict): Choice | undefined {
    const choices = new Set(conflict.entries.map((entry) => this.choices.get(entry.id)));
    return choices.size === 1 ? [...choices][0] : undefined;
  }

  private insist(item: Item): void {
    item.edit = { ...item.edit, base: this.seq, force: true };
    this.keep(item);
  }

  private drop(item: Item): void {
    this.remove(item);
    this.takeBack(item, item.edit.base);
  }

  /** Undoes an edit on the screen, and puts back what had come to lie below it. */
  private takeBack(item: Item, since: number): void {
    this.options.takeBack(item.did);
    this.replay(since);
  }

  /** Applies what is after `seq` in the journal's order, and our unconfirmed edits above it. */
  private replay(seq: number): void {
    for (const step of this.timeline.after(seq)) this.options.apply(step.ops);
    for (const item of this.items) this.options.apply(item.edit.ops);
  }

  private remove(item: Item): void {
    this.items.splice(this.items.indexOf(item), 1);
    this.options.outbox.delete(item.edit.id).catch(() => {});
    this.update({});
  }

  private reached(): void {
    this.failures = 0;
    this.update({ offline: false });
  }

  private async pause(milliseconds: number): Promise<void> {
    const wait = this.options.wait ?? ((time) => new Promise((resolve) => setTimeout(resolve, time)));
    await Promise.race([wait(milliseconds), new Promise<void>((resolve) => (this.wake = resolve))]);
  }

  private update(change: Partial<QueueState>): void {
    this.state = { ...this.state, ...change, pending: this.items.length };
    for (const listener of this.listeners) listener(this.state);
  }
}

function regionsOf(ops: readonly Op[]): Region[] | null {
  return ops.findLast((op) => op.op === "regions")?.regions ?? null;
}
