import { encodeRuns, eachPixel, Mask, names, negative, positive, unknown } from "./mask.mjs";
import { Refusal } from "./refusal.mjs";

/** One picture with its annotation and its journal. */
export class Case {
  constructor({ id, group, width, height, part, seed, bytes, type }) {
    Object.assign(this, { id, group, width, height, part, seed, bytes, type });
    this.seq = 0;
    /** Number of the last edit when a model looked at it. */
    this.lookedAt = 0;
    this.journal = [];
    this.masks = new Map();
    this.regions = [];
  }

  mask(name) {
    if (!this.masks.has(name)) this.masks.set(name, new Mask(this.width * this.height));
    return this.masks.get(name);
  }

  summary(classes) {
    const all = this.width * this.height * Math.max(1, classes.length);
    const known = [...this.masks.values()].reduce((sum, mask) => sum + mask.known(), 0);
    return {
      id: this.id,
      group: this.group,
      width: this.width,
      height: this.height,
      part: this.part,
      seq: this.seq,
      painted: known / all,
      regions: this.regions.length,
      error: null,
      by: [],
      assigned: [],
      conflict: false,
    };
  }

  annotation(classes) {
    const masks = {};
    for (const { name } of classes) masks[name] = this.mask(name).json();
    return { seq: this.seq, width: this.width, height: this.height, masks, regions: this.regions };
  }

  /** Answers the entry and what others did since; throws the conflict. */
  apply(edit, author) {
    const done = this.journal.find((entry) => entry.id === edit.id);
    if (done) return { seq: this.seq, missed: this.missed(edit), entry: done };
    const against = edit.force ? [] : this.contradictions(edit);
    if (against.length > 0) {
      throw new Refusal(
        409,
        "conflict",
        "Somebody else painted here",
        `${against.length} newer ${against.length === 1 ? "edit sets" : "edits set"} some of the same pixels to another value.`,
        "Keep yours, or take theirs.",
        { entries: against },
      );
    }
    const missed = this.missed(edit);
    this.seq++;
    const entry = {
      seq: this.seq,
      id: edit.id,
      client: edit.client,
      author,
      time: new Date().toISOString(),
      ops: edit.ops,
    };
    for (const op of edit.ops) this.#perform(op);
    this.journal.push(entry);
    return { seq: this.seq, missed, entry };
  }

  missed(edit) {
    return this.journal.filter((entry) => entry.seq > edit.base && entry.client !== edit.client);
  }

  contradictions(edit) {
    return this.missed(edit).filter((entry) => entry.ops.some((theirs) => edit.ops.some((mine) => contradict(mine, theirs))));
  }

  #perform(op) {
    if (op.op === "regions") {
      this.regions = op.regions;
      return;
    }
    const mask = this.mask(op.class);
    const value = names.indexOf(op.value);
    eachPixel(op.runs, (i) => {
      mask.values[i] = value;
      mask.accepted[i] = op.origin === "accepted" && value !== unknown ? 1 : 0;
      mask.setBy[i] = this.seq;
    });
  }

  evidence(project) {
    const length = this.width * this.height;
    const outside = this.#outside();
    const classes = {};
    for (const { name } of project.classes) {
      const mask = this.mask(name);
      const rivals = project.exclusive.filter((group) => group.includes(name)).flat().filter((other) => other !== name);
      const rivalMasks = rivals.map((other) => this.mask(other));
      const excluded = (i) => rivalMasks.some((rival) => rival.values[i] === positive);
      const layers = {
        "painted-positive": (i) => mask.values[i] === positive && !mask.accepted[i],
        "painted-negative": (i) => mask.values[i] === negative && !mask.accepted[i],
        "accepted-positive": (i) => mask.values[i] === positive && mask.accepted[i] === 1,
        "accepted-negative": (i) => mask.values[i] === negative && mask.accepted[i] === 1,
        excluded: (i) => mask.values[i] === unknown && excluded(i),
        outside: (i) => outside !== null && outside[i] === 1 && mask.values[i] === unknown,
        conflict: (i) => mask.values[i] === positive && excluded(i),
      };
      classes[name] = {};
      for (const [layer, holds] of Object.entries(layers)) {
        const runs = encodeRuns(length, holds);
        if (runs.length > 0) classes[name][layer] = runs;
      }
    }
    return { seq: this.seq, width: this.width, height: this.height, classes };
  }

  #outside() {
    if (this.regions.length === 0) return null;
    const outside = new Uint8Array(this.width * this.height).fill(1);
    for (let y = 0; y < this.height; y++) {
      for (let x = 0; x < this.width; x++) {
        if (this.regions.some((region) => within(region, x + 0.5, y + 0.5))) outside[y * this.width + x] = 0;
      }
    }
    return outside;
  }
}

function contradict(mine, theirs) {
  if (mine.op !== "paint" || theirs.op !== "paint") return false;
  if (mine.class !== theirs.class || mine.value === theirs.value) return false;
  let meets = false;
  const taken = new Set();
  eachPixel(theirs.runs, (i) => taken.add(i));
  eachPixel(mine.runs, (i) => (meets ||= taken.has(i)));
  return meets;
}

function within({ box, polygon }, x, y) {
  if (box) {
    const angle = (-box.rotation * Math.PI) / 180;
    const dx = x - box.x;
    const dy = y - box.y;
    const u = dx * Math.cos(angle) - dy * Math.sin(angle);
    const v = dx * Math.sin(angle) + dy * Math.cos(angle);
    return u >= 0 && v >= 0 && u < box.width && v < box.height;
  }
  let odd = false;
  for (let i = 0, k = polygon.length - 1; i < polygon.length; k = i++) {
    const [ax, ay] = polygon[i];
    const [bx, by] = polygon[k];
    if (ay > y !== by > y && x < ((bx - ax) * (y - ay)) / (by - ay) + ax) odd = !odd;
  }
  return odd;
}
