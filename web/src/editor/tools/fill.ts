import { cropToDisc, flood, partRuns, similarColors, type PartMask } from "../geometry/flood";
import type { Point } from "../geometry/point";
import type { Rect } from "../labels/planes";
import { countPixels } from "../labels/runs";
import { paintTargets } from "../labels/target";
import { closeAtPaint, type Refusal } from "../labels/walls";
import { IdleTool, type Bench } from "./tool";

/** Picture pixels around the click: a fill must not run off to where nobody looks. */
const FARTHEST = 512;
/** Milliseconds without a move after which it is shown what a click would fill. */
const REST = 60;

const REFUSED: Record<Refusal, string> = {
  opposite: "Painted otherwise here: a fill overwrites nothing",
  "nothing to erase": "Nothing is painted here",
};

/** Fills what has a similar colour around a click, as far as paint, the screen or the farthest distance. */
export class FillTool extends IdleTool {
  override readonly clicks = true;
  override readonly holds = false;
  private pressed: Point | null = null;
  private over: Point | null = null;
  private resting = 0;

  constructor(private readonly bench: Bench) {
    super();
  }

  get busy(): boolean {
    return this.pressed !== null;
  }

  override press(at: Point): void {
    this.pressed = at;
  }

  /** Only now, because a first finger may become a pinch. */
  override release(): void {
    const at = this.pressed;
    this.cancel();
    if (at) this.fill(at);
  }

  override hover(at: Point): void {
    this.over = at;
    clearTimeout(this.resting);
    this.resting = setTimeout(() => this.preview(at), REST) as unknown as number;
  }

  override refresh(): void {
    if (this.over) this.hover(this.over);
  }

  override leave(): void {
    clearTimeout(this.resting);
    this.over = null;
    this.bench.preview(null);
  }

  override cancel(): void {
    this.pressed = null;
    this.leave();
  }

  private preview(at: Point): void {
    const found = this.from(at);
    this.bench.preview(typeof found === "string" ? null : found);
  }

  private fill(at: Point): void {
    const { work, desk } = this.bench;
    const found = this.from(at);
    if (!found) return;
    if (typeof found === "string") return desk.say(REFUSED[found]);
    const runs = partRuns(found, work.planes.width);
    work.paint(paintTargets(work.planes, desk.targets(), runs));
    desk.say(`${desk.stroke()}: ${countPixels(runs)} pixels filled`);
  }

  private from(at: Point): PartMask | Refusal | null {
    const { work, desk } = this.bench;
    const rect = around(at, this.bench.visible());
    const [x, y] = [Math.floor(at.x), Math.floor(at.y)];
    const rgba = contains(rect, x, y) && this.bench.pixels(rect);
    if (!rgba) return null;
    const width = rect.x1 - rect.x0;
    const seed = (y - rect.y0) * width + x - rect.x0;
    const open = { rect, data: similarColors(rgba, seed, desk.tolerance) };
    cropToDisc(open, at, FARTHEST);
    return closeAtPaint(open, work.planes, desk.targets(), at) ?? { rect, data: flood(open.data, width, seed) };
  }
}

function around({ x, y }: Point, within: Rect): Rect {
  return {
    x0: Math.max(within.x0, Math.floor(x - FARTHEST)),
    y0: Math.max(within.y0, Math.floor(y - FARTHEST)),
    x1: Math.min(within.x1, Math.ceil(x + FARTHEST)),
    y1: Math.min(within.y1, Math.ceil(y + FARTHEST)),
  };
}

function contains({ x0, y0, x1, y1 }: Rect, x: number, y: number): boolean {
  return x >= x0 && x < x1 && y >= y0 && y < y1;
}
