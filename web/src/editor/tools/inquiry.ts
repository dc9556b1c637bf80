/** Milliseconds without a further change after which the question is sent. */
const REST = 90;

export interface Inquirer<Q, A> {
  /** Rejects when `signal` says that nobody waits any more. */
  ask(question: Q, signal: AbortSignal): Promise<A>;
  onanswer(answer: A, question: Q): void;
  onfailure(error: unknown): void;
}

/** Asks once what is asked about rests for a moment; an answer that something changed under is dropped. */
export class Inquiry<Q, A> {
  private resting = 0;
  private asked: AbortController | null = null;

  constructor(private readonly inquirer: Inquirer<Q, A>) {}

  /** Something is waited for. */
  get open(): boolean {
    return this.resting !== 0 || this.asked !== null;
  }

  /** The question is made when it is sent. */
  put(question: () => Q): void {
    this.drop();
    this.resting = setTimeout(() => void this.send(question()), REST) as unknown as number;
  }

  drop(): void {
    clearTimeout(this.resting);
    this.resting = 0;
    this.asked?.abort();
    this.asked = null;
  }

  private async send(question: Q): Promise<void> {
    this.resting = 0;
    const mine = new AbortController();
    this.asked = mine;
    try {
      const answer = await this.inquirer.ask(question, mine.signal);
      if (this.asked === mine) this.settle(() => this.inquirer.onanswer(answer, question));
    } catch (error) {
      if (this.asked === mine) this.settle(() => this.inquirer.onfailure(error));
    }
  }

  private settle(tell: () => void): void {
    this.asked = null;
    tell();
  }
}
