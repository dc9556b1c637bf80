// What the server and the app say to each other. All paths begin with /api. Errors are application/problem+json
// (`Problem`). Requests that change something are JSON; the session cookie is set by the one-time link that
// `lacuna serve` opens, so the app does nothing about it: a 401 means "open the link that the terminal shows".

export type ClassName = string;
export type Ternary = "unknown" | "negative" | "positive";
export type Part = "train" | "validation" | "test";

/** Pixels as `[start, length, start, length, …]`: row-major indices of the upright picture, ascending, disjoint. */
export type Runs = number[];

export interface Problem {
  type: string; // "conflict" | "not-found" | "unauthorized" | "invalid" | "busy" | "nothing-to-train" | …
  title: string;
  status: number;
  detail: string;
  hint?: string;
}

// GET /project
export interface Project {
  name: string;
  classes: Class[];
  /** Groups of classes of which a pixel has at most one. */
  exclusive: ClassName[][];
  part_of: { part: ClassName; whole: ClassName }[];
  /** Who paints, as written into the journal. */
  author: string;
  role: "expert" | "non-expert";
  /** A data set made by `--demo`: show a welcome with what to try. */
  demo: boolean;
  /** Version of the program. */
  version: string;
}
export interface Class {
  name: ClassName;
  /** sRGB, 0–255. */
  color: [number, number, number];
}
// POST /classes  body Class without color or with: adds a class, answers Project
// PUT /exclusive body ClassName[][]: answers Project

// GET /cases → CaseSummary[], sorted by id
export interface CaseSummary {
  id: string;
  group: string | null;
  width: number;
  height: number;
  part: Part | null;
  /** Number of the last edit. */
  seq: number;
  /** Share of class-pixels that somebody painted (or accepted), 0–1. */
  painted: number;
  regions: number;
}
// POST /cases?name=photo.jpg  body the picture's bytes: adds a case, answers CaseSummary
// GET /cases/{id}/image      a JPEG, PNG or WebP that the browser shows upright, of width × height
// GET /cases/{id}/thumbnail  a JPEG of at most 256 pixels a side

// GET /cases/{id}/annotation → Annotation
export interface Annotation {
  /** Number of the last edit in it; the `base` of the next. */
  seq: number;
  width: number;
  height: number;
  masks: Record<ClassName, Mask>;
  regions: Region[];
}
export interface Mask {
  positive: Runs;
  negative: Runs;
  /** Subset of the two above: what a model suggested and a person accepted, not painted. */
  accepted: Runs;
}
/** Everything of interest is inside. Pixels, x right, y down; degrees clockwise about the box's own top-left corner. */
export interface Region {
  box?: { x: number; y: number; width: number; height: number; rotation: number };
  polygon?: [number, number][];
  author: string;
  role: "expert" | "non-expert" | "model";
  /** "lacuna" when drawn in this app. */
  origin: string;
  score?: number;
  model_version?: string;
  time?: string;
}

// POST /cases/{id}/edits  body Edit → Saved, or 409 Conflict. Answered only when the edit is safely on the disk.
// The same `id` sent again (after a lost connection) is answered as before and applied once.
export interface Edit {
  /** A UUID made by the client. */
  id: string;
  /** One name a browser tab, made by the client. */
  client: string;
  /** The last `seq` this client knows. */
  base: number;
  /** Applied in order, all or none. */
  ops: Op[];
  /** After a conflict: keep mine. */
  force?: boolean;
}
export type Op = PaintOp | RegionsOp;
/** Sets pixels of one class. A "neither" stroke is one negative op a class; undo is an edit that sets pixels back. */
export interface PaintOp {
  op: "paint";
  class: ClassName;
  value: Ternary;
  /** Default "painted". "accepted" only with positive or negative. */
  origin?: "painted" | "accepted";
  runs: Runs;
}
/** Replaces all regions of the case. */
export interface RegionsOp {
  op: "regions";
  regions: Region[];
}
/** An edit as it stands in the journal. */
export interface Entry {
  seq: number;
  id: string;
  client: string;
  author: string;
  time: string; // RFC 3339
  ops: Op[];
}
export interface Saved {
  seq: number;
  /** What other clients did since `base`: apply these, in order of `seq`, below one's own. */
  missed: Entry[];
}
/** Others set some of the same pixels to another value since `base`. Nothing was written. */
export interface Conflict extends Problem {
  entries: Entry[];
}

// GET /cases/{id}/evidence → Evidence: what training will believe of each pixel, and why
export interface Evidence {
  seq: number;
  width: number;
  height: number;
  /** Layers may overlap. What is in no layer is unknown. */
  classes: Record<ClassName, Partial<Record<Layer, Runs>>>;
}
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

// GET /cases/{id}/prediction/{class}.png?version=N  8-bit grey PNG, 0–255 = probability 0–1, the picture scaled so that
//   no side is over 1024. 404 when there is no model yet. Uncertainty (entropy) and class maps are made by the app.

// POST /cases/{id}/suggestions  body Decision → Decided. Accepts or rejects the connected predicted area around a
//   point. The server makes an ordinary edit of it (only pixels nobody painted; origin "accepted").
export interface Decision {
  id: string;
  client: string;
  base: number;
  /** The model's version whose prediction is on the screen. */
  version: number;
  class: ClassName;
  x: number;
  y: number;
  /** reject: not this class; neither: none of the classes. */
  decision: "accept" | "reject" | "neither";
}
export interface Decided extends Saved {
  entry: Entry;
}

// GET /queue?strategy=foreground|random|entropy (without: the default) → Queue
export type Strategy = "foreground" | "random" | "entropy";
export interface Queue {
  strategy: Strategy;
  default: Strategy;
  /** Best first. */
  items: QueueItem[];
}
export interface QueueItem {
  case: string;
  /** Where to look, in pixels of the picture; null: anywhere. */
  point: { x: number; y: number } | null;
  score: number | null;
  /** One short sentence. */
  why: string;
}

// GET /training → Training;  POST /training → 202 Training (starts; 409 busy; 422 nothing-to-train)
// POST /training/stop → 202;  POST /training/resume → 202;  PUT /training/auto body {after: number|null} → Training
export interface Training {
  state: "idle" | "running" | "stopping" | "stopped" | "failed";
  /** The work at hand, or the last. */
  job: Job | null;
  /** Why it failed. */
  error: string | null;
  /** Edits after which a training starts by itself. */
  auto_after: number | null;
  /** Edits since the last training began. */
  edits: number;
}
export interface Job {
  /** Version the model will have. */
  version: number;
  started: string;
  cases: number;
  epoch: number;
  epochs: number;
  /** Steps done and to do, in all. */
  step: number;
  steps: number;
  /** Of each epoch until now; null where it does not exist. */
  losses: (number | null)[];
  /** On known validation pixels. */
  dice: (number | null)[];
  seconds_left: number | null;
}
// GET /models → Model[], newest first;  PUT /models/current body {version} → Model[]: rolls back (or forward)
export interface Model {
  version: number;
  time: string;
  /** Pictures trained on. */
  cases: number;
  epochs: number;
  /** On known validation pixels, per class and mean; null where it does not exist. */
  dice: Record<ClassName, number | null>;
  mean_dice: number | null;
  current: boolean;
}

// GET /verifications → Verification[], newest first;  POST /verifications body {points?: number, seed?: number} → Verification
// GET /verifications/{id} → Verification
// POST /verifications/{id}/answers body {index, answer} → Verification (answering again replaces)
export interface Verification {
  id: string;
  /** The model it is about. */
  version: number;
  time: string;
  points: number;
  answered: number;
  /** The next unanswered point; null when all are answered. What the model says there is not shown. */
  next: Point | null;
  /** From what is answered until now; null while there is too little. */
  estimates: Record<ClassName, ClassEstimate> | null;
}
export interface Point {
  index: number;
  case: string;
  /** The pixel, its column and row. */
  x: number;
  y: number;
  class: ClassName;
}
export type Answer = "yes" | "no" | "unsure";
export interface ClassEstimate {
  dice: Interval | null;
  precision: Interval | null;
  recall: Interval | null;
}
/** 95 % interval. On all pixels of the held-back pictures, known or not. */
export interface Interval {
  value: number;
  low: number;
  high: number;
}

// GET /events  server-sent events with ids; a reconnecting browser gets what it missed, or "reset" when that is too old.
//   event: edit      data: {case: string, entry: Entry}
//   event: training  data: Training               (at most 4 a second)
//   event: log       data: {time: string, line: string}
//   event: model     data: {version: number}      a new or another current model: predictions are worth fetching again
//   event: cases     data: {}                     the list of cases changed
//   event: reset     data: {}                     load everything again
