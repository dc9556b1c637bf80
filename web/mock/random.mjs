/** A small seeded generator (mulberry32), so that every start of the mock shows the same. */
export function random(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/** Smooth noise in about −1…1 over a picture; `size` is the width of its lumps in pixels. */
export function lumps(seed, width, height, size) {
  const next = random(seed);
  const across = Math.ceil(width / size) + 2;
  const down = Math.ceil(height / size) + 2;
  const knots = Float32Array.from({ length: across * down }, () => next() * 2 - 1);
  const ease = (t) => t * t * (3 - 2 * t);
  return (x, y) => {
    const gx = x / size;
    const gy = y / size;
    const ix = Math.floor(gx);
    const iy = Math.floor(gy);
    const tx = ease(gx - ix);
    const ty = ease(gy - iy);
    const at = iy * across + ix;
    const top = knots[at] + (knots[at + 1] - knots[at]) * tx;
    const bottom = knots[at + across] + (knots[at + across + 1] - knots[at + across]) * tx;
    return top + (bottom - top) * ty;
  };
}
