import { describe, expect, it } from "vitest";
import type { Conflict, Edit, Entry, Op, PaintOp, Region, Saved } from "../../api/types";
import { byteOf } from "../labels/byte";
import { sameRegions, type Action } from "../labels/history";
import { LabelPlanes } from "../labels/planes";
import { EditQueue, type Choice, type QueueState } from "./edit-queue";
import { MemoryOutbox } from "./outbox";

function paint(value: PaintOp["value"], start: number, length: number): PaintOp {
  return { op: "paint", class: "gum", value, runs: [start, length] };
}

function entryOf(seq: number, ...ops: Op[]): Entry {
  return { seq, id: `entry ${seq}`, client: "other", author: "a colleague", time: "2024-01-01T00:00:00Z", ops };
}

function conflictWith(...entries: Entry[]): Conflict {
  return { type: "conflict", title: "Conflict", status: 409, detail: "", entries };
}

/** A queue over real pixels; `answers` says what the server does, request by request. */
function desk(...answers: ((edit: Edit) => Saved | Promise<Saved>)[]) {
  const planes = new LabelPlanes(10, 1);
  const sent: Edit[] = [];
  const waits: number[] = [];
  const states: QueueState[] = [];
  const asked: Conflict[] = [];
  const outbox = new MemoryOutbox();
  const choices: (Choice | null)[] = [];
  const send = async (edit: Edit) => {
    sent.push(edit);
    const answer = answers.shift();
    if (!answer) throw new Error("The test has no more answers.");
    return answer(edit);
  };
  const sheet = { regions: [] as readonly Region[] };
  const apply = (ops: readonly Op[]) => {
    for (const op of ops) {
      if (op.op === "paint") planes.set(op.class, byteOf(op.value, op.origin), op.runs);
      else if (op.op === "regions") sheet.regions = op.regions;
    }
  };
  const decide = async (conflict: Conflict) => {
    asked.push(conflict);
    return choices.shift() ?? null;
  };
  const wait = async (milliseconds: number) => void waits.push(milliseconds);
  /** What the server has when it is asked again. */
  const now = { seq: 0, ops: [] as Op[] };
  const reload = async () => {
    planes.reload({});
    apply(now.ops);
    return now.seq;
  };
  const put = (edit: Edit) => {
    const before = sheet.regions;
    const changes = edit.ops.flatMap((op) => (op.op === "paint" ? planes.set(op.class, byteOf(op.value, op.origin), op.runs) : []));
    apply(edit.ops.filter(({ op }) => op === "regions"));
    return { changes, regions: { before, after: sheet.regions } };
  };
  const takeBack = ({ changes }: Action) => void planes.undo(changes);
  const disputed = ({ changes, regions }: Action) =>
    changes.some((change) => planes.disputes(change)) || (regions !== undefined && !sameRegions(regions.before, sheet.regions));
  const queue = new EditQueue({ client: "me", seq: 10, send, apply, takeBack, decide, reload, put, disputed, outbox, wait });
  queue.subscribe((state) => states.push(state));
  const push = (op: PaintOp) => {
    const changes = planes.set(op.class, byteOf(op.value, op.origin), op.runs);
    return queue.push([op], { changes });
  };
  const draw = (regions: Region[]) => {
    const change = { before: sheet.regions, after: regions };
    sheet.regions = regions;
    return queue.push([{ op: "regions", regions }], { changes: [], regions: change });
  };
  const pixels = () => [...(planes.plane("gum")?.data ?? [])].join("");
  return { now, queue, planes, sent, waits, states, asked, outbox, choices, push, draw, sheet, pixels };
}

const saved = (seq: number, ...missed: Entry[]) => (): Saved => ({ seq, missed });
const fails = (error: unknown) => (): Saved => {
  throw error;
};

const stale = { type: "stale", title: "Out of date", status: 409, detail: "" };

describe("EditQueue", () => {
  it("sends in order, one at a time, each with what was known when it was painted", async () => {
    const { queue, sent, states, push, outbox } = desk(saved(11), saved(12), saved(13));
    for (const start of [0, 2, 4]) push(paint("positive", start, 2));
    expect(states.at(-1)?.pending).toBe(3);
    await queue.flush();
    expect(sent.map(({ ops }) => (ops[0] as PaintOp).runs[0])).toEqual([0, 2, 4]);
    expect(sent.map(({ base }) => base)).toEqual([10, 10, 10]);
    expect(new Set(sent.map(({ id }) => id)).size).toBe(3);
    expect(queue.seq).toBe(13);
    expect(states.at(-1)).toEqual({ pending: 0, offline: false, refused: null });
    expect(await outbox.list()).toEqual([]);
  });

  it("tries again with the same id, later and later, and says that it is offline", async () => {
    const gone = new TypeError("Failed to fetch");
    const { queue, sent, waits, states, push } = desk(fails(gone), fails(gone), fails({ status: 503, title: "Busy", type: "busy", detail: "" }), saved(11));
    push(paint("positive", 0, 2));
    await queue.flush();
    expect(new Set(sent.map(({ id }) => id)).size).toBe(1);
    expect(sent.length).toBe(4);
    expect(waits).toEqual([500, 1000, 2000]);
    expect(states.some(({ offline }) => offline)).toBe(true);
    expect(states.at(-1)?.offline).toBe(false);
  });

  it("puts what was missed below its own unconfirmed edits", async () => {
    const { queue, push, pixels } = desk(saved(12, entryOf(11, paint("negative", 0, 6))), saved(13));
    push(paint("positive", 2, 2));
    push(paint("positive", 5, 2));
    await queue.flush();
    expect(pixels()).toBe("1122122000");
  });

  it("applies each entry once, and never its own", async () => {
    const { queue, push, pixels } = desk(saved(12, entryOf(11, paint("negative", 0, 2))));
    const edit = push(paint("positive", 4, 2));
    expect(queue.applyRemote({ ...entryOf(12, paint("positive", 4, 2)), id: edit.id, client: "me" })).toBe(false);
    await queue.flush();
    expect(queue.applyRemote(entryOf(11, paint("positive", 0, 2)))).toBe(false);
    expect(queue.applyRemote(entryOf(13, paint("positive", 0, 1)))).toBe(true);
    expect(queue.applyRemote(entryOf(9, paint("positive", 0, 9)))).toBe(false);
    expect(pixels()).toBe("2100220000");
  });

  it("applies entries that come late below those that were first", () => {
    const { queue, pixels } = desk();
    queue.applyRemote(entryOf(12, paint("positive", 2, 2)));
    queue.applyRemote(entryOf(11, paint("negative", 0, 6)));
    expect(pixels()).toBe("1122110000");
  });

  it("keeps mine: the same edit again, by force, on top of theirs", async () => {
    const theirs = entryOf(11, paint("negative", 0, 6));
    const { queue, sent, push, pixels, choices, asked } = desk(fails(conflictWith(theirs)), saved(12));
    choices.push("mine");
    push(paint("positive", 2, 2));
    await queue.flush();
    expect(asked.length).toBe(1);
    expect(sent[1]).toMatchObject({ id: sent[0].id, force: true, base: 11 });
    expect(pixels()).toBe("1122110000");
  });

  it("keeps theirs: mine goes from the screen and is not sent again", async () => {
    const theirs = entryOf(11, paint("negative", 0, 6));
    const { queue, sent, push, pixels, choices, outbox } = desk(fails({ problem: conflictWith(theirs) }));
    choices.push("theirs");
    push(paint("positive", 2, 6));
    await queue.flush();
    expect(sent.length).toBe(1);
    expect(pixels()).toBe("1111110000");
    expect(await outbox.list()).toEqual([]);
  });

  it("keeps theirs even when they came before the refusal", async () => {
    const theirs = entryOf(11, paint("negative", 0, 6));
    const { queue, push, pixels, choices } = desk(fails(conflictWith(theirs)), saved(12));
    choices.push("theirs");
    push(paint("positive", 2, 2));
    push(paint("positive", 8, 2));
    queue.applyRemote(theirs);
    expect(pixels()).toBe("1122110022");
    await queue.flush();
    expect(pixels()).toBe("1111110022");
  });

  it("asks once about the same entries", async () => {
    const theirs = entryOf(11, paint("negative", 0, 9));
    const { queue, push, pixels, choices, asked } = desk(fails(conflictWith(theirs)), saved(12), fails(conflictWith(theirs)), saved(13));
    choices.push("mine");
    push(paint("positive", 0, 2));
    push(paint("positive", 4, 2));
    await queue.flush();
    expect(asked.length).toBe(1);
    expect(pixels()).toBe("2211221110");
  });

  it("keeps the edit when nobody is there to decide", async () => {
    const { queue, push, outbox, states } = desk(fails(conflictWith(entryOf(11, paint("negative", 0, 9)))));
    const edit = push(paint("positive", 0, 2));
    await new Promise((resolve) => setTimeout(resolve));
    expect(states.at(-1)?.pending).toBe(1);
    expect((await outbox.list()).map((kept) => kept.edit)).toEqual([edit]);
    expect(queue.stopped).toBe(true);
    expect(queue.seq).toBe(10);
  });

  it("stops at an edit the server will never take, until it is discarded", async () => {
    const problem = { type: "invalid", title: "Unknown class", status: 422, detail: "" };
    const { queue, sent, push, pixels, states } = desk(fails({ problem }), saved(11));
    push(paint("positive", 0, 2));
    push(paint("positive", 4, 2));
    await new Promise((resolve) => setTimeout(resolve));
    expect(states.at(-1)).toEqual({ pending: 2, offline: false, refused: problem });
    expect(sent.length).toBe(1);
    queue.discard();
    await queue.flush();
    expect(pixels()).toBe("0000220000");
  });

  it("sends the same edits again on what the server has now, when it does not know their base any more", async () => {
    const { now, queue, sent, push, pixels, outbox, asked } = desk(fails({ problem: stale }), saved(21), saved(22));
    now.seq = 20;
    now.ops = [paint("negative", 0, 2), paint("positive", 6, 1)];
    push(paint("positive", 2, 2));
    push(paint("positive", 6, 2));
    await queue.flush();
    expect(sent.map(({ base }) => base)).toEqual([10, 20, 20]);
    expect(sent[1].id).toBe(sent[0].id);
    expect(pixels()).toBe("1122002200");
    expect(asked).toEqual([]);
    expect(queue.seq).toBe(22);
    expect(await outbox.list()).toEqual([]);
  });

  it("takes no regions of another sheet along when its base is forgotten", async () => {
    const region = (x: number) => ({ box: { x, y: 0, width: 1, height: 1, rotation: 0 }, author: "me", role: "expert", origin: "lacuna" }) as Region;
    const [theirs, old, first, second] = [1, 2, 3, 4].map(region);
    const { now, queue, sent, draw, sheet, asked } = desk(fails({ problem: stale }), saved(21), saved(22));
    now.seq = 20;
    now.ops = [{ op: "regions", regions: [theirs!] }];
    sheet.regions = [old!];
    draw([old!, first!]);
    draw([old!, first!, second!]);
    await queue.flush();
    expect(sent.slice(1).map(({ ops }) => ops)).toEqual([[{ op: "regions", regions: [theirs, first] }], [{ op: "regions", regions: [theirs, first, second] }]]);
    expect(sent.map(({ base }) => base)).toEqual([10, 20, 20]);
    expect(sheet.regions).toEqual([theirs, first, second]);
    expect(asked).toEqual([]);
  });

  it("leaves on the screen what had arrived before the server forgot its base", async () => {
    const { now, queue, push, pixels } = desk(fails({ problem: stale }), saved(11));
    now.seq = 11;
    now.ops = [paint("positive", 2, 2)];
    push(paint("positive", 2, 2));
    await queue.flush();
    expect(pixels()).toBe("0022000000");
  });

  it.each([
    ["mine", [10, 20, 20, 20], "1122102220"],
    ["theirs", [10, 20], "1112102210"],
  ] as const)("asks when its base is forgotten and others changed what it was painted on: %s", async (choice, bases, shown) => {
    const { now, queue, sent, push, pixels, outbox, asked, choices } = desk(fails({ problem: stale }), saved(21), saved(22), saved(23));
    choices.push(choice);
    now.seq = 20;
    now.ops = [paint("negative", 0, 3), paint("positive", 3, 1), paint("negative", 4, 1), paint("negative", 8, 1)];
    push(paint("positive", 2, 2));
    push(paint("positive", 6, 2));
    push(paint("positive", 7, 2));
    await queue.flush();
    expect(asked.length).toBe(1);
    expect(sent.map(({ base }) => base)).toEqual(bases);
    expect(pixels()).toBe(shown);
    expect(await outbox.list()).toEqual([]);
  });

  it("asks about what an earlier visit left, by what it was painted on then", async () => {
    const { now, queue, planes, pixels, asked, choices } = desk(fails({ problem: stale }));
    choices.push("theirs");
    planes.set("gum", byteOf("negative"), [0, 10]);
    now.seq = 20;
    now.ops = [paint("negative", 0, 10)];
    const ops = [paint("positive", 2, 2)];
    const painted = { changes: [{ class: "gum", from: 0, to: byteOf("positive"), runs: [2, 2] }] };
    const changes = planes.set("gum", byteOf("positive"), ops[0].runs);
    queue.restore({ edit: { id: "left", client: "earlier", base: 7, ops }, painted }, { changes });
    await queue.flush();
    expect(asked.length).toBe(1);
    expect(pixels()).toBe("1111111111");
  });

  it("keeps the base it was painted on when nobody is there to say whose paint holds", async () => {
    const { now, queue, push, outbox } = desk(fails({ problem: stale }));
    now.seq = 20;
    now.ops = [paint("negative", 0, 10)];
    const edit = push(paint("positive", 2, 2));
    await new Promise((resolve) => setTimeout(resolve));
    expect(queue.stopped).toBe(true);
    expect((await outbox.list())[0]).toMatchObject({ edit, painted: { changes: [{ from: 0, to: 2, runs: [2, 2] }] } });
  });

  it("takes back what an earlier visit left when it had arrived then", async () => {
    const { queue, planes, pixels } = desk(saved(8));
    planes.set("gum", byteOf("negative"), [2, 2]);
    const ops = [paint("positive", 2, 4)];
    const changes = planes.set("gum", byteOf("positive"), ops[0].runs);
    queue.restore({ edit: { id: "left", client: "earlier", base: 7, ops } }, { changes });
    await queue.flush();
    expect(pixels()).toBe("0011000000");
  });
});
