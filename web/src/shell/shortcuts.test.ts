import { describe, expect, it } from "vitest";
import { meant, type Shortcut } from "../editor/input/keys";
import { groups, SCOPES } from "./shortcuts";

const NAMES: Record<string, string> = {
  "−": "-",
  Space: " ",
  Esc: "Escape",
  Del: "Delete",
  PgUp: "PageUp",
  PgDn: "PageDown",
  "←": "ArrowLeft",
  "→": "ArrowRight",
  "↑": "ArrowUp",
  "↓": "ArrowDown",
};
const LETTERS = [..."abcdefghijklmnopqrstuvwxyz"];
const SIGNS = [..."0123456789`-=[];'\\,./~!@#$%^&*()_+{}:\"|<>?"];
const NAMED = [" ", "Enter", "Escape", "Tab", "Delete", "Backspace", "Insert", "Home", "End", "PageUp", "PageDown", "ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown", "F1", "F2", "F3", "F4", "F5", "F6", "F7", "F8", "F9", "F10", "F11", "F12"];

type Chord = Pick<KeyboardEvent, "key" | "ctrlKey" | "metaKey" | "altKey" | "shiftKey">;

/** The keys that a label of the overview promises. */
function chordsOf(label: string): Chord[] {
  return label.replace(" (hold)", "").split(", ").flatMap((part) => part.replace(/(\d) – (\d)/, (_, a, b) => range(a, b)).split(/ (?=\S)/)).map(chordOf);
}

function range(from: string, to: string): string {
  return Array.from({ length: Number(to) - Number(from) + 1 }, (_, k) => `${Number(from) + k}`).join(" ");
}

function chordOf(text: string): Chord {
  const [, modifiers = "", name = ""] = /^((?:Ctrl\+|Shift\+)*)(.+)$/.exec(text) ?? [];
  const key = NAMES[name] ?? (/^[A-Z]$/.test(name) ? name.toLowerCase() : name);
  return { key, ctrlKey: modifiers.includes("Ctrl"), shiftKey: modifiers.includes("Shift"), metaKey: false, altKey: false };
}

/** Everything that may be typed. A letter with Shift is a capital. */
const typed: Chord[] = [...LETTERS, ...SIGNS, ...NAMED].flatMap((name) =>
  [0, 1, 2, 3, 4, 5, 6, 7].map((bits) => ({
    key: bits & 1 && LETTERS.includes(name) ? name.toUpperCase() : name,
    shiftKey: Boolean(bits & 1),
    ctrlKey: Boolean(bits & 2),
    altKey: Boolean(bits & 4),
    metaKey: false,
  })),
);

/** Shift is no other key where it is not asked for. */
function promises({ keys, also }: Shortcut, event: Chord): boolean {
  const wanted = [...chordsOf(keys), ...(also ? chordsOf(also) : [])];
  return wanted.some((chord) => chord.key === event.key.replace(/^[A-Z]$/, (letter) => letter.toLowerCase()) && chord.ctrlKey === event.ctrlKey && !event.altKey && (event.shiftKey || !chord.shiftKey));
}

const scopes = Object.entries(SCOPES).map(([name, parts]) => ({ name, shortcuts: parts.flatMap(({ shortcuts }) => shortcuts) }));
const nameOf = ({ ctrlKey, altKey, shiftKey, key }: Chord) => `${ctrlKey ? "Ctrl+" : ""}${altKey ? "Alt+" : ""}${shiftKey ? "Shift+" : ""}${key}`;
const asked = (shortcuts: readonly Shortcut[], event: Chord) => meant(shortcuts, event as KeyboardEvent, true);

describe.each(scopes)("keys of $name", ({ shortcuts }) => {
  it("does what is listed, each key one thing", () => {
    const silent = shortcuts.flatMap((shortcut) => chordsOf(shortcut.keys).filter((chord) => asked(shortcuts, chord) !== shortcut).map(nameOf));
    expect(silent).toEqual([]);
  });

  it("lists what is handled", () => {
    const unlisted = typed.filter((event) => {
      const found = asked(shortcuts, event);
      return found && !promises(found, event);
    });
    expect(unlisted.map(nameOf)).toEqual([]);
  });

  it("is in the overview", () => {
    const shown = groups.flatMap(({ keys }) => keys.map((row) => row.keys));
    expect(shortcuts.map(({ keys }) => keys).filter((keys) => !shown.includes(keys))).toEqual([]);
  });

  it("keeps single characters for those who want them", () => {
    const single = typed.filter((event) => event.key.length === 1 && event.key !== " " && !event.ctrlKey && !event.altKey);
    expect(single.filter((event) => meant(shortcuts, event as KeyboardEvent, false)).map(nameOf)).toEqual([]);
  });
});

describe("the overview", () => {
  it("has no row twice", () => {
    for (const { title, keys } of groups) expect(new Set(keys.map((row) => row.keys + row.does)).size, title).toBe(keys.length);
  });
});

describe("the sources", () => {
  const sources = import.meta.glob<string>(["../**/*.svelte", "../**/*.ts", "../../src/App.svelte", "!../**/*.test.ts"], { query: "?raw", import: "default", eager: true });

  it("are read", () => {
    expect(Object.keys(sources).length).toBeGreaterThan(100);
  });

  it("look at keys only where the tables are made", () => {
    const tables = ["/input/keys.ts", "/input/keyboard.ts", "/input/shortcuts.ts"];
    const others = Object.entries(sources).filter(([path, text]) => /\b(event|e)\.(key|code|keyCode)\b/.test(text) && !tables.some((end) => path.endsWith(end)));
    expect(others.map(([path]) => path)).toEqual([]);
  });

  it("listen to keys only through the tables", () => {
    const listening = Object.entries(sources).filter(([, text]) => /onkeydown|addEventListener\("key/.test(text));
    const without = listening.filter(([path, text]) => !text.includes("meant(") && !path.endsWith("Modal.svelte") && !text.includes("keyboard.down"));
    expect(listening.length).toBeGreaterThan(5);
    expect(without.map(([path]) => path)).toEqual([]);
  });
});
