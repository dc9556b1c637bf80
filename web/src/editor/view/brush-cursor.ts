import type { Point } from "../geometry/point";

/** The ring that shows what the brush would cover. Moved by transform alone, so that the page is not laid out. */
export class BrushCursor {
  private at: Point | null = null;
  private diameter = 0;

  constructor(private readonly element: HTMLElement) {}

  /** CSS pixels. */
  resize(diameter: number): void {
    this.diameter = Math.max(diameter, 3);
    this.element.style.width = `${this.diameter}px`;
    this.element.style.height = `${this.diameter}px`;
    this.show();
  }

  move(at: Point | null): void {
    this.at = at;
    this.show();
  }

  private show(): void {
    const { style } = this.element;
    if (!this.at) style.visibility = "hidden";
    else {
      style.visibility = "visible";
      style.transform = `translate(${this.at.x - this.diameter / 2}px, ${this.at.y - this.diameter / 2}px)`;
    }
  }
}
