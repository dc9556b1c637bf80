import { placeOf, type HelpPage, type HelpSection, type Place } from "./pages";

export interface Found {
  place: Place;
  page: string;
  title: string;
  /** Around the first word that was found: before, the word itself, after. */
  around: readonly [string, string, string];
}

const MOST = 40;
const REACH = 70;
const SIGNS: Record<string, string> = { "&lt;": "<", "&gt;": ">", "&quot;": '"', "&amp;": "&" };

export function textOf(html: string): string {
  const text = html.replace(/<[^>]+>/g, " ").replace(/&(?:lt|gt|quot|amp);/g, (sign) => SIGNS[sign] ?? sign);
  return text.replace(/\s+/g, " ").trim();
}

/** Sections with words that begin like each of these; those that have all in their heading come first. */
export function search(pages: readonly HelpPage[], wanted: string): Found[] {
  const words = wanted.toLowerCase().split(/\s+/).filter((word) => word !== "");
  if (words.length === 0) return [];
  const all = pages.flatMap((page) => page.sections.map((section) => ({ page, section, text: textOf(section.html) })));
  const hits = all.filter(({ section, text }) => hasAll(`${section.title} ${text}`, words));
  const named = hits.filter(({ section }) => hasAll(section.title, words));
  const others = hits.filter((hit) => !named.includes(hit));
  return [...named, ...others].slice(0, MOST).map(({ page, section, text }) => found(page, section, text, words));
}

function hasAll(text: string, words: readonly string[]): boolean {
  return words.every((word) => placeIn(text, word) >= 0);
}

/** Where a word begins like this; −1: nowhere. */
function placeIn(text: string, word: string): number {
  const small = text.toLowerCase();
  for (let at = small.indexOf(word); at >= 0; at = small.indexOf(word, at + 1)) {
    if (!/[\p{L}\p{N}]/u.test(small[at - 1] ?? " ")) return at;
  }
  return -1;
}

function found(page: HelpPage, section: HelpSection, text: string, words: readonly string[]): Found {
  return { place: placeOf(page, section), page: page.title, title: section.title, around: around(text, words) };
}

function around(text: string, words: readonly string[]): Found["around"] {
  const word = words.find((each) => placeIn(text, each) >= 0);
  // Only the heading has them.
  if (word === undefined) return [text.slice(0, 2 * REACH), "", ""];
  const at = placeIn(text, word);
  const from = at <= REACH ? 0 : text.indexOf(" ", at - REACH) + 1;
  return [`${from > 0 ? "… " : ""}${text.slice(from, at)}`, text.slice(at, at + word.length), `${text.slice(at + word.length, at + word.length + REACH)} …`];
}
