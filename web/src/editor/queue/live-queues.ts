import type { EditQueue } from "./edit-queue";

// Queues outlive the editor: somebody may go on to another picture, or close the window, while edits are on their way.
const live = new Set<EditQueue>();

/** Has the browser ask before the page is left with edits that the server does not have. */
export function watchQueue(queue: EditQueue): void {
  queue.subscribe(({ pending }) => {
    if (pending > 0 && !queue.stopped) live.add(queue);
    else live.delete(queue);
    // Only while needed: a page with such a listener is not kept for the back button.
    if (live.size > 0) window.addEventListener("beforeunload", warn);
    else window.removeEventListener("beforeunload", warn);
  });
}

/** Whether a queue of this tab is at it. */
export function isBeingSent(id: string): boolean {
  return [...live].some((queue) => queue.has(id));
}

/** The server is back: nobody waits for the next attempt. */
export function retryQueues(): void {
  for (const queue of live) queue.retry();
}

function warn(event: BeforeUnloadEvent): void {
  event.preventDefault();
}
