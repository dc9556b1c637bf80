/** A shortcut: what the help says of it, and when it is meant. */
export interface Shortcut {
  keys: string;
  does: string;
  /** Keys that do the same and need no mention. */
  also?: string;
  /** Also while something is typed. */
  anywhere?: boolean;
  matches(event: KeyboardEvent): boolean;
  run(event: KeyboardEvent): void;
}
export interface ShortcutGroup {
  title: string;
  shortcuts: readonly Shortcut[];
}

/** What a key asks for; nothing, if it is a single character and those are off. */
export function meant(shortcuts: readonly Shortcut[], event: KeyboardEvent, singleKeys: boolean): Shortcut | undefined {
  if (isSingleCharacter(event) && !singleKeys) return undefined;
  return shortcuts.find(({ matches }) => matches(event));
}

export function command(event: KeyboardEvent): boolean {
  return event.ctrlKey || event.metaKey;
}

/** A letter, a digit or a sign without Ctrl: what dictation may type by mistake. */
export function isSingleCharacter(event: KeyboardEvent): boolean {
  return event.key.length === 1 && event.key !== " " && !command(event) && !event.altKey;
}

/** The key alone; capital letters count as small ones. */
export function key(...names: string[]): (event: KeyboardEvent) => boolean {
  return (event) => !command(event) && !event.altKey && names.includes(event.key.length === 1 ? event.key.toLowerCase() : event.key);
}

export function withShift(...names: string[]): (event: KeyboardEvent) => boolean {
  const alone = key(...names);
  return (event) => event.shiftKey && alone(event);
}

export function withCommand(name: string, shift: boolean): (event: KeyboardEvent) => boolean {
  // With Alt it is AltGr, which types another character.
  return (event) => command(event) && !event.altKey && event.shiftKey === shift && event.key.toLowerCase() === name;
}

/** Fields in which nothing is typed. */
const UNTYPED = ["checkbox", "radio", "button", "submit", "reset", "color", "file"];

/** Typing into a field, and keys that a focused control or an open dialog needs itself, are not shortcuts. */
export function isTaken(event: KeyboardEvent): boolean {
  if (event.defaultPrevented || !(event.target instanceof HTMLElement)) return true;
  // A click beside its content takes the keyboard out of a dialog, but not the dialog away.
  if (document.querySelector("dialog:modal") !== null) return true;
  const field = event.target.closest("input, select, textarea, [contenteditable], dialog, [role=dialog]");
  if (isSlider(field)) return event.key.startsWith("Arrow") || isNavigation(event);
  if (field instanceof HTMLInputElement && UNTYPED.includes(field.type)) return event.key === " " || event.key.startsWith("Arrow");
  if (field) return true;
  // Lists scroll by arrows.
  if (event.key.startsWith("Arrow") && event.target.closest("ul, [role=log]") !== null) return true;
  return event.target.closest("button, a, summary") !== null && (event.key === "Enter" || event.key === " ");
}

/** A slider moves by these keys, and by no letter. */
export function movesSlider(event: KeyboardEvent): boolean {
  return isSlider(event.target) && isNavigation(event);
}

function isSlider(target: EventTarget | null): boolean {
  return target instanceof HTMLInputElement && target.type === "range";
}

function isNavigation(event: KeyboardEvent): boolean {
  return ["Home", "End", "PageUp", "PageDown"].includes(event.key);
}
