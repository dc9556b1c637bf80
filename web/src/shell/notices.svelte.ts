import type { Problem } from "../api/types";

export interface Notice {
  id: number;
  kind: "problem" | "note";
  title: string;
  detail: string;
  hint: string | null;
}

const noteStays = 5000;
const shownAtMost = 4;

export class Notices {
  list = $state.raw<Notice[]>([]);
  #last = 0;

  note(title: string, detail = ""): void {
    const id = this.#add({ kind: "note", title, detail, hint: null });
    setTimeout(() => this.dismiss(id), noteStays);
  }

  /** Stays until somebody closes it: a person who looks at the picture must not miss it. */
  problem(problem: Problem): void {
    this.#add({ kind: "problem", title: problem.title, detail: problem.detail, hint: problem.hint ?? null });
  }

  dismiss(id: number): void {
    this.list = this.list.filter((notice) => notice.id !== id);
  }

  #add(notice: Omit<Notice, "id">): number {
    const id = ++this.#last;
    const others = this.list.filter((old) => old.title !== notice.title || old.detail !== notice.detail);
    this.list = [...others, { id, ...notice }].slice(-shownAtMost);
    return id;
  }
}
