import type { Point } from "../geometry/point";
import { IdleTool, type Bench } from "./tool";

/** Asks what to do with what the model says at a place; when let go, because pressing moves the focus to the stage. */
export class SuggestTool extends IdleTool {
  override readonly clicks = true;
  override readonly holds = false;
  readonly busy = false;

  constructor(private readonly bench: Bench) {
    super();
  }

  override release(at: Point): void {
    this.bench.suggest(at);
  }
}
