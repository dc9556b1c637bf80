// A tab that is open holds a lock of its client's name. Edits in the outbox whose client holds one are still being sent
// by that tab, so another tab must not offer them as lost.

const held = new Set<string>();

export function holdTabLock(client: string): void {
  if (held.has(client)) return;
  held.add(client);
  // Never released by us: the browser does it when the tab goes.
  void navigator.locks?.request(lockName(client), { mode: "shared" }, () => new Promise<void>(() => {}));
}

/** Clients of other tabs that are open now. Without the Locks API (plain http from afar): none known. */
export async function openTabs(): Promise<Set<string>> {
  const held = (await navigator.locks?.query())?.held ?? [];
  return new Set(held.map((lock) => lock.name ?? ""));
}

export function lockName(client: string): string {
  return `lacuna-tab-${client}`;
}
