import type { Gains } from "../../api/types";

/** Below this many rounds a small gain may be chance of one training. */
const ROUNDS = 2;

/** What the gain of a later model says about painting on. */
export function conclusion({ verdict, rounds }: Pick<Gains, "verdict" | "rounds">): string {
  if (verdict === "worse") return "It got worse: something that was known may have been forgotten. Choose the earlier version in Learn, or paint where it fails.";
  if (verdict === "open") return "A class may have gained 0.01 or more: painting on can still pay.";
  return rounds < ROUNDS
    ? "No class gained 0.01 in one round. Train once more before you conclude anything."
    : "No class can have gained 0.01: painting more of the same brings little.";
}
