export type Rgb = readonly [number, number, number];

/** A pixel as it lies in an ImageData on a little-endian machine, which is every one that runs a browser. */
export function word([red, green, blue]: Rgb, alpha: number): number {
  return ((Math.round(alpha * 255) << 24) | (blue << 16) | (green << 8) | red) >>> 0;
}

export function mix(a: Rgb, b: Rgb, share: number): Rgb {
  const channel = (i: 0 | 1 | 2) => Math.round(a[i] + (b[i] - a[i]) * share);
  return [channel(0), channel(1), channel(2)];
}

export function css([red, green, blue]: Rgb): string {
  return `rgb(${red} ${green} ${blue})`;
}

/** Colours along a scale, from the first stop to the last, `count` of them. */
export function ramp(stops: readonly (readonly [Rgb, number])[], count: number): Uint32Array {
  return Uint32Array.from({ length: count }, (_, i) => {
    const at = (i / (count - 1)) * (stops.length - 1);
    const from = stops[Math.floor(at)];
    const to = stops[Math.ceil(at)];
    const share = at - Math.floor(at);
    return word(mix(from[0], to[0], share), from[1] + (to[1] - from[1]) * share);
  });
}
