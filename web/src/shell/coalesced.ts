/** Work that is done once at a time: whoever asks for it meanwhile shares the next time. */
export function coalesced(work: () => Promise<void>): () => Promise<void> {
  let running: Promise<void> = Promise.resolve();
  let next: Promise<void> | null = null;
  return () => {
    next ??= running.then(() => {
      next = null;
      const begun = work();
      // What went wrong is for those who asked.
      running = begun.catch(() => {});
      return begun;
    });
    return next;
  };
}
