export { default as Editor } from "./Editor.svelte";
export type { Suggested } from "./suggested";
export { retryQueues } from "./queue/live-queues";
export { DEFAULT_LAYERS, GROUNDS, isPrediction, type Ground, type LayerSettings } from "./layers";
export type { QueueState, Send } from "./queue/edit-queue";
