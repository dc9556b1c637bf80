/** How long something is remembered: until it is forgotten, or as long as the tab is open. */
type Span = "always" | "session";

const stores: Record<Span, () => Storage> = { always: () => localStorage, session: () => sessionStorage };

/** Small choices that outlive the page. Storage may be forbidden: then they simply do not. */
export function remembered(key: string, span: Span = "always"): string | null {
  try {
    return stores[span]().getItem(`lacuna.${key}`);
  } catch {
    return null;
  }
}

export function remember(key: string, value: string, span: Span = "always"): void {
  try {
    stores[span]().setItem(`lacuna.${key}`, value);
  } catch {
    // Forbidden or full: the choice lasts as long as the page.
  }
}
