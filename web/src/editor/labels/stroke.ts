import { discRuns, sweptRuns } from "../geometry/brush";
import type { Point } from "../geometry/point";
import { ChangeLog, type Change } from "./change";
import type { LabelPlanes } from "./planes";
import { paintTargets, type Target } from "./target";

/** One stroke of the brush or eraser, painted as it goes. */
export class Stroke {
  private readonly log = new ChangeLog();
  private last: Point;

  constructor(
    private readonly planes: LabelPlanes,
    private readonly targets: readonly Target[],
    private readonly radius: number,
    start: Point,
  ) {
    this.last = start;
    this.log.add(paintTargets(planes, targets, discRuns(start, radius, planes)));
  }

  moveTo(point: Point): void {
    const runs = sweptRuns(this.last, point, this.radius, this.planes);
    this.last = point;
    if (runs.length > 0) this.log.add(paintTargets(this.planes, this.targets, runs));
  }

  end(): Change[] {
    return this.log.changes();
  }

  cancel(): void {
    this.planes.undo(this.end());
  }
}
