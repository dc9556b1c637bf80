import * as api from "../api/client";
import type { LogLine, Model, Training } from "../api/types";
import type { Attempt } from "./session.svelte";

const linesKept = 400;

export class Learning {
  training = $state.raw<Training | null>(null);
  models = $state.raw<Model[]>([]);
  log = $state.raw<LogLine[]>([]);
  busy = $state(false);

  readonly #attempt: Attempt;

  constructor(attempt: Attempt) {
    this.#attempt = attempt;
  }

  current = $derived(this.models.find((model) => model.current) ?? null);
  running = $derived(this.training?.state === "running" || this.training?.state === "stopping");

  async load(): Promise<void> {
    const loaded = await Promise.all([api.getTraining(), api.getModels(), api.getTrainingLog()]);
    [this.training, this.models, this.log] = loaded;
  }

  start(): Promise<void> {
    return this.#act(async () => {
      this.training = await api.startTraining();
    });
  }

  stop(): Promise<void> {
    return this.#act(() => api.stopTraining());
  }

  resume(): Promise<void> {
    return this.#act(() => api.resumeTraining());
  }

  startAfter(edits: number | null): Promise<void> {
    return this.#act(async () => {
      this.training = await api.setAutoTraining(edits);
    });
  }

  use(version: number): Promise<void> {
    return this.#act(async () => {
      this.models = await api.setCurrentModel(version);
    });
  }

  changed(training: Training): void {
    this.training = training;
  }

  said(line: LogLine): void {
    this.log = [...this.log.slice(1 - linesKept), line];
  }

  async modelChanged(): Promise<void> {
    await this.#attempt(async () => {
      this.models = await api.getModels();
    });
  }

  async #act(work: () => Promise<void>): Promise<void> {
    if (this.busy) return;
    this.busy = true;
    await this.#attempt(work);
    this.busy = false;
  }
}
