/**
 * The editor brings its own panel of layers and regions, for pages that have no other. Here it belongs into the right
 * rail: its element moves there and keeps working, because it stays inside the app. Answers how to take it away again.
 */
export function adopt(frame: HTMLElement, slot: HTMLElement): (() => void) | null {
  const panel = frame.querySelector<HTMLElement>(":scope > .editor > aside");
  if (!panel) return null;
  slot.replaceChildren(panel);
  return () => panel.remove();
}
