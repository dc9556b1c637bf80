import { gum, mouth, teeth } from "./mouth.mjs";
import { encodeRuns } from "./mask.mjs";
import { lumps } from "./random.mjs";

const pictures = new Map();
const maps = new Map();

export function picture(item) {
  if (!pictures.has(item.id)) pictures.set(item.id, mouth(item.seed, item.width, item.height));
  return pictures.get(item.id);
}

/** What is really there: a list of pixels with 1 where the class is. Classes we did not draw are nowhere. */
export function truth(item, name) {
  const label = name === "gum" ? gum : name === "teeth" ? teeth : -1;
  if (item.seed === null) return centre(item);
  return picture(item).labels.map((value) => (value === label ? 1 : 0));
}

/** What is really there, in the window; the server does not know it and has to look. */
export function proposal(item, { class: name, window }) {
  const there = truth(item, name);
  const within = (i) => {
    const [x, y] = [i % item.width, Math.floor(i / item.width)];
    return x >= window.x && x < window.x + window.width && y >= window.y && y < window.y + window.height;
  };
  return { suggested: encodeRuns(there.length, (i) => there[i] === 1 && within(i)), version: null };
}

/** Probabilities 0–255. A later version is nearer to the truth. */
export function probability(item, name, version) {
  const key = `${item.id}\n${name}\n${version}`;
  if (!maps.has(key)) maps.set(key, compute(item, name, version));
  return maps.get(key);
}

function compute(item, name, version) {
  const { width, height } = item;
  const radius = Math.max(3, Math.round(20 / version));
  const soft = blur(Float32Array.from(truth(item, name)), width, height, radius);
  const wobble = lumps(name.length * 101 + width + version * 13 + (item.seed ?? 7), width, height, 46);
  const doubt = 5.5 / Math.sqrt(version);
  const out = new Uint8Array(width * height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const i = y * width + x;
      const logit = (soft[i] - 0.46) * 9 + wobble(x, y) * doubt - 0.6;
      out[i] = Math.round(255 / (1 + Math.exp(-logit)));
    }
  }
  return out;
}

function centre({ width, height }) {
  const out = new Uint8Array(width * height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const u = (x / width - 0.5) / 0.3;
      const v = (y / height - 0.5) / 0.25;
      out[y * width + x] = u * u + v * v < 1 ? 1 : 0;
    }
  }
  return out;
}

function blur(from, width, height, radius) {
  const pass = (source, count, lines, step, line) => {
    const out = new Float32Array(source.length);
    for (let l = 0; l < lines; l++) {
      let sum = 0;
      const at = (i) => source[l * line + Math.max(0, Math.min(count - 1, i)) * step];
      for (let i = -radius; i <= radius; i++) sum += at(i);
      for (let i = 0; i < count; i++) {
        out[l * line + i * step] = sum / (2 * radius + 1);
        sum += at(i + radius + 1) - at(i - radius);
      }
    }
    return out;
  };
  return pass(pass(from, width, height, 1, width), height, width, width, 1);
}

/** The connected area of probability over one half around a point, as pixel numbers. */
export function areaAround(item, name, version, x, y) {
  const map = probability(item, name, version);
  const { width, height } = item;
  const first = y * width + x;
  if (map[first] < 128) return [];
  const seen = new Uint8Array(width * height);
  const stack = [first];
  const area = [];
  seen[first] = 1;
  while (stack.length > 0) {
    const i = stack.pop();
    area.push(i);
    const column = i % width;
    for (const k of [i - width, i + width, column > 0 ? i - 1 : -1, column < width - 1 ? i + 1 : -1]) {
      if (k < 0 || k >= map.length || seen[k] || map[k] < 128) continue;
      seen[k] = 1;
      stack.push(k);
    }
  }
  return area.sort((a, b) => a - b);
}
