import { problemOf, RequestError } from "../../api/problem";
import type { Problem } from "../../api/types";
import type { Session } from "../session.svelte";

/** What a dialog sends: a refusal is shown in it, since it lies over the app's messages; a lost login or server ends it. */
export class Submission {
  busy = $state(false);
  problem = $state.raw<Problem | null>(null);

  constructor(private readonly session: Session) {}

  send = async (work: () => Promise<void>): Promise<void> => {
    this.busy = true;
    this.problem = null;
    try {
      await work();
    } catch (error) {
      this.problem = problemOf(error);
      if (error instanceof RequestError && (error.unauthorized || error.unreachable)) this.session.failed(error);
    }
    this.busy = false;
  };
}
