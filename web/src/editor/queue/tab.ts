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

/** `crypto.randomUUID` exists on secure origins only, and a clinic's server may be plain http. */
export function uuid(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}
