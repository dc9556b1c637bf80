/** Draws a picture around one of its pixels, with a crosshair that leaves that pixel free. */
export interface Aim {
  image: HTMLImageElement;
  /** Column and row of the pixel. */
  x: number;
  y: number;
  /** Screen pixels (of the canvas) per pixel of the picture. */
  zoom: number;
  /** Canvas pixels per CSS pixel. */
  density: number;
}

/** From here on single pixels are large enough to be shown as squares. */
const squaresFrom = 4;

export function magnify(context: CanvasRenderingContext2D, aim: Aim): void {
  const { width, height } = context.canvas;
  const { image, x, y, zoom, density } = aim;
  const middleX = Math.round(width / 2);
  const middleY = Math.round(height / 2);
  context.clearRect(0, 0, width, height);
  context.imageSmoothingEnabled = zoom < squaresFrom * density;
  context.imageSmoothingQuality = "high";
  context.drawImage(
    image,
    middleX - (x + 0.5) * zoom,
    middleY - (y + 0.5) * zoom,
    image.naturalWidth * zoom,
    image.naturalHeight * zoom,
  );
  crosshair(context, middleX, middleY, Math.max(zoom, 5 * density), density);
}

/** The whole picture with a frame about what the magnifier shows. */
export function overview(context: CanvasRenderingContext2D, aim: Aim, shown: { width: number; height: number }): void {
  const { width, height } = context.canvas;
  const { image, density } = aim;
  const scale = width / image.naturalWidth;
  context.clearRect(0, 0, width, height);
  context.imageSmoothingQuality = "high";
  context.drawImage(image, 0, 0, width, height);
  const frameWidth = Math.max(6 * density, (shown.width / aim.zoom) * scale);
  const frameHeight = Math.max(6 * density, (shown.height / aim.zoom) * scale);
  const left = (aim.x + 0.5) * scale - frameWidth / 2;
  const top = (aim.y + 0.5) * scale - frameHeight / 2;
  twoTone(context, density, () => context.strokeRect(left, top, frameWidth, frameHeight));
}

function crosshair(context: CanvasRenderingContext2D, x: number, y: number, side: number, density: number): void {
  const { width, height } = context.canvas;
  const gap = side / 2 + 14 * density;
  const reach = 64 * density;
  twoTone(context, density, () => {
    context.strokeRect(x - side / 2, y - side / 2, side, side);
    context.beginPath();
    context.moveTo(Math.max(0, x - gap - reach), y);
    context.lineTo(x - gap, y);
    context.moveTo(x + gap, y);
    context.lineTo(Math.min(width, x + gap + reach), y);
    context.moveTo(x, Math.max(0, y - gap - reach));
    context.lineTo(x, y - gap);
    context.moveTo(x, y + gap);
    context.lineTo(x, Math.min(height, y + gap + reach));
    context.stroke();
  });
}

/** White on black is seen on every picture. */
function twoTone(context: CanvasRenderingContext2D, density: number, stroke: () => void): void {
  context.lineWidth = 3.5 * density;
  context.strokeStyle = "rgb(0 0 0 / 75%)";
  stroke();
  context.lineWidth = 1.5 * density;
  context.strokeStyle = "#fff";
  stroke();
}
