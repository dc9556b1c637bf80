import { Refusal } from "./refusal.mjs";

const epochs = 24;
const stepsInEpoch = 8;

/** Pretends: losses fall, Dice rises, each version is a little better than the one before. */
export class TrainingWork {
  constructor(events, project, beat) {
    this.events = events;
    this.project = project;
    this.beat = beat;
    this.models = [];
    this.log = [];
    this.state = "idle";
    this.job = null;
    this.autoAfter = null;
    this.edits = 0;
    this.timer = null;
  }

  json() {
    return { state: this.state, job: this.job, error: null, auto_after: this.autoAfter, edits: this.edits };
  }

  get current() {
    return this.models.find((model) => model.current) ?? null;
  }

  counted() {
    this.edits++;
    if (this.autoAfter !== null && this.edits >= this.autoAfter && this.timer === null) this.start();
    else this.events.emit("training", this.json());
  }

  /** Classes stay as they are while somebody learns them. */
  mustRest() {
    if (this.timer !== null) throw new Refusal(409, "busy", "Busy", "A model is being trained.", "Stop it first, or wait.");
  }

  start() {
    if (this.timer !== null) {
      throw new Refusal(409, "busy", "A training is running", "Only one training runs at a time.", "Stop it first, or wait.");
    }
    const painted = this.project.cases.filter((item) => item.part === "train" && item.seq > 0);
    if (painted.length === 0) {
      throw new Refusal(
        422,
        "nothing-to-train",
        "Nothing to learn from yet",
        "No picture of the training part has paint.",
        "Paint a little of each class in one picture, and a “neither” stroke beside them.",
      );
    }
    this.edits = 0;
    this.job = {
      version: Math.max(0, ...this.models.map((model) => model.version)) + 1,
      started: new Date().toISOString(),
      cases: painted.length,
      epoch: 0,
      epochs,
      step: 0,
      steps: epochs * stepsInEpoch,
      losses: [],
      dice: [],
      seconds_left: null,
    };
    this.#say(`training version ${this.job.version} on ${painted.length} pictures`);
    this.#run();
    return this.json();
  }

  resume() {
    if (this.state !== "stopped") throw new Refusal(409, "busy", "Nothing to resume", "No training was stopped.");
    this.#say("resumed");
    this.#run();
  }

  stop() {
    if (this.timer === null) throw new Refusal(409, "busy", "Nothing runs", "There is no training to stop.");
    this.state = "stopping";
    this.events.emit("training", this.json());
  }

  #run() {
    this.state = "running";
    this.timer = setInterval(() => this.#step(), this.beat);
    this.events.emit("training", this.json());
  }

  #rest(state) {
    clearInterval(this.timer);
    this.timer = null;
    this.state = state;
  }

  #step() {
    const { job } = this;
    if (this.state === "stopping") {
      this.#rest("stopped");
      this.#say(`stopped in epoch ${Math.max(1, job.epoch)}; the work until here is kept`);
      this.events.emit("training", this.json());
      return;
    }
    job.step++;
    job.epoch = Math.ceil(job.step / stepsInEpoch);
    job.seconds_left = Math.round(((job.steps - job.step) * this.beat) / 1000);
    if (job.step % stepsInEpoch === 0) {
      const t = job.epoch / epochs;
      const ripple = Math.sin(job.epoch * 2.3 + job.version) * 0.03;
      job.losses.push(Math.max(0.03, 0.69 * Math.exp(-2.6 * t) + 0.08 / job.version + ripple));
      const dice = job.epoch < 2 ? null : Math.min(0.96, (0.72 + 0.055 * job.version) * (1 - Math.exp(-4 * t)) + ripple / 2);
      job.dice.push(dice);
      this.#say(
        `epoch ${job.epoch}/${epochs}  loss ${job.losses.at(-1).toFixed(3)}  dice ${dice === null ? "–" : dice.toFixed(3)}`,
      );
    }
    if (job.step >= job.steps) this.#finish();
    this.events.emit("training", this.json());
  }

  #finish() {
    const { job } = this;
    this.#rest("idle");
    job.seconds_left = 0;
    this.add(job.version, job.cases, new Date().toISOString(), job.dice.at(-1));
    for (const item of this.project.cases) item.lookedAt = item.seq;
    this.#say(`version ${job.version} is in use`);
    this.events.emit("model", { version: job.version });
  }

  add(version, cases, time, mean) {
    const dice = {};
    this.project.classes.forEach(({ name }, i) => (dice[name] = Math.min(0.98, mean + (i % 2 ? 0.025 : -0.025))));
    for (const model of this.models) model.current = false;
    this.models.unshift({ version, time, cases, epochs, dice, mean_dice: mean, current: true });
  }

  use(version) {
    if (!this.models.some((model) => model.version === version)) {
      throw new Refusal(404, "not-found", "No such version", `There is no model version ${version}.`);
    }
    for (const model of this.models) model.current = model.version === version;
    this.events.emit("model", { version });
    return this.models;
  }

  #say(line) {
    this.log.push({ time: new Date().toISOString(), line });
    this.events.emit("log", this.log.at(-1));
  }
}
