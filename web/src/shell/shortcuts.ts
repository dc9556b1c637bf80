import { key, withShift, type Shortcut, type ShortcutGroup } from "../editor/input/keys";
import { dividerShortcuts, judgingShortcuts, shortcutGroups, type Commands, type Judging } from "../editor/input/shortcuts";

/** What keys can ask of the page around the picture. */
export interface PageCommands {
  nextPicture(): void;
  stepPicture(by: 1 | -1): void;
  search(): void;
  filter(): void;
  nextPart(by: 1 | -1): void;
  overview(): void;
}

export function pageShortcuts(commands: PageCommands): Shortcut[] {
  return [
    { keys: "J", does: "What to paint next", matches: key("j"), run: () => commands.nextPicture() },
    { keys: "PgUp", does: "Picture before", matches: key("PageUp"), run: () => commands.stepPicture(-1) },
    { keys: "PgDn", does: "Picture after", matches: key("PageDown"), run: () => commands.stepPicture(1) },
    { keys: "/", does: "Search the pictures", matches: key("/"), run: () => commands.search() },
    { keys: "M", does: "Which pictures are shown", matches: key("m"), run: () => commands.filter() },
    ...everywhere(commands),
  ];
}

/** These work while verifying, too. */
export function everywhere(commands: Pick<PageCommands, "nextPart" | "overview">): Shortcut[] {
  return [
    { keys: "Shift+F6", does: "Part of the page before", anywhere: true, matches: withShift("F6"), run: () => commands.nextPart(-1) },
    { keys: "F6", does: "Next part of the page: pictures, the picture, learn, help", anywhere: true, matches: key("F6"), run: () => commands.nextPart(1) },
    { keys: "?", does: "This overview", matches: key("?"), run: () => commands.overview() },
  ];
}

export function drawerShortcuts(close: () => void): Shortcut[] {
  return [{ keys: "Esc", does: "Close a drawer, on narrow screens", anywhere: true, matches: key("Escape"), run: close }];
}

export function tabShortcuts(move: (to: "before" | "after" | "first" | "last") => void): Shortcut[] {
  return [
    { keys: "←", does: "Learn, See, Verify: the one before", matches: key("ArrowLeft"), run: () => move("before") },
    { keys: "→", does: "The one after", matches: key("ArrowRight"), run: () => move("after") },
    { keys: "Home", does: "The first", matches: key("Home"), run: () => move("first") },
    { keys: "End", does: "The last", matches: key("End"), run: () => move("last") },
  ];
}

export interface VerifyCommands {
  answer(answer: "yes" | "no" | "unsure"): void;
  stepBack(): void;
  stepForward(): void;
  nearer(): void;
  farther(): void;
  leave(): void;
}

export function verifyShortcuts(commands: VerifyCommands): Shortcut[] {
  return [
    { keys: "Y", does: "Yes, it is", matches: key("y"), run: () => commands.answer("yes") },
    { keys: "N", does: "No, it is not", matches: key("n"), run: () => commands.answer("no") },
    { keys: "U", does: "Can’t tell", matches: key("u"), run: () => commands.answer("unsure") },
    { keys: "←", does: "Back to the last answer", matches: key("ArrowLeft"), run: () => commands.stepBack() },
    { keys: "→", does: "Forward again", matches: key("ArrowRight"), run: () => commands.stepForward() },
    { keys: "+", does: "Nearer", also: "=", matches: key("+", "="), run: () => commands.nearer() },
    { keys: "−", does: "Farther", also: "_", matches: key("-", "_"), run: () => commands.farther() },
    { keys: "Esc", does: "Pause and go back to painting", matches: key("Escape"), run: () => commands.leave() },
  ];
}

export function helpShortcuts(open: () => void): Shortcut[] {
  return [{ keys: "F1", does: "Help, open at what you are doing", anywhere: true, matches: key("F1"), run: open }];
}

/** Of the help and of the tour, while they have the keyboard. */
export function closeShortcuts(close: () => void): Shortcut[] {
  return [{ keys: "Esc", does: "Close the help or the tour", matches: key("Escape"), run: close }];
}

/** Only the words and keys are asked for: nothing is ever run. */
const nobody = new Proxy({} as Commands & PageCommands & VerifyCommands & Judging, { get: () => () => {} });
const nothing = () => {};

/** Every key of the app, by the part of it that listens; within one, each key has one meaning. */
export const SCOPES: Record<"page" | "help" | "closing" | "drawer" | "editor" | "judging" | "verify" | "tabs" | "divider", readonly ShortcutGroup[]> = {
  page: [{ title: "Pictures and page", shortcuts: pageShortcuts(nobody) }],
  help: [{ title: "Help", shortcuts: helpShortcuts(nothing) }],
  closing: [{ title: "Help", shortcuts: closeShortcuts(nothing) }],
  drawer: [{ title: "Pictures and page", shortcuts: drawerShortcuts(nothing) }],
  verify: [{ title: "While verifying", shortcuts: verifyShortcuts(nobody) }],
  editor: shortcutGroups(nobody),
  judging: [{ title: "While judging a predicted area", shortcuts: judgingShortcuts(nobody) }],
  tabs: [{ title: "Tabs and lines that have the keyboard", shortcuts: tabShortcuts(nothing) }],
  divider: [{ title: "Tabs and lines that have the keyboard", shortcuts: dividerShortcuts(nothing) }],
};

export interface KeyGroup {
  title: string;
  /** Not keys, but what a hand does. */
  hands?: boolean;
  keys: { keys: string; does: string }[];
}

const pointing: KeyGroup = {
  title: "Mouse and fingers",
  hands: true,
  keys: [
    { keys: "Wheel", does: "Brush size; how much a fill takes" },
    { keys: "Ctrl + wheel, pinch", does: "Zoom where the pointer is" },
    { keys: "Space or middle button, drag", does: "Move the picture" },
    { keys: "Shift + wheel, two fingers", does: "Move the picture" },
    { keys: "Pen", does: "Paints thinner when pressed less; the hand beside it does nothing" },
    { keys: "Shift + drag with the brush", does: "Lasso: fill an outline" },
    { keys: "Shift + drag with Propose", does: "A box around what is meant" },
  ],
};

/** What the overview shows. A key that two parts of the app listen to with the same meaning is shown once. */
export const groups: KeyGroup[] = [...joined(Object.values(SCOPES).flat()), pointing];

function joined(all: readonly ShortcutGroup[]): KeyGroup[] {
  const byTitle = new Map<string, Map<string, { keys: string; does: string }>>();
  const seen = new Set<string>();
  for (const { title, shortcuts } of all) {
    const rows = byTitle.get(title) ?? new Map();
    byTitle.set(title, rows);
    for (const { keys, does } of shortcuts) {
      // The editor has the question mark, too, where there is no page around it.
      if (keys === "?" && seen.has(keys)) continue;
      seen.add(keys);
      rows.set(keys + does, { keys, does });
    }
  }
  return [...byTitle].map(([title, rows]) => ({ title, keys: [...rows.values()] }));
}
