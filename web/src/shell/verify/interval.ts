import type { ClassGain, Interval } from "../../api/types";

export function range(interval: Interval | null): string {
  if (interval === null) return "too few answers";
  return `[${interval.low.toFixed(2)}, ${interval.high.toFixed(2)}]`;
}

/** The interval as a sentence, for people who do not see the plot. */
export function spoken(interval: Interval | null): string {
  if (interval === null) return "not known";
  return `${interval.value.toFixed(2)}, between ${interval.low.toFixed(2)} and ${interval.high.toFixed(2)}`;
}

/** A difference of Dice with its interval, each with its sign. */
export function signed({ value, low, high }: ClassGain): string {
  if (low === null || high === null) return "not known";
  const number = (x: number) => `${x < 0 ? "−" : "+"}${Math.abs(x).toFixed(3)}`;
  const ends = `${number(low)} to ${number(high)}`;
  return value === null ? ends : `${number(value)} (${ends})`;
}
