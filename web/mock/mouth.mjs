import { lumps, random } from "./random.mjs";

export const none = 0;
export const gum = 1;
export const teeth = 2;

/** A drawn mouth: what each pixel is, and a picture of it. */
export function mouth(seed, width, height) {
  const next = random(seed * 7919 + 11);
  const tilt = (next() - 0.5) * 0.22;
  const opening = 0.06 + next() * 0.16;
  const toothWidth = 0.15 + next() * 0.05;
  const phase = next() * toothWidth;
  const warmth = next();
  const cx = width * (0.48 + next() * 0.04);
  const cy = height * (0.47 + next() * 0.06);
  const scale = Math.min(width / 2.15, height / 1.5);
  const cos = Math.cos(tilt) / scale;
  const sin = Math.sin(tilt) / scale;
  const broad = lumps(seed * 31 + 1, width, height, 90);
  const fine = lumps(seed * 31 + 2, width, height, 7);
  const labels = new Uint8Array(width * height);
  const pixels = new Uint8Array(width * height * 3);

  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const u = (x - cx) * cos + (y - cy) * sin;
      const v = (y - cy) * cos - (x - cx) * sin;
      const at = y * width + x;
      const { label, colour } = describe(u, v, opening, toothWidth, phase);
      labels[at] = label;
      const light = 1 - 0.16 * (u * u) + 0.09 * broad(x, y) + 0.05 * fine(x, y) + (next() - 0.5) * 0.035;
      pixels[at * 3] = clamp(colour[0] * light + warmth * 5);
      pixels[at * 3 + 1] = clamp(colour[1] * light);
      pixels[at * 3 + 2] = clamp(colour[2] * light - warmth * 5);
    }
  }
  return { labels, pixels };
}

function describe(u, v, opening, toothWidth, phase) {
  const lips = (u / 1.02) ** 2 + (v / 0.74) ** 2;
  if (lips > 1.16) return { label: none, colour: [206, 160, 138] };
  if (lips > 1) return { label: none, colour: blend([196, 118, 112], [206, 160, 138], (lips - 1) / 0.16) };
  const inner = (u / 0.93) ** 2 + (v / 0.62) ** 2;
  if (inner > 1) return { label: none, colour: blend([150, 62, 66], [196, 118, 112], (inner - 1) / 0.3) };
  const upper = v < 0.02 * u;
  const side = upper ? -1 : 1;
  const depth = side * v - opening * (1 - u * u) * 0.5;
  if (depth < 0) return { label: none, colour: [46, 20, 24] };
  const own = upper ? toothWidth : toothWidth * 0.8;
  const place = (((u + phase) % own) + own) % own;
  const across = Math.abs(place / own - 0.5) * 2;
  const length = (upper ? 0.3 : 0.25) * (1 - 0.32 * u * u) - 0.045 * across ** 2.5;
  if (depth < length) {
    const edge = across > 0.9 ? 0.8 : 1;
    const shade = edge * (0.86 + 0.14 * (depth / length)) * (1 - 0.25 * u * u);
    return { label: teeth, colour: [236 * shade, 226 * shade, 198 * shade] };
  }
  const band = 0.17 * (1 - 0.45 * u * u);
  if (depth < length + band) {
    const rise = (depth - length) / band;
    return { label: gum, colour: blend([214, 120, 122], [186, 84, 90], rise) };
  }
  return { label: none, colour: [150, 58, 64] };
}

function blend(a, b, t) {
  const k = Math.max(0, Math.min(1, t));
  return [a[0] + (b[0] - a[0]) * k, a[1] + (b[1] - a[1]) * k, a[2] + (b[2] - a[2]) * k];
}

function clamp(value) {
  return Math.max(0, Math.min(255, Math.round(value)));
}
