import type { Desk } from "../desk.svelte";
import { clamp, type Point } from "../geometry/point";
import type { Tool } from "../tools/tool";
import type { Stage } from "../view/stage";

/** CSS pixels a step, unless a picture pixel is larger. */
const STEP = 2;
const FAST = 12;
/** CSS pixels from the edge at which the view follows. */
const MARGIN = 40;

/** A pointer that the keyboard moves, and that holds a tool down until it is told to let go. */
export class Crosshair {
  private pressed = false;

  constructor(
    private readonly desk: Desk,
    private readonly stage: Stage,
    private readonly tool: () => Tool,
  ) {}

  get holding(): boolean {
    return this.pressed;
  }

  get place(): Point {
    return this.desk.crosshair ?? this.pixelCentre(this.stage.view.toPicture(this.stage.view.middle));
  }

  put(at: Point): void {
    this.desk.crosshair = this.pixelCentre(at);
    this.stage.look((view) => view.reveal(this.place, MARGIN * view.density));
  }

  move(dx: number, dy: number, fast: boolean): void {
    const { scale, density } = this.stage.view;
    const step = Math.max(1, Math.round(((fast ? STEP * FAST : STEP) * density) / scale));
    this.put({ x: this.place.x + dx * step, y: this.place.y + dy * step });
    if (this.pressed) this.tool().drag([this.place]);
    else this.tool().hover(this.place);
  }

  /** Presses, or lets go. */
  toggle(shift: boolean): void {
    this.put(this.place);
    if (this.pressed) this.tool().release(this.place);
    else this.tool().press(this.place, { shift });
    this.pressed = !this.pressed && this.tool().busy;
  }

  click(shift: boolean): void {
    this.put(this.place);
    this.tool().press(this.place, { shift });
    this.tool().release(this.place);
    this.forget();
  }

  /** Ends what it holds, where it is: a pointer takes over. */
  letGo(): void {
    if (this.pressed) this.tool().release(this.place);
    this.forget();
  }

  /** What it held was given up. */
  forget(): void {
    this.pressed = false;
  }

  private pixelCentre({ x, y }: Point): Point {
    const { width, height } = this.stage.view.picture;
    return { x: clamp(Math.floor(x), 0, width - 1) + 0.5, y: clamp(Math.floor(y), 0, height - 1) + 0.5 };
  }
}
