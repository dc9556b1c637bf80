import { pressedRadius } from "../geometry/taper";
import { Stroke } from "../labels/stroke";
import { LassoTool } from "./lasso";
import { IdleTool, type Bench, type Contact, type Pressing } from "./tool";

/** Brush and eraser: they differ only in what the desk says a stroke does. With shift: fills an outline instead. */
export class BrushTool extends IdleTool {
  override readonly clicks = true;
  private stroke: Stroke | null = null;
  /** The brush's, when the stroke began. */
  private radius = 0;
  private readonly lasso: LassoTool;

  constructor(private readonly bench: Bench) {
    super();
    this.lasso = new LassoTool(bench);
  }

  get busy(): boolean {
    return this.stroke !== null || this.lasso.busy;
  }

  override press(at: Contact, { shift }: Pressing): void {
    // Whoever began the last one has not let go: what is on the screen counts.
    if (this.busy) this.release();
    if (shift) return this.lasso.press(at);
    const { work, desk } = this.bench;
    work.start();
    this.radius = desk.radius;
    this.stroke = new Stroke(work.planes, desk.targets(), this.radiusAt(at), at);
  }

  private radiusAt({ pressure }: Contact): number {
    if (pressure === undefined || !this.bench.desk.pressure) return this.radius;
    return pressedRadius(this.radius, pressure);
  }

  override drag(path: readonly Contact[]): void {
    if (this.lasso.busy) return this.lasso.drag(path);
    for (const point of path) this.stroke?.moveTo(point, this.radiusAt(point));
  }

  override release(): void {
    if (this.lasso.busy) return this.lasso.release();
    if (this.stroke) this.bench.work.paint(this.stroke.end());
    this.stroke = null;
  }

  override cancel(): void {
    if (this.lasso.busy) return this.lasso.cancel();
    if (!this.stroke) return;
    this.stroke.cancel();
    this.stroke = null;
    this.bench.work.stop();
  }
}
