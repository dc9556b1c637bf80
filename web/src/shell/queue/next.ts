import type { QueueItem } from "../../api/types";

export interface Whereabouts {
  case: string | null;
  point: { x: number; y: number } | null;
}

/**
 * What to paint after what is open: the best that was not looked at in this round. Once everything was, another round
 * begins.
 */
export function nextItem(items: readonly QueueItem[], here: Whereabouts, visited: ReadonlySet<string>): QueueItem | null {
  const elsewhere = items.filter((item) => item.case !== here.case);
  const unseen = elsewhere.filter((item) => !visited.has(item.case));
  return best(unseen) ?? best(elsewhere) ?? items.find((item) => !isHere(item, here)) ?? null;
}

/** What the model knows of a picture that was painted on since is out of date. */
function best(items: readonly QueueItem[]): QueueItem | undefined {
  return items.find((item) => !item.edited) ?? items[0];
}

function isHere({ case: id, point }: QueueItem, here: Whereabouts): boolean {
  return id === here.case && (point === null || (point.x === here.point?.x && point.y === here.point.y));
}
