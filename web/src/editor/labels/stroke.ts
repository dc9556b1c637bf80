import { discRuns } from "../geometry/brush";
import type { Point } from "../geometry/point";
import { taperedRuns, type Dab } from "../geometry/taper";
import { ChangeLog, type Change } from "./change";
import type { LabelPlanes } from "./planes";
import { paintTargets, type Target } from "./target";

/** One stroke of the brush or eraser, painted as it goes. */
export class Stroke {
  private readonly log = new ChangeLog();
  private last: Dab;

  constructor(
    private readonly planes: LabelPlanes,
    private readonly targets: readonly Target[],
    private readonly radius: number,
    start: Point,
  ) {
    this.last = { ...start, radius };
    this.log.add(paintTargets(planes, targets, discRuns(start, radius, planes)));
  }

  moveTo({ x, y }: Point, radius = this.radius): void {
    const dab = { x, y, radius };
    for (const runs of taperedRuns(this.last, dab, this.planes)) this.log.add(paintTargets(this.planes, this.targets, runs));
    this.last = dab;
  }

  end(): Change[] {
    return this.log.changes();
  }

  cancel(): void {
    this.planes.undo(this.end());
  }
}
