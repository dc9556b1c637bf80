import type { ClassName } from "../src/api/types";

/** Soft blobs in place of a model's probabilities, no side over 512. */
export async function predictionPlanes(names: readonly ClassName[], width: number, height: number): Promise<Record<ClassName, ImageBitmap>> {
  const scale = 512 / Math.max(width, height);
  const planes = names.map(async (name, i) => [name, await plane(Math.round(width * scale), Math.round(height * scale), i)]);
  return Object.fromEntries(await Promise.all(planes));
}

function plane(width: number, height: number, k: number): Promise<ImageBitmap> {
  const image = new ImageData(width, height);
  for (let i = 0; i < width * height; i++) {
    const u = (i % width) / width;
    const v = Math.floor(i / width) / height;
    const value = 255 * probability(u, v, k);
    image.data.set([value, value, value, 255], 4 * i);
  }
  return createImageBitmap(image);
}

/** The first class in the middle row, the second above and below it, the others in spots. */
function probability(u: number, v: number, k: number): number {
  const ring = Math.hypot((u - 0.5) / 0.42, (v - 0.45) / 0.14);
  if (k === 0) return sigmoid(6 * (1 - ring) + Math.sin(u * 70));
  if (k === 1) return sigmoid(5 - 5 * Math.abs(ring - 1.9) - 1);
  return sigmoid(4 - 60 * Math.hypot(u - 0.2 * k, v - 0.45));
}

function sigmoid(x: number): number {
  return 1 / (1 + Math.exp(-x));
}
