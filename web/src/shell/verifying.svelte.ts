import * as api from "../api/client";
import type { Answer, AnsweredPoint, Verification } from "../api/types";
import type { Attempt } from "./session.svelte";

export class Verifying {
  rounds = $state.raw<Verification[]>([]);
  /** The round that is being answered; it takes over the middle of the page. */
  active = $state.raw<Verification | null>(null);
  /** What is answered of it, oldest first. */
  history = $state.raw<AnsweredPoint[]>([]);
  /** How far the person went back; 0: at the next unanswered point. */
  back = $state(0);
  busy = $state(false);
  /** The model looks at every held-back picture before it is known where to ask. */
  drawing = $state(false);

  readonly #attempt: Attempt;

  constructor(attempt: Attempt) {
    this.#attempt = attempt;
  }

  point = $derived(this.back > 0 ? this.history[this.history.length - this.back]!.point : (this.active?.next ?? null));
  /** While correcting: what was said the first time. */
  former = $derived(this.back > 0 ? this.history[this.history.length - this.back]!.answer : null);
  unfinished = $derived(this.rounds.find((round) => round.next !== null) ?? null);
  /** For plots: oldest first, one a model, the newest where one was verified twice. */
  measured = $derived.by(() => {
    const byVersion = new Map<number, Verification>();
    for (const round of [...this.rounds].reverse()) if (round.estimates) byVersion.set(round.version, round);
    return [...byVersion.values()].sort((a, b) => a.version - b.version);
  });

  async load(): Promise<void> {
    this.rounds = await api.getVerifications();
    const { active } = this;
    if (active) this.active = this.rounds.find((round) => round.id === active.id) ?? null;
  }

  async start(points?: number): Promise<void> {
    await this.#act(async () => {
      this.drawing = true;
      this.#enter(await api.startVerification(points), []);
    });
    this.drawing = false;
  }

  async resume(id: string): Promise<void> {
    await this.#act(async () => {
      this.#enter(...(await Promise.all([api.getVerification(id), api.getAnswers(id)])));
    });
  }

  async answer(answer: Answer): Promise<void> {
    const { active, point, back } = this;
    if (!active || !point) return;
    await this.#act(async () => {
      this.#keep(await api.answerPoint(active.id, point.index, answer));
      if (back > 0) {
        this.history = this.history.with(this.history.length - back, { point, answer });
        this.back = back - 1;
      } else {
        this.history = [...this.history, { point, answer }];
      }
    });
  }

  stepBack(): void {
    if (!this.busy) this.back = Math.min(this.back + 1, this.history.length);
  }

  stepForward(): void {
    this.back = Math.max(0, this.back - 1);
  }

  leave(): void {
    this.active = null;
    this.history = [];
    this.back = 0;
  }

  #enter(round: Verification, answered: AnsweredPoint[]): void {
    this.history = answered;
    this.back = 0;
    this.#keep(round);
  }

  #keep(round: Verification): void {
    this.active = round;
    const known = this.rounds.some((old) => old.id === round.id);
    this.rounds = known ? this.rounds.map((old) => (old.id === round.id ? round : old)) : [round, ...this.rounds];
  }

  /** A second press of a key while the first is on its way must not answer the next point. */
  async #act(work: () => Promise<void>): Promise<void> {
    if (this.busy) return;
    this.busy = true;
    await this.#attempt(work);
    this.busy = false;
  }
}
