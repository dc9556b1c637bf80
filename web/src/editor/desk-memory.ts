import type { Desk, ToolName } from "./desk.svelte";

/** What was at hand in the last picture, for the next; until the page is loaded again. */
interface Remembered {
  tool: ToolName;
  radius: number;
  tolerance: number;
}

let last: Remembered | null = null;

/** They need something that the next picture may not have: a prediction, a region. */
const OF_ONE_PICTURE: readonly ToolName[] = ["suggest", "select"];

export function keepDesk({ tool, radius, tolerance }: Desk): void {
  const kept = OF_ONE_PICTURE.includes(tool) ? last?.tool : tool;
  last = kept ? { tool: kept, radius, tolerance } : null;
}

export function restoreDesk(desk: Desk): void {
  if (last) Object.assign(desk, last);
}
