import type { Size } from "../geometry/point";
import type { Rect } from "../labels/planes";

/** The picture's own pixels, whatever the screen makes of them. */
export class PixelReader {
  private context: OffscreenCanvasRenderingContext2D | null = null;

  /** RGBA, row by row. */
  read(bitmap: ImageBitmap, picture: Size, { x0, y0, x1, y1 }: Rect): Uint8ClampedArray | null {
    const [width, height] = [x1 - x0, y1 - y0];
    const context = this.sized(width, height);
    if (!context) return null;
    const [across, down] = [bitmap.width / picture.width, bitmap.height / picture.height];
    context.clearRect(0, 0, width, height);
    context.drawImage(bitmap, x0 * across, y0 * down, width * across, height * down, 0, 0, width, height);
    return context.getImageData(0, 0, width, height).data;
  }

  private sized(width: number, height: number): OffscreenCanvasRenderingContext2D | null {
    this.context ??= new OffscreenCanvas(width, height).getContext("2d", { willReadFrequently: true });
    const canvas = this.context?.canvas;
    if (canvas && (canvas.width !== width || canvas.height !== height)) Object.assign(canvas, { width, height });
    return this.context;
  }
}
