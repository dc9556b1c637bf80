import { distance, type Point } from "../geometry/point";
import type { Stage } from "../view/stage";

/** Two fingers: move and zoom at once. */
export class Pinch {
  private readonly places = new Map<number, Point>();

  constructor(private readonly stage: Stage) {}

  get fingers(): number {
    return this.places.size;
  }

  /** Answers whether this is the second finger. */
  down(id: number, at: Point): boolean {
    this.places.set(id, at);
    return this.places.size === 2;
  }

  up(id: number): void {
    this.places.delete(id);
  }

  clear(): void {
    this.places.clear();
  }

  move(id: number, at: Point): void {
    const other = [...this.places].find(([each]) => each !== id)?.[1];
    const before = this.places.get(id);
    if (!before) return;
    this.places.set(id, at);
    if (!other) return;
    const from = middle(before, other);
    const to = middle(at, other);
    const factor = distance(at, other) / Math.max(distance(before, other), 1);
    this.stage.look((view) => {
      view.zoomTo(view.scale * factor, { x: from.x * view.density, y: from.y * view.density });
      view.pan((to.x - from.x) * view.density, (to.y - from.y) * view.density);
    });
  }
}

function middle(a: Point, b: Point): Point {
  return { x: (a.x + b.x) / 2, y: (a.y + b.y) / 2 };
}
