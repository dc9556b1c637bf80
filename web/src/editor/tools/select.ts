import type { Region } from "../../api/types";
import { distance, type Point } from "../geometry/point";
import { isOn, movedRegion, outlineOf, turnHandle, type Handle } from "../geometry/region";
import { IdleTool, type Bench } from "./tool";

/** CSS pixels. */
const HANDLE_REACH = 12;
export const TURN_AWAY = 28;

interface Grip {
  index: number;
  region: Region;
  handle: Handle;
  from: Point;
}

/** Where a region can be taken hold of, in turn: the place after this one, or the first. */
export function gripAfter(region: Region, at: Point, turnAway: number): Point {
  const grips = [...outlineOf(region), ...(region.box ? [turnHandle(region.box, turnAway)] : [])];
  // The crosshair keeps to the middles of pixels.
  const here = grips.findIndex((grip) => distance(grip, at) <= 1);
  return grips[(here + 1) % grips.length] ?? at;
}

/** Selects a region, moves it, its corners, or turns it. */
export class SelectTool extends IdleTool {
  override readonly clicks = true;
  private grip: Grip | null = null;

  constructor(private readonly bench: Bench) {
    super();
  }

  get busy(): boolean {
    return this.grip !== null;
  }

  override press(at: Point): void {
    const { work, desk } = this.bench;
    const handle = this.handleAt(at);
    if (!handle) desk.selected = this.regionAt(at);
    const region = desk.selected === null ? undefined : work.regions[desk.selected];
    if (region && !desk.owns(region)) return desk.say(`The region is ${region.author}’s: an expert can change it`);
    if (region && desk.selected !== null) this.grip = { index: desk.selected, region, handle: handle ?? { kind: "body" }, from: at };
  }

  override drag(path: readonly Point[]): void {
    if (!this.grip) return;
    const { index, region, handle, from } = this.grip;
    const to = path[path.length - 1];
    if (distance(from, to) < this.bench.reach(3) && !this.bench.desk.editing) return;
    this.bench.desk.editing = { index, region: movedRegion(region, handle, from, to) };
  }

  override release(): void {
    const { work, desk } = this.bench;
    const { editing } = desk;
    this.cancel();
    if (editing) work.setRegions(work.regions.map((region, i) => (i === editing.index ? this.signed(editing.region) : region)));
  }

  override cancel(): void {
    this.grip = null;
    this.bench.desk.editing = null;
  }

  /** Whoever moves a region answers for it from now on, also when a model drew it. */
  private signed({ box, polygon }: Region): Region {
    const { author, role } = this.bench.desk.project();
    const shape = box ? { box } : { polygon };
    return { ...shape, author, role, origin: "lacuna", time: new Date().toISOString() };
  }

  private handleAt(at: Point): Handle | null {
    const { work, desk } = this.bench;
    const region = desk.selected === null ? undefined : work.regions[desk.selected];
    if (!region) return null;
    const near = (point: Point) => distance(point, at) <= this.bench.reach(HANDLE_REACH);
    const index = outlineOf(region).findIndex(near);
    if (index >= 0) return { kind: "corner", index };
    return region.box && near(turnHandle(region.box, this.bench.reach(TURN_AWAY))) ? { kind: "turn" } : null;
  }

  private regionAt(at: Point): number | null {
    const found = this.bench.work.regions.findLastIndex((region) => isOn(region, at, this.bench.reach(6)));
    return found < 0 ? null : found;
  }
}
