import { clamp } from "./geometry/point";

/** How bright the picture is shown, and how much its tones are spread about the middle: factors. Its data stay. */
export interface Tone {
  readonly brightness: number;
  readonly contrast: number;
}

export const PLAIN_TONE: Tone = { brightness: 1, contrast: 1 };

/** In steps of doubling, on both sides of 1. */
export const TONE_RANGE = 2;

export function isPlain({ brightness, contrast }: Tone): boolean {
  return brightness === 1 && contrast === 1;
}

/** For CSS; nothing for the plain tone, so that the browser has nothing to do. */
export function toneFilter(tone: Tone): string {
  return isPlain(tone) ? "" : `brightness(${tone.brightness}) contrast(${tone.contrast})`;
}

export function writeTone({ brightness, contrast }: Tone): string {
  return `${brightness} ${contrast}`;
}

/** What was written, as far as it can be read. */
export function readTone(text: string | null): Tone {
  const [brightness, contrast] = (text ?? "").split(" ").map(Number);
  return { brightness: factor(brightness), contrast: factor(contrast) };
}

function factor(value: number | undefined): number {
  return value && Number.isFinite(value) ? clamp(value, 2 ** -TONE_RANGE, 2 ** TONE_RANGE) : 1;
}
