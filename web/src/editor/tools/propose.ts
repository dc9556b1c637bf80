import type { ClassName, Proposed, ProposalQuestion } from "../../api/types";
import { boxCorners, uprightBox } from "../geometry/box";
import { discRuns, sweptRuns } from "../geometry/brush";
import type { PartMask } from "../geometry/flood";
import { inside, type Point } from "../geometry/point";
import { acceptProposal } from "../labels/accept";
import type { Rect } from "../labels/planes";
import { countPixels } from "../labels/runs";
import { fillPart, NOTHING, runsOf, SCRIBBLED_NO, SCRIBBLED_YES, Scribbles, SUGGESTED, type Scribbled } from "../labels/scribbles";
import { Inquiry } from "./inquiry";
import { IdleTool, type Bench, type Pressing } from "./tool";

/** Picture pixels around what was drawn: a proposal must not run off to where nobody looks. */
const FARTHEST = 1024;
/** Narrower boxes are slips of the hand: CSS pixels. */
const LEAST = 4;

/** The stroke or box in hand. */
type Held = { kind: "stroke"; last: Point; radius: number } | { kind: "box"; corner: Point; to: Point };

/**
 * Asks the server which region is meant by scribbles or a box. Until Enter nothing of it is paint; the region becomes
 * evidence only then.
 */
export class ProposeTool extends IdleTool {
  override readonly holds = false;
  override readonly frames = true;
  private readonly scribbles: Scribbles;
  private readonly inquiry: Inquiry<ProposalQuestion, Proposed>;
  private held: Held | null = null;
  /** What is seen: the region of the last answer with the scribbles over it. */
  private shown: PartMask | null = null;
  /** The class that was asked about last, and the one whose region is seen. */
  private asked: ClassName | null = null;
  private found: ClassName | null = null;

  constructor(private readonly bench: Bench) {
    super();
    this.scribbles = new Scribbles(bench.work.planes.width);
    this.inquiry = new Inquiry({
      ask: (question, signal) => bench.propose(question, signal),
      onanswer: (answer, question) => this.answered(answer, question),
      onfailure: (error) => this.tell({ failed: error instanceof Error ? error.message : String(error) }),
    });
  }

  get busy(): boolean {
    return this.held !== null || !this.scribbles.empty;
  }

  override get retracts(): boolean {
    return !this.scribbles.empty;
  }

  override press(at: Point, { shift }: Pressing): void {
    if (this.held) this.release(this.held.kind === "box" ? this.held.to : this.held.last);
    const { desk, work } = this.bench;
    if (!desk.activeClass) return desk.say("Choose a class: nothing can be proposed for neither");
    this.inquiry.drop();
    if (shift) return this.pressBox(inside(at, work.planes));
    this.held = { kind: "stroke", last: at, radius: desk.radius };
    this.scribbles.begin(this.value());
    this.draw(discRuns(at, desk.radius, work.planes));
  }

  override drag(path: readonly Point[]): void {
    if (this.held?.kind === "box") return this.pressBox(this.held.corner, path[path.length - 1]);
    for (const point of path) this.moveTo(point);
  }

  override release(at: Point): void {
    const { held } = this;
    this.held = null;
    if (held?.kind === "box") this.enclose(held.corner, at);
    if (held) this.ask();
  }

  /** Accepts what is proposed. */
  override finish(): void {
    const { desk, work } = this.bench;
    const { shown, found } = this;
    if (!shown || !found || this.inquiry.open) return desk.say("Nothing is proposed yet");
    const pixels = count(shown, SUGGESTED) + count(shown, SCRIBBLED_YES);
    const project = desk.project();
    this.clear();
    work.paint(acceptProposal(project, work.planes, found, shown));
    desk.say(`${found}: ${pixels} pixels accepted`);
  }

  /** What is in hand or, without, everything that was drawn. */
  override cancel(): void {
    if (!this.held) return this.clear();
    if (this.held.kind === "stroke") this.scribbles.stepBack();
    this.held = null;
    this.bench.desk.draft = null;
    this.again();
  }

  override putDown(): void {
    this.held = null;
    this.clear();
  }

  override stepBack(): void {
    this.scribbles.stepBack();
    this.again();
  }

  /** Another class is asked about. */
  override refresh(): void {
    const { activeClass } = this.bench.desk;
    if (this.scribbles.empty || this.held) return;
    if (!activeClass) this.clear();
    else if (activeClass !== this.asked) this.ask();
  }

  private value(): Scribbled {
    const { desk } = this.bench;
    if (desk.erasing) return NOTHING;
    return desk.answer === "no" ? SCRIBBLED_NO : SCRIBBLED_YES;
  }

  private moveTo(to: Point): void {
    if (this.held?.kind !== "stroke") return;
    const { last, radius } = this.held;
    this.held.last = to;
    this.draw(sweptRuns(last, to, radius, this.bench.work.planes));
  }

  /** At once what the hand does; the region follows when the server has answered. */
  private draw(runs: number[]): void {
    this.scribbles.add(runs);
    this.shown ??= this.scribbles.over(this.window());
    fillPart(this.shown, runs, this.value(), this.bench.work.planes.width);
    this.bench.preview(this.shown);
  }

  private pressBox(corner: Point, to: Point = corner): void {
    const end = inside(to, this.bench.work.planes);
    this.held = { kind: "box", corner, to: end };
    this.bench.desk.draft = { points: boxCorners(uprightBox(corner, end)), closed: true };
  }

  private enclose(corner: Point, at: Point): void {
    const { desk, work, reach } = this.bench;
    desk.draft = null;
    const { x, y, width, height } = uprightBox(corner, inside(at, work.planes));
    if (Math.min(width, height) < reach(LEAST)) return;
    this.scribbles.enclose({ x0: Math.floor(x), y0: Math.floor(y), x1: Math.ceil(x + width), y1: Math.ceil(y + height) });
  }

  /** After something was taken back. */
  private again(): void {
    if (this.scribbles.empty) return this.clear();
    this.shown = null;
    this.ask();
  }

  private ask(): void {
    const name = this.bench.desk.activeClass;
    if (!name || this.scribbles.empty) return;
    if (!this.shown) {
      this.shown = this.scribbles.over(this.window());
      this.bench.preview(this.shown);
    }
    this.asked = name;
    this.found = null;
    if (!this.scribbles.shows) return this.tell({});
    this.inquiry.put(() => this.question(name));
    this.tell({ working: true });
  }

  private question(name: ClassName): ProposalQuestion {
    const rect = this.window();
    const part = this.scribbles.over(rect);
    const { width } = this.bench.work.planes;
    const { box } = this.scribbles;
    const question = { class: name, window: boxOf(rect), positive: runsOf(part, SCRIBBLED_YES, width), negative: runsOf(part, SCRIBBLED_NO, width) };
    return box ? { ...question, box: boxOf(box) } : question;
  }

  private answered({ suggested }: Proposed, { class: name, window: { x, y, width, height } }: ProposalQuestion): void {
    const part = this.scribbles.over({ x0: x, y0: y, x1: x + width, y1: y + height });
    const region = { rect: part.rect, data: new Uint8Array(part.data.length) };
    fillPart(region, suggested, SUGGESTED, this.bench.work.planes.width);
    part.data.forEach((value, i) => {
      if (value === NOTHING) part.data[i] = region.data[i];
    });
    this.shown = part;
    this.found = name;
    this.bench.preview(part);
    this.tell({ pixels: countPixels(suggested) });
  }

  /** What is seen of the picture around what was drawn, and all of what was drawn. */
  private window(): Rect {
    const { visible, work } = this.bench;
    const seen = visible();
    const drawn = this.scribbles.bounds() ?? seen;
    return {
      x0: Math.max(0, Math.min(drawn.x0, Math.max(Math.floor(seen.x0), drawn.x0 - FARTHEST))),
      y0: Math.max(0, Math.min(drawn.y0, Math.max(Math.floor(seen.y0), drawn.y0 - FARTHEST))),
      x1: Math.min(work.planes.width, Math.max(drawn.x1, Math.min(Math.ceil(seen.x1), drawn.x1 + FARTHEST))),
      y1: Math.min(work.planes.height, Math.max(drawn.y1, Math.min(Math.ceil(seen.y1), drawn.y1 + FARTHEST))),
    };
  }

  private clear(): void {
    this.inquiry.drop();
    this.scribbles.clear();
    this.shown = null;
    this.asked = null;
    this.found = null;
    this.bench.preview(null);
    this.bench.desk.draft = null;
    this.bench.desk.proposal = null;
  }

  private tell(state: { working?: boolean; pixels?: number; failed?: string }): void {
    const { desk } = this.bench;
    desk.proposal = { working: false, pixels: null, failed: null, ...state };
    if (state.failed) desk.say(`Nothing could be proposed: ${state.failed}`);
    if (state.pixels !== undefined) desk.say(`${state.pixels} pixels proposed; Enter accepts, Escape discards`);
  }
}

function boxOf({ x0, y0, x1, y1 }: Rect): ProposalQuestion["window"] {
  return { x: x0, y: y0, width: x1 - x0, height: y1 - y0 };
}

function count({ data }: PartMask, value: number): number {
  return data.reduce((sum, each) => sum + Number(each === value), 0);
}
