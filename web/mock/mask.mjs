export const unknown = 0;
export const negative = 1;
export const positive = 2;
export const names = ["unknown", "negative", "positive"];

export function encodeRuns(length, holds) {
  const runs = [];
  for (let i = 0; i < length; i++) {
    if (!holds(i)) continue;
    const start = i;
    while (i < length && holds(i)) i++;
    runs.push(start, i - start);
  }
  return runs;
}

export function eachPixel(runs, visit) {
  for (let i = 0; i + 1 < runs.length; i += 2) {
    for (let k = 0; k < runs[i + 1]; k++) visit(runs[i] + k);
  }
}

/** Of one class in one picture: what is said of each pixel, who set it last, and whether it was merely accepted. */
export class Mask {
  constructor(length) {
    this.values = new Uint8Array(length);
    this.accepted = new Uint8Array(length);
    this.setBy = new Int32Array(length);
  }

  json() {
    const { values, accepted } = this;
    return {
      positive: encodeRuns(values.length, (i) => values[i] === positive),
      negative: encodeRuns(values.length, (i) => values[i] === negative),
      accepted: encodeRuns(values.length, (i) => accepted[i] === 1),
    };
  }

  known() {
    let count = 0;
    for (const value of this.values) if (value !== unknown) count++;
    return count;
  }
}
