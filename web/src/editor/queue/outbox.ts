import type { Edit } from "../../api/types";
import type { Action } from "../labels/history";

/** An edit, and what it changed on the screen when it was made. */
export interface Kept {
  edit: Edit;
  /** Browsers may keep edits of an older version, which did not say. */
  painted?: Action;
}

/** Where edits lie until the server has them, so that a closed tab or a crash loses nothing. */
export interface Outbox {
  put(kept: Kept): Promise<void>;
  delete(id: string): Promise<void>;
  /** In the order they were put. */
  list(): Promise<Kept[]>;
}

interface Stored extends Kept {
  id: string;
  scope: string;
  order: number;
}

const STORE = "edits";

/** In the browser's database; `scope` keeps the cases (and data sets) apart. */
export class BrowserOutbox implements Outbox {
  private database: Promise<IDBDatabase> | null = null;

  constructor(private readonly scope: string) {}

  async put(kept: Kept): Promise<void> {
    const { id } = kept.edit;
    const stored: Stored = { ...kept, id, scope: this.scope, order: performance.timeOrigin + performance.now() };
    await finished((await this.store("readwrite")).put(stored));
  }

  async delete(id: string): Promise<void> {
    await finished((await this.store("readwrite")).delete(id));
  }

  async list(): Promise<Kept[]> {
    const request = (await this.store("readonly")).index("scope").getAll(this.scope);
    const stored: Stored[] = await finished(request);
    return stored.sort((a, b) => a.order - b.order);
  }

  private async store(mode: IDBTransactionMode): Promise<IDBObjectStore> {
    this.database ??= opened();
    return (await this.database).transaction(STORE, mode).objectStore(STORE);
  }
}

/** Forgets on reload: for tests, and for browsers that forbid storage. */
export class MemoryOutbox implements Outbox {
  private readonly edits = new Map<string, Kept>();

  async put(kept: Kept): Promise<void> {
    this.edits.set(kept.edit.id, kept);
  }

  async delete(id: string): Promise<void> {
    this.edits.delete(id);
  }

  async list(): Promise<Kept[]> {
    return [...this.edits.values()];
  }
}

function opened(): Promise<IDBDatabase> {
  const request = indexedDB.open("lacuna-outbox", 1);
  request.onupgradeneeded = () => {
    request.result.createObjectStore(STORE, { keyPath: "id" }).createIndex("scope", "scope");
  };
  return finished(request);
}

function finished<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error ?? new Error("The browser's storage failed."));
  });
}
