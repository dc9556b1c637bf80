import type { Edit } from "../../api/types";
import { isBeingSent } from "./live-queues";
import type { Outbox } from "./outbox";
import { lockName, openTabs } from "./tab";

/** Edits in the outbox that no open tab is sending any more. */
export async function leftBehind(outbox: Outbox, client: string): Promise<Edit[]> {
  try {
    const [edits, tabs] = await Promise.all([outbox.list(), openTabs()]);
    const orphaned = edits.filter((edit) => edit.client === client || !tabs.has(lockName(edit.client)));
    return orphaned.filter(({ id }) => !isBeingSent(id));
  } catch {
    // Storage is forbidden or broken: then nothing was kept either.
    return [];
  }
}
