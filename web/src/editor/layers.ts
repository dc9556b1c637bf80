import { PLAIN_TONE, type Tone } from "./tone";

/** What lies under the paint. */
export type Ground = "none" | "evidence" | "heat" | "class" | "uncertainty";

export interface LayerSettings {
  /** What people painted. */
  paint: boolean;
  /** Only the class that is being painted. */
  alone: boolean;
  ground: Ground;
  /** 0–1 */
  opacity: number;
  /** The share of the width on whose left only the photo is seen; null for nowhere. */
  divider: number | null;
  /** Of the photo below them. */
  tone: Tone;
}

export const DEFAULT_LAYERS: Readonly<LayerSettings> = { paint: true, alone: false, ground: "none", opacity: 0.6, divider: null, tone: PLAIN_TONE };

export const GROUNDS: readonly { ground: Ground; label: string; hint: string }[] = [
  { ground: "none", label: "Photo", hint: "The photo alone" },
  { ground: "evidence", label: "What training believes", hint: "Yes, no or unknown for this class, and why" },
  { ground: "heat", label: "Model: probability", hint: "How probable this class is, by the model" },
  { ground: "class", label: "Model: classes", hint: "The most probable class, where one is more likely than not" },
  { ground: "uncertainty", label: "Model: uncertainty", hint: "Where the model is least sure, of any class" },
];

export function isPrediction(ground: Ground): boolean {
  return ground === "heat" || ground === "class" || ground === "uncertainty";
}
