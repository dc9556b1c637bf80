import type { Annotation, ClassName, Conflict, Edit, Entry, Evidence, Op, Region, Runs, Saved } from "../src/api/types";
import { byteOf, NEGATIVE, POSITIVE } from "../src/editor/labels/byte";
import { LabelPlanes } from "../src/editor/labels/planes";
import { runsWhere } from "../src/editor/labels/runs";

/** A server in memory that keeps the contract: each id once, missed entries, conflicts on the same pixels. */
export class FakeServer {
  /** Refuses all connections while set. */
  down = false;
  readonly entries: Entry[] = [];
  private readonly planes: LabelPlanes;
  private regions: Region[] = [];

  constructor(
    private readonly size: { width: number; height: number },
    private readonly classes: readonly ClassName[],
  ) {
    this.planes = new LabelPlanes(size.width, size.height);
  }

  get seq(): number {
    return this.entries.length;
  }

  async save(edit: Edit): Promise<Saved> {
    await new Promise((resolve) => setTimeout(resolve, 15));
    if (this.down) throw new TypeError("Failed to fetch");
    const known = this.entries.find(({ id }) => id === edit.id);
    const others = this.entries.filter(({ seq, client }) => seq > edit.base && client !== edit.client);
    if (known) return { seq: known.seq, missed: others };
    const rivals = others.filter((entry) => overlaps(entry.ops, edit.ops));
    if (rivals.length > 0 && !edit.force) throw conflict(rivals);
    return { seq: this.write(edit, "harness").seq, missed: others };
  }

  /** Somebody else paints. */
  remote(ops: Op[]): Entry {
    return this.write({ id: crypto.randomUUID(), client: "other tab", base: this.seq, ops }, "a colleague");
  }

  annotation(): Annotation {
    const masks = this.classes.map((name) => {
      const data = this.planes.plane(name)?.data ?? new Uint8Array();
      const runs = (value: number) => runsWhere(data, (byte) => (byte & 3) === value);
      return [name, { positive: runs(POSITIVE), negative: runs(NEGATIVE), accepted: runsWhere(data, (byte) => byte > 4) }];
    });
    return { seq: this.seq, ...this.size, masks: Object.fromEntries(masks), regions: this.regions };
  }

  /** Painted, excluded by another class, outside upright boxes: enough to look at. */
  evidence(): Evidence {
    const { masks, regions } = this.annotation();
    const classes = this.classes.map((name) => {
      const others = this.classes.filter((other) => other !== name).map((other) => masks[other].positive);
      const layers = {
        "painted-positive": masks[name].positive,
        "painted-negative": masks[name].negative,
        excluded: others.flat(),
        outside: this.outside(regions),
      };
      return [name, layers];
    });
    return { seq: this.seq, ...this.size, classes: Object.fromEntries(classes) };
  }

  private outside(regions: readonly Region[]): Runs {
    const box = regions.find((region) => region.box)?.box;
    if (!box) return [];
    const { width, height } = this.size;
    const rows = Array.from({ length: height }, (_, y) => {
      if (y < box.y || y >= box.y + box.height) return [y * width, width];
      const [left, right] = [Math.round(box.x), Math.round(box.x + box.width)];
      return [y * width, left, y * width + right, width - right];
    });
    return rows.flat();
  }

  private write(edit: Edit, author: string): Entry {
    const { id, client, ops } = edit;
    for (const op of ops) this.apply(op);
    const entry: Entry = { seq: this.seq + 1, id, client, author, time: new Date().toISOString(), ops };
    this.entries.push(entry);
    return entry;
  }

  private apply(op: Op): void {
    if (op.op === "regions") this.regions = op.regions;
    else this.planes.set(op.class, byteOf(op.value, op.origin), op.runs);
  }
}

function conflict(entries: Entry[]): Conflict {
  return { type: "conflict", title: "Conflict", status: 409, detail: "Others set the same pixels.", entries };
}

function overlaps(theirs: readonly Op[], mine: readonly Op[]): boolean {
  return theirs.some((a) => mine.some((b) => a.op === "paint" && b.op === "paint" && a.class === b.class && a.value !== b.value && shared(a.runs, b.runs)));
}

function shared(a: Runs, b: Runs): boolean {
  for (let i = 0, j = 0; i < a.length && j < b.length; ) {
    if (a[i] + a[i + 1] <= b[j]) i += 2;
    else if (b[j] + b[j + 1] <= a[i]) j += 2;
    else return true;
  }
  return false;
}
