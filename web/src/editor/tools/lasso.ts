import { distance, type Point } from "../geometry/point";
import { polygonRuns } from "../geometry/polygon";
import { paintTargets } from "../labels/target";
import { IdleTool, type Bench } from "./tool";

/** Fills a closed outline drawn by hand. */
export class LassoTool extends IdleTool {
  private points: Point[] = [];

  constructor(private readonly bench: Bench) {
    super();
  }

  get busy(): boolean {
    return this.points.length > 0;
  }

  override press(at: Point): void {
    if (this.busy) this.release();
    this.points = [at];
    this.bench.work.start();
    this.show();
  }

  override drag(path: readonly Point[]): void {
    const apart = this.bench.reach(1);
    for (const point of path) if (distance(point, this.points[this.points.length - 1]) >= apart) this.points.push(point);
    this.show();
  }

  override release(): void {
    const { work, desk } = this.bench;
    const runs = this.points.length < 3 ? [] : polygonRuns(this.points, work.planes);
    work.paint(paintTargets(work.planes, desk.targets(), runs));
    this.clear();
  }

  override cancel(): void {
    if (this.busy) this.bench.work.stop();
    this.clear();
  }

  private clear(): void {
    this.points = [];
    this.bench.desk.draft = null;
  }

  private show(): void {
    this.bench.desk.draft = { points: [...this.points], closed: true, freehand: true };
  }
}
