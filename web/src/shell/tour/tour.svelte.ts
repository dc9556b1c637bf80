import { isPrediction } from "../../editor";
import { remember, remembered } from "../memory";
import type { Session } from "../session.svelte";
import { doneBy, stepsFor, type Doings, type Step, type Words } from "./steps";

/** Whether it was ended: then it begins by itself nowhere. */
const KEY = "tour";
const OVER = "over";

/** Leads through the first round of painting, training and correcting, by what is really done. */
export class Tour {
  readonly #session: Session;
  /** Name of the step; null: nobody is led. */
  #at = $state<string | null>(null);
  #done = $state.raw<Partial<Doings>>({});
  #models = 0;
  #picture: string | null = null;

  constructor(session: Session) {
    this.#session = session;
  }

  readonly steps: readonly Step[] = $derived.by(() => stepsFor(this.#session.may));
  readonly index = $derived.by(() => this.steps.findIndex(({ name }) => name === this.#at));
  /** Whether there is something to lead through. */
  readonly ready = $derived.by(() => {
    const { project, pictures, verifying } = this.#session;
    return project !== null && project.classes.length > 0 && pictures.current !== null && verifying.active === null;
  });
  /** Null while nobody is led. */
  readonly step: Step | null = $derived.by(() => (this.ready ? (this.steps[this.index] ?? null) : null));

  readonly doings: Doings = $derived.by(() => {
    const { learning, view, verifying, pictures } = this.#session;
    return {
      painted: false,
      denied: false,
      drew: false,
      judged: false,
      ...this.#done,
      turned: pictures.selected !== this.#picture,
      training: learning.running,
      learnt: learning.models.length > this.#models,
      model: learning.current !== null,
      looking: isPrediction(view.layers.ground) && learning.current !== null,
      tab: view.tab,
      verifying: verifying.active !== null,
      helped: view.help !== null,
    };
  });

  readonly words: Words = $derived.by(() => ({
    subject: this.#session.project?.classes[0]?.name ?? "",
    single: this.#session.project?.classes.length === 1,
    demo: this.#session.project?.demo ?? false,
  }));

  /** Once the page is there: goes on where it was, or begins by itself over drawn pictures. */
  open(): void {
    const kept = remembered(this.#place, this.#over ? "session" : "always");
    if (kept !== null && this.steps.some(({ name }) => name === kept)) this.#go(kept);
    else if (!this.#over && this.#session.project?.demo) this.start();
  }

  start(): void {
    this.#go(this.steps[0]!.name);
  }

  next(): void {
    const next = this.steps[this.index + 1];
    if (next) this.#go(next.name, false);
    else this.#finish();
  }

  back(): void {
    const former = this.steps[this.index - 1];
    // What was done stays done: it must not lead forward again at once.
    if (former) this.#go(former.name);
  }

  /** It does not begin by itself again. */
  end(): void {
    this.#at = null;
    remember(KEY, OVER);
    remember(this.#place, OVER, "session");
  }

  #finish(): void {
    this.end();
    this.#session.notices.note("That was the tour", "Help (F1) starts it again.");
  }

  /** After each change: over what is done already, to what is not. */
  follow(): void {
    while (this.steps[this.index]?.done(this.doings)) this.next();
  }

  heard(entry: Parameters<typeof doneBy>[0] & { client: string }): void {
    if (this.#at !== null && entry.client === this.#session.client) this.#done = { ...this.#done, ...doneBy(entry) };
  }

  #go(name: string, afresh = true): void {
    if (afresh) this.#forget();
    this.#at = name;
    // Who ended it and asks for it again is led once more, not from now on.
    remember(this.#place, name, this.#over ? "session" : "always");
    this.#done = { ...this.#done, ...this.steps.find((step) => step.name === name)?.anew };
  }

  get #over(): boolean {
    // Whoever closed the greeting that was here before the tour has seen what it shows.
    return remembered(KEY) === OVER || remembered("welcomed") !== null;
  }

  /** Where its step is kept: one folder's, and in a team one person's. */
  get #place(): string {
    const { project } = this.#session;
    return [KEY, project?.id, ...(project?.team ? [project.person] : [])].join(".");
  }

  #forget(): void {
    const { learning, pictures } = this.#session;
    this.#done = {};
    this.#models = learning.models.length;
    this.#picture = pictures.selected;
  }
}
