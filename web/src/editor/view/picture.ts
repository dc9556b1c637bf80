import type { Size } from "../geometry/point";
import type { Rect } from "../labels/planes";
import type { PictureMessage } from "./picture.worker";
import { PixelReader } from "./pixel-reader";
import type { Viewport } from "./viewport";

/** From this many device pixels a picture pixel on, its edges are shown sharp. */
const SHARP_FROM = 3;

/** The picture in several sizes, of which the one is drawn that is just large enough. */
export class Picture {
  private readonly levels: ImageBitmap[] = [];
  private readonly reader = new PixelReader();
  private readonly worker = new Worker(new URL("./picture.worker.ts", import.meta.url), { type: "module" });

  constructor(url: string, onlevel: () => void, onfailure: (why: string) => void) {
    this.worker.onmessage = ({ data }: MessageEvent<PictureMessage>) => {
      if ("failed" in data) return onfailure(data.failed);
      this.levels[data.level] = data.bitmap;
      onlevel();
    };
    this.worker.onerror = () => onfailure("The picture could not be decoded.");
    this.worker.postMessage(new URL(url, location.href).href);
  }

  draw(context: CanvasRenderingContext2D, view: Viewport): void {
    context.clearRect(0, 0, view.screen.width, view.screen.height);
    const bitmap = this.levelFor(view);
    if (!bitmap) return;
    context.imageSmoothingEnabled = view.scale < SHARP_FROM;
    context.drawImage(bitmap, view.left, view.top, view.picture.width * view.scale, view.picture.height * view.scale);
  }

  pixels(rect: Rect, picture: Size): Uint8ClampedArray | null {
    return this.levels[0] ? this.reader.read(this.levels[0], picture, rect) : null;
  }

  close(): void {
    this.worker.terminate();
    for (const level of this.levels) level.close();
  }

  private levelFor(view: Viewport): ImageBitmap | undefined {
    const needed = view.picture.width * view.scale;
    return this.levels.findLast((level) => level.width >= needed * 0.9) ?? this.levels[0];
  }
}
