import { probability, truth } from "./prediction.mjs";
import { random } from "./random.mjs";
import { Refusal } from "./refusal.mjs";

/** A random sample of pixels of the held-back pictures, answered by a person. */
export class VerificationRound {
  constructor(number, version, project, { points = 300, seed = number }) {
    this.id = `v${number}`;
    this.version = version;
    this.time = new Date().toISOString();
    this.project = project;
    this.answers = new Map();
    const next = random(seed * 104729);
    const cases = project.cases.filter((item) => item.part === "test");
    if (cases.length === 0) {
      throw new Refusal(
        422,
        "nothing-to-verify",
        "No pictures are held back",
        "Verification asks about pictures that training never sees, and there are none.",
        "Add more pictures: some of them will be held back.",
      );
    }
    this.points = Array.from({ length: points }, (_, index) => {
      const item = cases[Math.floor(next() * cases.length)];
      const { name } = project.classes[Math.floor(next() * project.classes.length)];
      // The real server draws more where it matters and weighs for it; here half lie near the class.
      let x = Math.floor(next() * item.width);
      let y = Math.floor(next() * item.height);
      const there = truth(item, name);
      for (let tries = 0; index % 2 === 0 && tries < 40 && !there[y * item.width + x]; tries++) {
        x = Math.floor(next() * item.width);
        y = Math.floor(next() * item.height);
      }
      return { index, case: item.id, x, y, class: name };
    });
  }

  answer(index, answer) {
    if (!this.points[index]) throw new Refusal(404, "not-found", "No such point", `There is no point ${index}.`);
    if (!["yes", "no", "unsure"].includes(answer)) throw new Refusal(400, "invalid", "No such answer", String(answer));
    this.answers.set(index, answer);
  }

  /** For a start in the middle: answers as a good expert would, sometimes unsure. */
  pretend() {
    for (const point of this.points) {
      const item = this.#item(point);
      const really = truth(item, point.class)[point.y * item.width + point.x] === 1;
      this.answers.set(point.index, point.index % 29 === 0 ? "unsure" : really ? "yes" : "no");
    }
  }

  answered() {
    const given = this.points.filter((point) => this.answers.has(point.index));
    return given.map((point) => ({ point, answer: this.answers.get(point.index) }));
  }

  json() {
    return {
      id: this.id,
      version: this.version,
      time: this.time,
      points: this.points.length,
      answered: this.answers.size,
      next: this.points.find((point) => !this.answers.has(point.index)) ?? null,
      estimates: this.answers.size < 30 ? null : this.#estimates(),
    };
  }

  #item(point) {
    return this.project.cases.find((item) => item.id === point.case);
  }

  #estimates() {
    const estimates = {};
    for (const { name } of this.project.classes) {
      let hit = 0;
      let wrong = 0;
      let missing = 0;
      for (const point of this.points) {
        const answer = this.answers.get(point.index);
        if (point.class !== name || answer === undefined || answer === "unsure") continue;
        const item = this.#item(point);
        const said = probability(item, name, this.version)[point.y * item.width + point.x] >= 128;
        if (said && answer === "yes") hit++;
        else if (said) wrong++;
        else if (answer === "yes") missing++;
      }
      estimates[name] = {
        dice: interval(hit, hit + (wrong + missing) / 2),
        precision: interval(hit, hit + wrong),
        recall: interval(hit, hit + missing),
      };
    }
    return estimates;
  }
}

function interval(hits, all) {
  if (all < 5) return null;
  const p = hits / all;
  const z = 1.96;
  const middle = (p + (z * z) / (2 * all)) / (1 + (z * z) / all);
  const half = (z * Math.sqrt((p * (1 - p)) / all + (z * z) / (4 * all * all))) / (1 + (z * z) / all);
  return { value: p, low: Math.max(0, middle - half), high: Math.min(1, middle + half) };
}
