import type { ClassName } from "../../api/types";

// Classes are files and columns, too: the server takes nothing else.
const usable = /^[\p{Alphabetic}\p{N}_-]+$/u;
const unusable = /[^\p{Alphabetic}\p{N}_-]/gu;
const longest = 64;

/** What is wrong with a name, in a sentence; null: nothing, or it is still to be typed. */
export function flawOf(name: ClassName, others: readonly ClassName[]): string | null {
  if (name === "") return null;
  if (!usable.test(name)) return "A name is made of letters, digits, “-” and “_”.";
  if ([...name].length > longest) return `A name has at most ${longest} characters.`;
  return others.includes(name) ? "Another class has this name." : null;
}

/** The nearest name that can be used; empty: there is none. */
export function tidyName(name: string): ClassName {
  const letters = name.normalize().trim().replace(/\s+/gu, "-").replace(unusable, "");
  return [...letters].slice(0, longest).join("");
}
