import type { Access } from "../../api/types";
import type { Tab } from "../view.svelte";
import type { Place } from "./pages";

type Dialog = "account" | "people" | "changes" | "agreement";

/** What somebody does when they ask for help. */
export interface Doing {
  readonly phase: "loading" | "unauthorized" | "login" | "unreachable" | "ready";
  readonly project: { readonly access: Access } | null;
  readonly view: { readonly tab: Tab; readonly setup: boolean; readonly team: Dialog | null };
  readonly verifying: { readonly active: unknown };
  readonly learning: { readonly running: boolean };
  readonly pictures: { readonly cases: readonly unknown[] };
}

/** The part of the page that has the keyboard. */
export type Part = "pictures" | "picture" | "panel";

const TEAM: Record<Dialog, Place> = {
  account: "team#accounts",
  people: "team#accounts",
  changes: "team#the-log",
  agreement: "team#two-people-the-same-picture-separately",
};
const PANEL: Record<Tab, Place> = { learn: "app#learn", see: "app#under-see", verify: "app#verify" };

/** Where the help opens. */
export function fittingPlace(doing: Doing, part: Part | null = null): Place {
  const { phase, view, project } = doing;
  if (phase === "login") return "team#accounts";
  if (phase !== "ready") return "app";
  if (view.team) return TEAM[view.team];
  if (view.setup) return "concepts#exclusive-part-of";
  if (doing.verifying.active) return "app#verify";
  if (doing.pictures.cases.length === 0) return "app#pictures-and-classes";
  if (part === "pictures") return "app#what-to-paint-next";
  if (part === "panel") return PANEL[view.tab];
  if (part === "picture" || view.tab === "learn") return paintingPlace(doing, project?.access ?? "reader");
  return PANEL[view.tab];
}

function paintingPlace({ learning }: Doing, access: Access): Place {
  if (access === "reader") return "team#who-may-do-what";
  if (access === "non-expert") return "concepts#regions";
  return learning.running ? "app#learn" : "app#paint";
}

/** The part of the page in which an element is. */
export function partOf(element: Element | null): Part | null {
  const name = element?.closest("[data-part]")?.getAttribute("data-part");
  return name === "pictures" || name === "picture" || name === "panel" ? name : null;
}
