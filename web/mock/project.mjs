import { Case } from "./case.mjs";
import { encodeRuns } from "./mask.mjs";
import { areaAround, picture, truth } from "./prediction.mjs";
import { random } from "./random.mjs";
import { Refusal } from "./refusal.mjs";
import { TrainingWork } from "./training.mjs";
import { VerificationRound } from "./verification.mjs";

const palette = [
  [222, 74, 92],
  [46, 160, 120],
  [72, 118, 220],
  [214, 140, 32],
  [150, 92, 206],
];
const sizes = [
  [900, 640],
  [820, 620],
  [960, 640],
];

/** Everything the mock holds. `state`: demo (some paint), midway (models and verifications too), empty, classes (no pictures). */
export class MockProject {
  constructor(state, events, beat) {
    this.name = state === "empty" || state === "classes" ? "New project" : "Mouths";
    this.classes = [];
    this.exclusive = [];
    this.demo = state === "demo";
    this.cases = [];
    this.events = events;
    this.training = new TrainingWork(events, this, beat);
    this.verifications = [];
    if (state !== "empty") {
      this.addClass({ name: "gum" });
      this.addClass({ name: "teeth" });
      this.exclusive = [["gum", "teeth"]];
    }
    if (state === "demo" || state === "midway") this.#fill(state === "midway");
  }

  json() {
    const { name, classes, exclusive, demo } = this;
    return { id: `mock-${name}`, name, classes, exclusive, part_of: [], author: "you", role: "expert", access: "owner", team: false, person: "you", demo, version: "0.1.0" };
  }

  addClass({ name, color }) {
    this.training.mustRest();
    if (typeof name !== "string" || !/^[\p{Alphabetic}\p{N}_-]{1,64}$/u.test(name)) {
      throw new Refusal(422, "invalid", "Not a name for a class", "Names are made of letters, digits, - and _.");
    }
    if (this.classes.some((known) => known.name === name)) {
      throw new Refusal(422, "invalid", "This class exists", `There is a class “${name}” already.`, "Choose another name.");
    }
    this.classes.push({ name, color: color ?? palette[this.classes.length % palette.length] });
  }

  recolor(name, color) {
    const known = this.classes.find((each) => each.name === name);
    if (!known) throw new Refusal(404, "not-found", "No such class", `There is no class “${name}”.`);
    known.color = color;
  }

  exclude(groups) {
    this.training.mustRest();
    this.exclusive = groups;
  }

  find(id) {
    const item = this.cases.find((known) => known.id === id);
    if (!item) throw new Refusal(404, "not-found", "No such picture", `There is no picture “${id}”.`);
    return item;
  }

  summaries() {
    return this.cases.map((item) => item.summary(this.classes)).sort((a, b) => (a.id < b.id ? -1 : 1));
  }

  addUpload(name, bytes) {
    const size = sizeOf(bytes);
    if (!size) {
      throw new Refusal(
        415,
        "invalid",
        "Not a picture",
        `“${name}” is neither a JPEG nor a PNG.`,
        "Export it as JPEG or PNG and add it again.",
      );
    }
    const id = name.replace(/\.[^.]+$/, "").replace(/[^\w-]+/g, "-") || "picture";
    if (this.cases.some((item) => item.id === id)) {
      throw new Refusal(409, "exists", "This picture is here already", `A picture “${id}” exists.`, "Rename the file to add it too.");
    }
    const part = this.cases.length % 5 === 4 ? "test" : this.cases.length % 5 === 3 ? "validation" : "train";
    const item = new Case({ id, group: null, ...size, part, seed: null, bytes });
    this.cases.push(item);
    this.events.emit("cases", {});
    return item.summary(this.classes);
  }

  edit(item, edit) {
    const { seq, missed, entry } = item.apply(edit, edit.client === "colleague" ? "a colleague" : "you");
    this.events.emit("edit", { case: item.id, entry });
    if (item.part !== "test") this.training.counted();
    return { seq, missed, entry };
  }

  decide(item, decision) {
    const area = areaAround(item, decision.class, decision.version, decision.x, decision.y);
    const own = item.mask(decision.class);
    const free = new Set(area.filter((i) => own.values[i] === 0 || own.accepted[i] === 1));
    if (free.size === 0) {
      throw new Refusal(
        422,
        "nothing-there",
        "Nothing to decide here",
        `Version ${decision.version} predicts no “${decision.class}” at this point that is not painted yet.`,
        "Point at a predicted area.",
      );
    }
    const runs = encodeRuns(item.width * item.height, (i) => free.has(i));
    const op = (name, value) => ({ op: "paint", class: name, value, origin: "accepted", runs });
    const ops =
      decision.decision === "neither"
        ? this.classes.map(({ name }) => op(name, "negative"))
        : [op(decision.class, decision.decision === "accept" ? "positive" : "negative")];
    return this.edit(item, { id: decision.id, client: decision.client, base: item.seq, ops });
  }

  queue(strategy = "foreground") {
    const known = this.summaries().filter((item) => item.part === "train" || item.part === null);
    const model = this.training.current;
    const items = known
      .map((item) => ({
        case: item.id,
        point: this.#point(item, strategy),
        score: model ? Math.round(100 * (1 - item.painted)) / 100 : null,
        why: why(item, strategy, model),
        edited: this.find(item.id).seq > this.find(item.id).lookedAt,
      }))
      .sort((a, b) => a.edited - b.edited || this.find(a.case).seq - this.find(b.case).seq || (a.case < b.case ? -1 : 1));
    return { strategy, default: "foreground", items };
  }

  verify(options) {
    const model = this.training.current;
    if (!model) {
      throw new Refusal(422, "no-model", "No model to verify", "Train once first.", "Open “Learn” and press Train.");
    }
    const round = new VerificationRound(this.verifications.length + 1, model.version, this, options);
    this.verifications.unshift(round);
    return round;
  }

  #point(item, strategy) {
    const found = this.find(item.id);
    if (found.seed === null || !this.training.current) return null;
    const next = random(found.seed + found.seq * 17 + strategy.length);
    return {
      x: Math.round(item.width * (0.3 + 0.4 * next())),
      y: Math.round(item.height * (0.35 + 0.3 * next())),
    };
  }

  #fill(midway) {
    for (let i = 0; i < 16; i++) {
      const [width, height] = sizes[i % sizes.length];
      const part = i % 5 === 4 ? "test" : i % 5 === 3 ? "validation" : "train";
      const id = `mouth-${String(i + 1).padStart(2, "0")}`;
      this.cases.push(new Case({ id, group: `patient-${1 + Math.floor(i / 2)}`, width, height, part, seed: i + 1 }));
    }
    const started = midway ? 8 : 3;
    for (const item of this.cases.slice(0, started)) this.#paint(item);
    if (!midway) return;
    const day = 86_400_000;
    [0.61, 0.74, 0.82].forEach((mean, i) =>
      this.training.add(i + 1, 3 + i * 2, new Date(Date.now() - (3 - i) * day).toISOString(), mean),
    );
    for (const version of [1, 2]) {
      this.training.use(version);
      const round = this.verify({});
      round.pretend();
      round.time = new Date(Date.now() - (3 - version) * day + 3_600_000).toISOString();
    }
    this.training.use(3);
    this.training.edits = 7;
  }

  /** As people do: a part of each class, and a little of neither. */
  #paint(item) {
    const length = item.width * item.height;
    const next = random(item.seed * 991);
    const from = item.width * (0.25 + 0.2 * next());
    const to = from + item.width * (0.18 + 0.12 * next());
    const ops = this.classes.map(({ name }) => {
      const there = truth(item, name);
      const holds = (i) => {
        const x = i % item.width;
        return x > from && x < to && there[i] === 1 && there[i - 4] === 1 && there[i + 4] === 1 && there[i - 4 * item.width] === 1;
      };
      return { op: "paint", class: name, value: "positive", runs: encodeRuns(length, holds) };
    });
    const { labels } = picture(item);
    const spot = (i) => Math.hypot((i % item.width) - item.width * 0.5, Math.floor(i / item.width) - item.height * 0.93);
    const runs = encodeRuns(length, (i) => labels[i] === 0 && spot(i) < 34);
    for (const { name } of this.classes) ops.push({ op: "paint", class: name, value: "negative", runs });
    item.apply({ id: `start-${item.id}`, client: "start", base: 0, ops }, "you");
    if (item.seed % 3 === 0) {
      const box = { x: item.width * 0.06, y: item.height * 0.12, width: item.width * 0.88, height: item.height * 0.76, rotation: 0 };
      item.regions = [{ box, author: "assistant", role: "non-expert", origin: "lacuna" }];
    }
  }
}

function why(item, strategy, model) {
  if (strategy === "random") return "Drawn at random.";
  if (!model) return item.painted > 0 ? "Painted a little; more helps." : "Nobody painted here yet.";
  if (strategy === "entropy") return "The model is unsure over a wide area here.";
  return item.painted > 0 ? "The model sees a class where nobody painted." : "Predicted structures, nothing painted yet.";
}

/** Width and height from the head of a PNG or JPEG. */
function sizeOf(bytes) {
  if (bytes.length > 24 && bytes.readUInt32BE(0) === 0x89504e47) {
    return { width: bytes.readUInt32BE(16), height: bytes.readUInt32BE(20), type: "image/png" };
  }
  if (bytes.length > 4 && bytes.readUInt16BE(0) === 0xffd8) {
    let at = 2;
    while (at + 9 < bytes.length) {
      const marker = bytes[at + 1];
      if (marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker)) {
        return { height: bytes.readUInt16BE(at + 5), width: bytes.readUInt16BE(at + 7), type: "image/jpeg" };
      }
      at += 2 + bytes.readUInt16BE(at + 2);
    }
  }
  return null;
}
