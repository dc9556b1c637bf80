import { isBeingSent } from "./live-queues";
import type { Kept, Outbox } from "./outbox";
import { lockName, openTabs } from "./tab";

/** Edits in the outbox that no open tab is sending any more. */
export async function leftBehind(outbox: Outbox, client: string): Promise<Kept[]> {
  try {
    const [kept, tabs] = await Promise.all([outbox.list(), openTabs()]);
    const orphaned = kept.filter(({ edit }) => edit.client === client || !tabs.has(lockName(edit.client)));
    return orphaned.filter(({ edit }) => !isBeingSent(edit.id));
  } catch {
    // Storage is forbidden or broken: then nothing was kept either.
    return [];
  }
}
