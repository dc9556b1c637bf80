import { clamp, type Point, type Size } from "../geometry/point";
import type { Rect } from "../labels/planes";

const MOST_ZOOM = 40;
/** Of the picture, how much stays on the screen when it is pushed aside: device pixels. */
const KEPT_ON_SCREEN = 48;
const FIT_MARGIN = 16;

/**
 * Which part of the picture is on the screen. Everything is in device pixels, and the picture's corner is always on a
 * whole one, so that what was drawn can be moved without being drawn again.
 */
export class Viewport {
  /** Device pixels per picture pixel. */
  scale = 1;
  /** Where the picture's top left corner is. */
  left = 0;
  top = 0;
  screen: Size = { width: 1, height: 1 };
  /** Device pixels per CSS pixel. */
  density = 1;

  constructor(readonly picture: Size) {}

  get fitScale(): number {
    const width = Math.max(this.screen.width - 2 * FIT_MARGIN * this.density, 1);
    const height = Math.max(this.screen.height - 2 * FIT_MARGIN * this.density, 1);
    return Math.min(width / this.picture.width, height / this.picture.height);
  }

  toPicture(screen: Point): Point {
    return { x: (screen.x - this.left) / this.scale, y: (screen.y - this.top) / this.scale };
  }

  toScreen(picture: Point): Point {
    return { x: picture.x * this.scale + this.left, y: picture.y * this.scale + this.top };
  }

  /** A picture that is seen whole stays so; of another one the middle stays. */
  resize(screen: Size, density: number): void {
    const { whole } = this;
    const centre = this.toPicture(this.middle);
    this.scale *= density / this.density;
    this.density = density;
    this.screen = screen;
    if (whole) this.fit();
    else this.centreOn(centre);
  }

  /** As `fit` leaves it. */
  get whole(): boolean {
    const { width, height } = this.picture;
    const at = (screen: number, own: number) => Math.round(screen / 2 - (own / 2) * this.scale);
    return this.scale === this.fitScale && this.left === at(this.screen.width, width) && this.top === at(this.screen.height, height);
  }

  fit(): void {
    this.scale = this.fitScale;
    this.centreOn({ x: this.picture.width / 2, y: this.picture.height / 2 });
  }

  pan(dx: number, dy: number): void {
    this.place(this.left + dx, this.top + dy);
  }

  /** Changes the scale so that the same picture pixel stays under the given place of the screen. */
  zoomTo(scale: number, anchor: Point = this.middle): void {
    const fixed = this.toPicture(anchor);
    this.scale = clamp(scale, this.fitScale / 4, MOST_ZOOM * this.density);
    this.place(anchor.x - fixed.x * this.scale, anchor.y - fixed.y * this.scale);
  }

  centreOn(picture: Point): void {
    const { x, y } = this.middle;
    this.place(x - picture.x * this.scale, y - picture.y * this.scale);
  }

  /** Moves the view no more than needed for the place to be on the screen. */
  reveal(picture: Point, margin: number): void {
    const { x, y } = this.toScreen(picture);
    const dx = clamp(x, margin, this.screen.width - margin) - x;
    const dy = clamp(y, margin, this.screen.height - margin) - y;
    if (dx || dy) this.pan(dx, dy);
  }

  /** What of the picture is on the screen. */
  get visible(): Rect {
    const from = this.toPicture({ x: 0, y: 0 });
    const to = this.toPicture({ x: this.screen.width, y: this.screen.height });
    return {
      x0: Math.max(Math.floor(from.x), 0),
      y0: Math.max(Math.floor(from.y), 0),
      x1: Math.min(Math.ceil(to.x), this.picture.width),
      y1: Math.min(Math.ceil(to.y), this.picture.height),
    };
  }

  get middle(): Point {
    return { x: this.screen.width / 2, y: this.screen.height / 2 };
  }

  private place(left: number, top: number): void {
    const width = this.picture.width * this.scale;
    const height = this.picture.height * this.scale;
    this.left = Math.round(clamp(left, KEPT_ON_SCREEN - width, this.screen.width - KEPT_ON_SCREEN));
    this.top = Math.round(clamp(top, KEPT_ON_SCREEN - height, this.screen.height - KEPT_ON_SCREEN));
  }
}
