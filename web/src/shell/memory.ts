/** Small choices that outlive the page. Storage may be forbidden: then they simply do not. */
export function remembered(key: string): string | null {
  try {
    return localStorage.getItem(`lacuna.${key}`);
  } catch {
    return null;
  }
}

export function remember(key: string, value: string): void {
  try {
    localStorage.setItem(`lacuna.${key}`, value);
  } catch {
    // Forbidden or full: the choice lasts as long as the page.
  }
}
