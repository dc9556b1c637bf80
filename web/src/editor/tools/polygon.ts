import { distance, inside, type Point } from "../geometry/point";
import { addRegion, IdleTool, polygonOf, type Bench } from "./tool";

/** A click this near to the first corner closes: CSS pixels. */
const CLOSE = 8;

/** A corner a click; double click, Enter, or a click on the first corner closes it. */
export class PolygonTool extends IdleTool {
  override readonly clicks = true;
  override readonly holds = false;
  private points: Point[] = [];

  constructor(private readonly bench: Bench) {
    super();
  }

  get busy(): boolean {
    return this.points.length > 0;
  }

  override press(at: Point): void {
    const point = inside(at, this.bench.work.planes);
    if (this.points.length > 2 && distance(point, this.points[0]) < this.bench.reach(CLOSE)) return this.finish();
    const last = this.points[this.points.length - 1];
    // The second click of a double click adds nothing.
    if (!last || distance(point, last) >= this.bench.reach(2)) this.points.push(point);
    this.hover(point);
  }

  override hover(at: Point): void {
    if (this.busy) this.bench.desk.draft = { points: [...this.points, at], closed: true };
  }

  override finish(): void {
    const polygon = polygonOf(this.points);
    if (polygon.length < 3) return this.bench.desk.say("A polygon needs three corners");
    this.cancel();
    addRegion(this.bench, { polygon });
  }

  override cancel(): void {
    this.points = [];
    this.bench.desk.draft = null;
  }

  override stepBack(): void {
    this.points.pop();
    const last = this.points[this.points.length - 1];
    if (last) this.hover(last);
    else this.cancel();
  }
}
