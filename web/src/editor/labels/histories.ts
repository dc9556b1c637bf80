import { History } from "./history";

/** Strokes are small beside a picture, but there may be thousands. */
const KEPT = 20;

/** What can be undone in the pictures that were open last, by case: the oldest is forgotten first. */
const known = new Map<string, History>();

export function historyOf(scope: string): History {
  const history = known.get(scope) ?? new History();
  known.delete(scope);
  known.set(scope, history);
  const oldest = known.keys().next().value;
  if (known.size > KEPT && oldest !== undefined) known.delete(oldest);
  return history;
}
