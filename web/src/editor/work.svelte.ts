import type { Annotation, Conflict, Edit, Entry, Op, Project, Region } from "../api/types";
import { byteOf } from "./labels/byte";
import { opsOf, type Change } from "./labels/change";
import { changedRegions, History, inverseRegions, sameRegions, type Action, type RegionChange } from "./labels/history";
import { LabelPlanes } from "./labels/planes";
import { EditQueue, type Choice, type QueueState, type Send } from "./queue/edit-queue";
import type { Kept, Outbox } from "./queue/outbox";

export interface WorkOptions {
  project: Project;
  annotation: Annotation;
  client: string;
  send: Send;
  outbox: Outbox;
  /** What was done here before can be undone, too. */
  history?: History;
  /** Asks the server for the annotation again. */
  load?: () => Promise<Annotation>;
}

export interface OpenConflict {
  conflict: Conflict;
  answer(choice: Choice | null): void;
}

/** The annotation of one case while it is worked on: the pixels, the regions, the way back, and the way to the server. */
export class Work {
  regions: readonly Region[] = $state.raw([]);
  saving: QueueState = $state.raw({ pending: 0, offline: false, refused: null });
  conflict: OpenConflict | null = $state.raw(null);
  undoable = $state(0);
  redoable = $state(0);
  /** Number of the last edit known here. */
  seq = $state(0);

  readonly planes: LabelPlanes;
  readonly queue: EditQueue;
  private readonly history: History;
  /** While a stroke is being painted, what others did waits: it belongs below the stroke. */
  private waiting: (() => void)[] | null = null;
  private baseOfStroke: number | undefined;
  private recorded: Change[] | null = null;
  private open = true;

  constructor(private readonly options: WorkOptions) {
    const { annotation, client, send, outbox } = options;
    this.planes = new LabelPlanes(annotation.width, annotation.height);
    this.planes.load(annotation.masks);
    this.regions = annotation.regions;
    this.history = options.history ?? new History();
    this.count();
    const apply = (ops: readonly Op[]) => this.whenFree(() => this.apply(ops));
    const decide = (conflict: Conflict) => this.ask(conflict);
    const { load } = options;
    const reload = load && (() => this.reload(load));
    const put = (edit: Edit) => this.put(edit);
    const takeBack = (did: Action) => this.whenFree(() => this.takeBack(did));
    const disputed = (did: Action) => this.disputed(did);
    this.queue = new EditQueue({ client, seq: annotation.seq, send, outbox, apply, takeBack, decide, reload, put, disputed });
    this.queue.subscribe((state) => {
      this.saving = state;
      this.seq = this.queue.seq;
    });
  }

  /** A stroke begins; until `paint` or `stop` the pixels belong to it. */
  start(): void {
    this.waiting = [];
    this.baseOfStroke = this.queue.seq;
  }

  stop(): void {
    const waiting = this.waiting ?? [];
    this.waiting = null;
    this.baseOfStroke = undefined;
    for (const action of waiting) action();
  }

  /** Keeps what a stroke changed. */
  paint(changes: readonly Change[]): void {
    const disturbed = (this.waiting?.length ?? 0) > 0;
    this.commit({ changes });
    this.stop();
    if (disturbed) this.apply(opsOf(changes));
  }

  setRegions(after: readonly Region[]): void {
    if (sameRegions(this.regions, after)) return;
    const regions = { before: this.regions, after };
    this.regions = after;
    this.commit({ changes: [], regions });
  }

  undo(): boolean {
    const action = this.history.undo();
    if (action) this.send({ changes: this.planes.undo(action.changes), regions: this.turned(action.regions, true) });
    return action !== undefined;
  }

  redo(): boolean {
    const action = this.history.redo();
    if (action) this.send({ changes: this.planes.redo(action.changes), regions: this.turned(action.regions, false) });
    return action !== undefined;
  }

  applyRemote(entry: Entry): void {
    // What the server made of this tab's own decision on a suggestion can be undone like a stroke.
    const mine = entry.client === this.options.client;
    this.recorded = mine ? [] : null;
    const applied = this.queue.applyRemote(entry);
    this.seq = this.queue.seq;
    if (applied && this.recorded && this.recorded.length > 0) this.remember({ changes: this.recorded });
    this.recorded = null;
  }

  /** Puts an edit of an earlier visit on the screen and sends it again. */
  restore(kept: Kept): void {
    this.queue.restore(kept, this.put(kept.edit));
  }

  /** Nobody looks any more: what is pending is still sent, but nobody can be asked. */
  close(): void {
    this.open = false;
    this.conflict?.answer(null);
  }

  /** Applies an edit and answers what it did. */
  private put(edit: Edit): Action {
    const before = this.regions;
    const changes = this.apply(edit.ops);
    return { changes, regions: { before, after: this.regions } };
  }

  private disputed({ changes, regions }: Action): boolean {
    if (changes.some((change) => this.planes.disputes(change))) return true;
    if (!regions || sameRegions(regions.before, regions.after)) return false;
    return !sameRegions(this.regions, regions.before) && !sameRegions(this.regions, regions.after);
  }

  private async reload(load: () => Promise<Annotation>): Promise<number> {
    const { seq, masks, regions } = await load();
    await new Promise<void>((resolve) => this.whenFree(resolve));
    this.planes.reload(masks);
    this.regions = regions;
    return seq;
  }

  private commit(action: Action): void {
    if (action.changes.length === 0 && !action.regions) return;
    this.remember(action);
    this.send(action);
  }

  private remember(action: Action): void {
    this.history.push(action);
    this.count();
  }

  private count(): void {
    this.undoable = this.history.undoable;
    this.redoable = this.history.redoable;
  }

  private send(action: Action): void {
    this.count();
    const ops: Op[] = opsOf(action.changes);
    if (action.regions) ops.push({ op: "regions", regions: [...action.regions.after] });
    if (ops.length === 0) return;
    this.queue.push(ops, action, this.baseOfStroke);
  }

  private turned(change: RegionChange | undefined, back: boolean): RegionChange | undefined {
    if (!change) return undefined;
    const before = this.regions;
    this.regions = changedRegions(before, back ? inverseRegions(change) : change);
    return { before, after: this.regions };
  }

  private takeBack(action: Action): void {
    this.planes.undo(action.changes);
    this.turned(action.regions, true);
  }

  private apply(ops: readonly Op[]): Change[] {
    const changes = ops.flatMap((op) => this.applyOne(op));
    if (this.recorded?.length === 0) this.recorded = changes;
    return changes;
  }

  private applyOne(op: Op): Change[] {
    if (op.op === "paint") return this.planes.set(op.class, byteOf(op.value, op.origin), op.runs);
    this.regions = op.regions;
    return [];
  }

  private whenFree(action: () => void): void {
    if (this.waiting) this.waiting.push(action);
    else action();
  }

  private ask(conflict: Conflict): Promise<Choice | null> {
    if (!this.open) return Promise.resolve(null);
    return new Promise((resolve) => {
      const answer = (choice: Choice | null) => {
        this.conflict = null;
        resolve(choice);
      };
      this.conflict = { conflict, answer };
    });
  }
}
