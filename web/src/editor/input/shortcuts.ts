import type { ToolName } from "../desk.svelte";
import { TOOLS } from "../tools/toolbox";
import { key, withCommand, withShift, type Shortcut, type ShortcutGroup } from "./keys";

/** What the keys can ask for. */
export interface Commands {
  tool(name: ToolName): void;
  chooseNumber(number: number): void;
  flip(): void;
  erase(): void;
  resizeBrush(factor: number): void;
  togglePressure(): void;
  undo(): void;
  redo(): void;
  zoom(factor: number): void;
  fit(): void;
  actualSize(): void;
  hide(): void;
  /** Until the key is let go. */
  pan(): void;
  nextGround(): void;
  togglePaint(): void;
  toggleAlone(): void;
  compare(): void;
  plainTone(): void;
  move(dx: number, dy: number, fast: boolean): void;
  enter(shift: boolean): void;
  stamp(): void;
  cancel(): void;
  stepBack(): void;
  nextRegion(step: number): void;
  nextCorner(): void;
  describe(): void;
  help(): void;
}

const ARROWS: Record<string, [number, number]> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
};

export function shortcutGroups(commands: Commands): ShortcutGroup[] {
  return [
    { title: "Tools", shortcuts: toolShortcuts(commands) },
    { title: "What is painted", shortcuts: paintShortcuts(commands) },
    { title: "View", shortcuts: viewShortcuts(commands) },
    { title: "Keyboard instead of a pointer", shortcuts: crosshairShortcuts(commands) },
    { title: "Edits", shortcuts: editShortcuts(commands) },
  ];
}

function toolShortcuts(commands: Commands): Shortcut[] {
  return TOOLS.map(({ name, label, key: letter }) => ({
    keys: letter,
    does: label,
    matches: key(letter.toLowerCase()),
    run: () => commands.tool(name),
  }));
}

function paintShortcuts(commands: Commands): Shortcut[] {
  return [
    { keys: "1 – 9", does: "Class", matches: key(..."123456789"), run: (event) => commands.chooseNumber(Number(event.key)) },
    { keys: "0", does: "Neither: no for every class", matches: key("0"), run: () => commands.chooseNumber(0) },
    { keys: "X", does: "Yes or no", matches: key("x"), run: () => commands.flip() },
    { keys: "U", does: "Unknown: erase, with any of the tools that paint", matches: key("u"), run: () => commands.erase() },
    { keys: "[", does: "Smaller brush; a fill takes less", matches: key("["), run: () => commands.resizeBrush(1 / 1.2) },
    { keys: "]", does: "Larger brush; a fill takes more", matches: key("]"), run: () => commands.resizeBrush(1.2) },
    { keys: "Q", does: "A pen’s pressure scales the brush, or not", matches: key("q"), run: () => commands.togglePressure() },
  ];
}

function viewShortcuts(commands: Commands): Shortcut[] {
  return [
    { keys: "+", does: "Zoom in", also: "=", matches: key("+", "="), run: () => commands.zoom(1.25) },
    { keys: "−", does: "Zoom out", also: "_", matches: key("-", "_"), run: () => commands.zoom(1 / 1.25) },
    { keys: "F", does: "Fit the picture", matches: key("f"), run: () => commands.fit() },
    { keys: "Z", does: "One to one", matches: key("z"), run: () => commands.actualSize() },
    { keys: "H (hold)", does: "Hide everything over the photo", matches: key("h"), run: () => commands.hide() },
    { keys: "Space (hold)", does: "A drag moves the picture", matches: key(" "), run: () => commands.pan() },
    { keys: "G", does: "Next layer under the paint", matches: key("g"), run: () => commands.nextGround() },
    { keys: "D", does: "Show or hide the paint", matches: key("d"), run: () => commands.togglePaint() },
    { keys: "O", does: "Show only this class", matches: key("o"), run: () => commands.toggleAlone() },
    { keys: "C", does: "Compare: a line, left of which is the photo alone", matches: key("c"), run: () => commands.compare() },
    { keys: "W", does: "The photo as it is: brightness and contrast back", matches: key("w"), run: () => commands.plainTone() },
  ];
}

function crosshairShortcuts(commands: Commands): Shortcut[] {
  const isArrow = (event: KeyboardEvent) => event.key in ARROWS && !event.ctrlKey && !event.metaKey && !event.altKey;
  const run = (event: KeyboardEvent) => commands.move(...ARROWS[event.key], event.shiftKey);
  return [
    { keys: "← ↑ → ↓", does: "Move the crosshair; with Shift, faster", matches: isArrow, run },
    { keys: "Shift+Enter", does: "Begin or end an outline with the brush, a box with Propose", matches: withShift("Enter"), run: () => commands.enter(true) },
    { keys: "Enter", does: "Begin or end a stroke, set a corner, close a polygon, accept a proposal", matches: key("Enter"), run: () => commands.enter(false) },
    { keys: ".", does: "Stamp the brush, begin or end a scribble, click", matches: key("."), run: () => commands.stamp() },
    { keys: "N, Shift+N", does: "Select the next or previous region", matches: key("n"), run: (event) => commands.nextRegion(event.shiftKey ? -1 : 1) },
    { keys: ",", does: "To the next corner of the region, then to what turns it; Enter takes hold and lets go", matches: key(","), run: () => commands.nextCorner() },
    { keys: "I", does: "Say what is here", matches: key("i"), run: () => commands.describe() },
  ];
}

function editShortcuts(commands: Commands): Shortcut[] {
  return [
    { keys: "Ctrl+Z", does: "Undo", matches: withCommand("z", false), run: () => commands.undo() },
    { keys: "Ctrl+Y, Ctrl+Shift+Z", does: "Redo", matches: isRedo, run: () => commands.redo() },
    { keys: "Esc", does: "Cancel what is begun", matches: key("Escape"), run: () => commands.cancel() },
    { keys: "Del, Backspace", does: "Delete the region; last corner back", matches: key("Delete", "Backspace"), run: () => commands.stepBack() },
    { keys: "?", does: "All keys", matches: key("?"), run: () => commands.help() },
  ];
}

function isRedo(event: KeyboardEvent): boolean {
  return withCommand("y", false)(event) || withCommand("z", true)(event);
}

/** While a predicted area is asked about. */
export interface Judging {
  accept(): void;
  reject(): void;
  neither(): void;
  close(): void;
}

export function judgingShortcuts(judging: Judging): Shortcut[] {
  return [
    { keys: "A", does: "Accept: it is this class", matches: key("a"), run: () => judging.accept() },
    { keys: "Shift+N", does: "None of the classes", matches: withShift("n"), run: () => judging.neither() },
    { keys: "N", does: "It is not this class", matches: key("n"), run: () => judging.reject() },
    { keys: "Esc", does: "Leave it as it is", matches: key("Escape"), run: () => judging.close() },
  ];
}

/** While the line between the photo and its layers has the keyboard; it moves by a share of the width. */
export function dividerShortcuts(move: (by: number) => void): Shortcut[] {
  return [
    { keys: "← ↓", does: "The line of Compare to the left", matches: key("ArrowLeft", "ArrowDown"), run: () => move(-0.02) },
    { keys: "→ ↑", does: "To the right", matches: key("ArrowRight", "ArrowUp"), run: () => move(0.02) },
    { keys: "PgDn", does: "Farther to the left", matches: key("PageDown"), run: () => move(-0.1) },
    { keys: "PgUp", does: "Farther to the right", matches: key("PageUp"), run: () => move(0.1) },
    { keys: "Home", does: "To the left edge", matches: key("Home"), run: () => move(-1) },
    { keys: "End", does: "To the right edge", matches: key("End"), run: () => move(1) },
  ];
}
