/** Where the keyboard was last: a button that went when it was pressed takes the focus with it. */
let left: Element | null = null;

export function keyboardCame({ target }: FocusEvent): void {
  left = target instanceof Element ? target.closest("[data-part]") : null;
}

/**
 * The page has parts (`data-part`): lists, the picture, the panel, the help. A key goes from one to the next, to where
 * each wants the keyboard (`data-entry`) or to the first thing in it that can have it.
 */
export function goToNextPart(by: 1 | -1): void {
  const parts = [...document.querySelectorAll<HTMLElement>("[data-part]")].filter(isShown);
  const here = parts.findIndex((part) => part === left);
  // From nowhere, forward is the first and back the last.
  const from = here < 0 && by < 0 ? 0 : here;
  for (let k = 1; k <= parts.length; k++) {
    const entry = entryOf(parts[(from + by * k + parts.length * 2) % parts.length]!);
    if (entry) return entry.focus();
  }
}

const FOCUSABLE = "button:enabled, input:enabled, select:enabled, textarea:enabled, a[href], summary, [tabindex='0']";

function entryOf(part: HTMLElement): HTMLElement | undefined {
  const wanted = [...part.querySelectorAll<HTMLElement>("[data-entry]"), ...part.querySelectorAll<HTMLElement>(FOCUSABLE)];
  return wanted.find(isShown);
}

function isShown(element: HTMLElement): boolean {
  return element.checkVisibility({ visibilityProperty: true });
}

/** On a narrow page the drawer that lies over the picture has to be closed before. */
export function goToPicture(): void {
  document.querySelector<HTMLElement>("[data-part=picture] [data-entry]")?.focus();
}
