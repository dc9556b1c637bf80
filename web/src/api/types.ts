// Names for what the server and the app say to each other. `schema.d.ts` is made from the server's own description
// (`npm run types`); what is added here is what that description cannot express. All paths begin with /api. Errors are
// application/problem+json (`Problem`). The session cookie is set by the one-time link that `lacuna serve` shows, so the
// app does nothing about it: a 401 means "open the link that the terminal shows", or in a team "log in".
import type { components } from "./schema";

type Schemas = components["schemas"];

export type ClassName = string;
export type Ternary = Schemas["Ternary"];
/** Pixels as `[start, length, start, length, …]`: row-major indices of the upright picture, ascending, disjoint. */
export type Runs = Schemas["Vec"];
/**
 * Types the app tells apart: "conflict" (409, with entries), "stale" (409: the server does not know the edit's base any
 * more; load the annotation again and send the same edit with the new base), "busy", "unauthorized", "not-found",
 * "invalid", "nothing-to-train", "no-classes", "no-model"; in a team "logged-out", "wrong-password", "another-person" (all 401), 
 * "too-many-attempts" (429), "forbidden" (403).
 */
export type Problem = Schemas["Problem"];

export type Project = Omit<Schemas["Project"], "classes"> & { classes: Class[] };
export type Class = Omit<Schemas["Class"], "color"> & { color: [number, number, number] };
/** What a person may do here. */
export type Access = Schemas["TeamRole"];
export type Member = Schemas["TeamMember"];
export type FreshPassword = Schemas["FreshPassword"];
/** An entry of the log of a team. */
export type LoggedChange = Schemas["Change"];
/** A picture that two people read, each without seeing what the other says. */
export type Reading = Schemas["ReadingSummary"];
export type Taken = Schemas["TakenWord"];
/** How well two people agree, over all pictures that both have read to the end. */
export type AgreementTable = Schemas["AgreementTable"];
export type AgreementMean = Schemas["AgreementMean"];
export type PictureDifference = Schemas["PictureDifference"];
export type DifferenceSets = Schemas["DifferenceSets"];
export type CaseSummary = Schemas["CaseSummary"];
export type Part = Schemas["Part"];

export type Annotation = Omit<Schemas["Annotation"], "regions"> & { regions: Region[] };
export type Mask = Schemas["Mask"];
export type Region = Omit<Schemas["Region"], "polygon"> & { polygon?: [number, number][] };

export type Edit = Omit<Schemas["Edit"], "ops"> & { ops: Op[] };
export type Op = PaintOp | RegionsOp;
/** Sets pixels of one class. A "neither" stroke is one negative op a class; undo is an edit that sets pixels back. */
export type PaintOp = Extract<Schemas["Op"], { op: "paint" }>;
/** Replaces all regions of the case. */
export type RegionsOp = Omit<Extract<Schemas["Op"], { op: "regions" }>, "regions"> & { regions: Region[] };
/** An edit as it stands in the journal. */
export type Entry = Omit<Schemas["Entry"], "ops"> & { ops: Op[] };
export type Saved = Omit<Schemas["SavedEdit"], "missed"> & { missed: Entry[] };
export type Conflict = Problem & { entries: Entry[] };

export type Layer =
  | "painted-positive"
  | "painted-negative"
  | "accepted-positive"
  | "accepted-negative"
  | "background" // declared at import
  | "excluded" // negative because an exclusive class is positive here (or the whole is negative)
  | "part" // positive because a part of it is
  | "outside" // negative because outside the regions
  | "conflict"; // contradicting: counts as unknown
/** Layers may overlap. What is in no layer is unknown. */
export type Evidence = Omit<Schemas["Evidence"], "classes"> & { classes: Record<ClassName, Partial<Record<Layer, Runs>>> };

export type Decision = Schemas["Decision"];
/** Without an entry when the same decision was sent before. */
export type Decided = Saved & { entry?: Entry };

/** What a person showed of a class; `box` is left out where none was drawn. */
export type ProposalQuestion = Schemas["Question"];
export type Proposed = Schemas["Proposed"];

export type Strategy = Schemas["QueueStrategy"];
export type QueueItem = Schemas["QueueItem"];
export type Queue = Schemas["Queue"];

export type Job = Schemas["Job"];
export type Training = Schemas["Training"];
export type LogLine = Schemas["LogLine"];
export type Model = Schemas["Model"];

export type Point = Schemas["Point"];
export type AnsweredPoint = Schemas["AnsweredPoint"];
export type Answer = Schemas["Reply"];
/** 95 % interval, on all pixels of the held-back pictures, known or not. */
export type Interval = Schemas["Interval"];
export type ClassEstimate = Schemas["Estimates"];
export type Verification = Schemas["Verification"];
export type Gains = Schemas["Gains"];
export type ClassGain = Schemas["ClassGain"];

// GET /cases/{id}/prediction/{class}.png?version=N  8-bit grey PNG, 0–255 = probability 0–1. 404 when that version does not
//   know the class. Uncertainty (entropy) and class maps are made by the app.
// GET /events  server-sent events with ids; a reconnecting browser gets what it missed, or "reset" when that is too old or
//   of another start of the server.
//   event: edit      data: {case: string, entry: Entry}
//   event: training  data: Training               (at most 4 a second)
//   event: log       data: LogLine
//   event: model     data: {version: number}      a new or another current model: predictions are worth fetching again
//   event: cases     data: {}                     the list of cases changed
//   event: readings  data: {cases: string[]}      who reads them separately, or how far that is, changed
//   event: project   data: {}                     classes, or which exclude each other, changed
//   event: reset     data: {}                     load everything again
