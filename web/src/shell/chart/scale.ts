export type Scale = (value: number) => number;

/** A domain of no width maps to the middle: one epoch is a point, not a division by zero. */
export function linear(domain: [number, number], range: [number, number]): Scale {
  const [from, to] = domain;
  const [start, end] = range;
  if (from === to) return () => (start + end) / 2;
  return (value) => start + ((value - from) / (to - from)) * (end - start);
}

/** The least round number (1, 2, 2.5 or 5 times a power of ten) that is not under the value. */
export function roundUp(value: number): number {
  if (!(value > 0) || !Number.isFinite(value)) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  const step = [1, 2, 2.5, 5, 10].find((candidate) => candidate * power >= value * (1 - 1e-9)) ?? 10;
  return step * power;
}

/** Where a value does not exist the line has a gap: a gap says "not known", never zero. */
export function linePath(values: (number | null)[], x: Scale, y: Scale): string {
  let path = "";
  let drawing = false;
  values.forEach((value, i) => {
    if (value === null || !Number.isFinite(value)) {
      drawing = false;
      return;
    }
    path += `${drawing ? "L" : "M"}${round(x(i))} ${round(y(value))}`;
    drawing = true;
  });
  return path;
}

/** Values with no neighbour, which a line cannot show. */
export function isolated(values: (number | null)[]): number[] {
  return values.flatMap((value, i) => (value !== null && values[i - 1] == null && values[i + 1] == null ? [i] : []));
}

export function lastKnown(values: (number | null)[]): { index: number; value: number } | null {
  for (let index = values.length - 1; index >= 0; index--) {
    const value = values[index];
    if (value != null && Number.isFinite(value)) return { index, value };
  }
  return null;
}

/** The sentence that stands for the picture of a curve. */
export function summary(name: string, values: (number | null)[], format: (value: number) => string): string {
  const known = values.filter((value): value is number => value !== null && Number.isFinite(value));
  const first = known[0];
  const last = known.at(-1);
  if (first === undefined || last === undefined) return `${name}: no value yet.`;
  if (known.length === 1) return `${name}: ${format(last)} after one epoch.`;
  const verb = last > first ? "rose" : last < first ? "fell" : "stayed";
  const path = verb === "stayed" ? `at ${format(last)}` : `from ${format(first)} to ${format(last)}`;
  return `${name} ${verb} ${path} in ${values.length} epochs.`;
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
