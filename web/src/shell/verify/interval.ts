import type { Interval } from "../../api/types";

export function range(interval: Interval | null): string {
  if (interval === null) return "too few answers";
  return `[${interval.low.toFixed(2)}, ${interval.high.toFixed(2)}]`;
}

/** The interval as a sentence, for people who do not see the plot. */
export function spoken(interval: Interval | null): string {
  if (interval === null) return "not known";
  return `${interval.value.toFixed(2)}, between ${interval.low.toFixed(2)} and ${interval.high.toFixed(2)}`;
}
