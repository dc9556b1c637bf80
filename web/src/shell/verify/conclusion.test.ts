import { expect, it } from "vitest";
import { conclusion } from "./conclusion";

const rows: [Parameters<typeof conclusion>[0], RegExp][] = [
  [{ verdict: "worse", rounds: 1 }, /^It got worse: .* earlier version in Learn/],
  [{ verdict: "worse", rounds: 3 }, /^It got worse/],
  [{ verdict: "open", rounds: 1 }, /painting on can still pay/],
  [{ verdict: "small", rounds: 1 }, /Train once more before/],
  [{ verdict: "small", rounds: 2 }, /brings little/],
  [{ verdict: "small", rounds: 5 }, /brings little/],
];
it.each(rows)("%o", (gains, says) => expect(conclusion(gains)).toMatch(says));
