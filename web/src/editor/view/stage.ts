import type { Point, Size } from "../geometry/point";
import type { Rect } from "../labels/planes";
import type { Layer } from "../overlay/layer";
import { Overlay } from "../overlay/overlay";
import { Picture } from "./picture";
import { Viewport } from "./viewport";

export interface StageOptions {
  picture: HTMLCanvasElement;
  overlay: HTMLCanvasElement;
  size: Size;
  url: string;
  /** The view moved, or is there for the first time. */
  onview(view: Viewport): void;
  onpicture(failed: string | null): void;
}

/** The two canvases, and when they are drawn: once a frame at most, each only when it is out of date. */
export class Stage {
  readonly view: Viewport;
  private readonly picture: Picture;
  private readonly overlay: Overlay;
  private readonly context: CanvasRenderingContext2D;
  private pictureStale = true;
  private frame = 0;
  private measured = false;

  constructor(private readonly options: StageOptions) {
    this.view = new Viewport(options.size);
    this.context = contextOf(options.picture, { alpha: true });
    this.overlay = new Overlay(contextOf(options.overlay, { alpha: true, willReadFrequently: true }), this.view);
    this.picture = new Picture(options.url, () => this.pictureLoaded(), options.onpicture);
  }

  /** For layers that show the same until something changes. */
  replaceLayers(layers: readonly Layer[]): void {
    this.overlay.layers = layers;
  }

  setLayers(layers: readonly Layer[]): void {
    this.replaceLayers(layers);
    this.overlay.invalidate();
    this.request();
  }

  changed(rect: Rect): void {
    this.overlay.invalidateRect(rect);
    this.request();
  }

  /** Changes the view and shows it. */
  look(change: (view: Viewport) => void): void {
    change(this.view);
    this.pictureStale = true;
    this.request();
    this.options.onview(this.view);
  }

  resize(width: number, height: number, density: number): void {
    const screen = { width: Math.max(1, Math.round(width * density)), height: Math.max(1, Math.round(height * density)) };
    for (const canvas of [this.options.picture, this.options.overlay]) Object.assign(canvas, screen);
    this.overlay.forgetDrawn();
    this.look((view) => view.resize(screen, density));
    if (!this.measured) this.look((view) => view.fit());
    this.measured = true;
  }

  /** A place in CSS pixels from the stage's corner, in the picture. */
  at(css: Point): Point {
    return this.view.toPicture({ x: css.x * this.view.density, y: css.y * this.view.density });
  }

  /** RGBA of a part of the picture; null while it is loading. */
  pixels(rect: Rect): Uint8ClampedArray | null {
    return this.picture.pixels(rect, this.view.picture);
  }

  close(): void {
    cancelAnimationFrame(this.frame);
    this.picture.close();
  }

  private pictureLoaded(): void {
    this.pictureStale = true;
    this.request();
    this.options.onpicture(null);
  }

  private request(): void {
    this.frame ||= requestAnimationFrame(() => this.draw());
  }

  private draw(): void {
    this.frame = 0;
    if (this.pictureStale) this.picture.draw(this.context, this.view);
    this.pictureStale = false;
    if (!this.overlay.draw()) this.request();
  }
}

function contextOf(canvas: HTMLCanvasElement, settings: CanvasRenderingContext2DSettings): CanvasRenderingContext2D {
  const context = canvas.getContext("2d", settings);
  if (!context) throw new Error("This browser cannot draw.");
  return context;
}
