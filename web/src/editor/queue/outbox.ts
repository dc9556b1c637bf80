import type { Edit } from "../../api/types";

/** Where edits lie until the server has them, so that a closed tab or a crash loses nothing. */
export interface Outbox {
  put(edit: Edit): Promise<void>;
  delete(id: string): Promise<void>;
  /** In the order they were put. */
  list(): Promise<Edit[]>;
}

interface Stored {
  id: string;
  scope: string;
  order: number;
  edit: Edit;
}

const STORE = "edits";

/** In the browser's database; `scope` keeps the cases (and data sets) apart. */
export class BrowserOutbox implements Outbox {
  private database: Promise<IDBDatabase> | null = null;

  constructor(private readonly scope: string) {}

  async put(edit: Edit): Promise<void> {
    const stored: Stored = { id: edit.id, scope: this.scope, order: performance.timeOrigin + performance.now(), edit };
    await finished((await this.store("readwrite")).put(stored));
  }

  async delete(id: string): Promise<void> {
    await finished((await this.store("readwrite")).delete(id));
  }

  async list(): Promise<Edit[]> {
    const request = (await this.store("readonly")).index("scope").getAll(this.scope);
    const stored: Stored[] = await finished(request);
    return stored.sort((a, b) => a.order - b.order).map((each) => each.edit);
  }

  private async store(mode: IDBTransactionMode): Promise<IDBObjectStore> {
    this.database ??= opened();
    return (await this.database).transaction(STORE, mode).objectStore(STORE);
  }
}

/** Forgets on reload: for tests, and for browsers that forbid storage. */
export class MemoryOutbox implements Outbox {
  private readonly edits = new Map<string, Edit>();

  async put(edit: Edit): Promise<void> {
    this.edits.set(edit.id, edit);
  }

  async delete(id: string): Promise<void> {
    this.edits.delete(id);
  }

  async list(): Promise<Edit[]> {
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
