import { baselineBox, boxCorners, uprightBox } from "../geometry/box";
import { distance, inside, type Point } from "../geometry/point";
import { addRegion, IdleTool, type Bench } from "./tool";

/** Narrower boxes are slips of the hand: CSS pixels. */
const LEAST = 4;

/** From corner to corner. */
export class BoxTool extends IdleTool {
  private corner: Point | null = null;

  constructor(private readonly bench: Bench) {
    super();
  }

  get busy(): boolean {
    return this.corner !== null;
  }

  override press(at: Point): void {
    this.corner = inside(at, this.bench.work.planes);
    this.drag([at]);
  }

  override drag(path: readonly Point[]): void {
    if (this.corner) this.bench.desk.draft = { points: boxCorners(this.boxTo(this.corner, path[path.length - 1])), closed: true };
  }

  override release(at: Point): void {
    if (!this.corner) return;
    const box = this.boxTo(this.corner, at);
    this.cancel();
    if (Math.min(box.width, box.height) >= this.bench.reach(LEAST)) addRegion(this.bench, { box });
  }

  override cancel(): void {
    this.corner = null;
    this.bench.desk.draft = null;
  }

  private boxTo(corner: Point, at: Point) {
    return uprightBox(corner, inside(at, this.bench.work.planes));
  }
}

/** First the line along one side, then, at any place, how far the other side is. */
export class RotatedBoxTool extends IdleTool {
  private from: Point | null = null;
  private to: Point | null = null;

  constructor(private readonly bench: Bench) {
    super();
  }

  get busy(): boolean {
    return this.from !== null;
  }

  override press(at: Point): void {
    if (this.from && this.to) return this.close(this.from, this.to, at);
    this.from = at;
    this.drag([at]);
  }

  override drag(path: readonly Point[]): void {
    if (this.from && !this.to) this.bench.desk.draft = { points: [this.from, path[path.length - 1]], closed: false };
  }

  override release(at: Point): void {
    if (!this.from || this.to) return;
    if (distance(this.from, at) < this.bench.reach(LEAST)) return this.cancel();
    this.to = at;
    this.bench.desk.say("Now the width: move away from the line, then click or press Enter");
  }

  override hover(at: Point): void {
    if (this.from && this.to) this.bench.desk.draft = { points: boxCorners(baselineBox(this.from, this.to, at)), closed: true };
  }

  override cancel(): void {
    this.from = null;
    this.to = null;
    this.bench.desk.draft = null;
  }

  private close(from: Point, to: Point, at: Point): void {
    const box = baselineBox(from, to, at);
    if (box.height < this.bench.reach(LEAST)) return;
    this.cancel();
    addRegion(this.bench, { box });
  }
}
