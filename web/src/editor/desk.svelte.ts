import { RIGHTS, type Rights } from "../api/rights";
import type { ClassName, Project, Region } from "../api/types";
import { restoreDesk } from "./desk-memory";
import { LARGEST_RADIUS, SMALLEST_RADIUS } from "./geometry/brush";
import { clamp, type Point } from "./geometry/point";
import { eraserTargets, noTargets, yesTargets, type Subject, type Target } from "./labels/target";

export type ToolName = "brush" | "eraser" | "lasso" | "fill" | "propose" | "box" | "rotated" | "polygon" | "select" | "suggest";

/** These leave every pixel alone. */
const DRAWS: readonly ToolName[] = ["box", "rotated", "polygon", "select"];

/** What is said of the pixels that a tool reaches; *unknown* takes back what was said. */
export type Answer = "yes" | "no" | "unknown";

/** Of a channel, 0–255: beyond it nearly everything is similar. */
export const LARGEST_TOLERANCE = 128;

/** An outline that is being drawn. */
export interface Draft {
  points: readonly Point[];
  closed: boolean;
  /** Drawn by hand: it has no corners, and its inside is meant. */
  freehand?: boolean;
}

/** How far a proposal is: asked for, answered with so many pixels, or failed. */
export interface Proposal {
  working: boolean;
  pixels: number | null;
  failed: string | null;
}

/** A region that is being changed, as it would be. */
export interface Editing {
  index: number;
  region: Region;
}

/** What lies at hand: the tool, the class, yes or no, the size of the brush, and what is half drawn. */
export class Desk {
  tool: ToolName = $state("brush");
  subject: Subject = $state("neither");
  answer: Answer = $state("yes");
  radius = $state(24);
  /** How far a channel of a colour may be from that under a fill, 0–255. */
  tolerance = $state(24);
  /** Whether a brush is smaller when a pen is pressed less. */
  pressure = $state(true);
  draft: Draft | null = $state.raw(null);
  editing: Editing | null = $state.raw(null);
  selected: number | null = $state(null);
  /** Of the scribbles that are drawn; null without any. */
  proposal: Proposal | null = $state.raw(null);
  /** Overlay off while a key is held. */
  hidden = $state(false);
  /** Where the keyboard's crosshair is; null until it is used. */
  crosshair: Point | null = $state.raw(null);
  /** For those who cannot see it. */
  spoken = $state("");

  constructor(readonly project: () => Project) {
    const { classes, role } = project();
    this.subject = classes[0]?.name ?? "neither";
    if (role === "non-expert") this.tool = "box";
    restoreDesk(this);
    if (!this.allows(this.tool)) this.tool = this.may.draw ? "box" : "select";
  }

  /** What this person may do in the picture. */
  get may(): Rights {
    return RIGHTS[this.project().access];
  }

  allows(tool: ToolName): boolean {
    return DRAWS.includes(tool) ? this.may.draw : this.may.paint;
  }

  /** Whoever does not paint leaves the regions of others alone. */
  owns(region: Region): boolean {
    return this.may.paint || (this.may.draw && region.author === this.project().author);
  }

  /** What a stroke does now. */
  targets(): Target[] {
    if (this.erasing) return eraserTargets(this.project(), this.subject);
    if (this.subject === "neither" || this.answer === "no") return noTargets(this.project(), this.subject);
    return yesTargets(this.project(), this.subject);
  }

  choose(subject: Subject): void {
    this.subject = subject;
    this.say(this.stroke());
  }

  chooseNumber(number: number): void {
    const found = number === 0 ? "neither" : this.project().classes[number - 1]?.name;
    if (found) this.choose(found);
  }

  flip(): void {
    this.give(this.answer === "yes" ? "no" : "yes");
  }

  give(answer: Answer): void {
    this.answer = answer;
    this.say(this.stroke());
  }

  /** The brush or, with it in hand, what a fill takes; answers whether the tool has either. */
  resize(factor: number): boolean {
    if (this.tool === "fill") this.setTolerance(this.tolerance * factor, Math.sign(factor - 1));
    else this.setRadius(this.radius * factor);
    return this.tool === "fill" || this.brushing;
  }

  private setTolerance(tolerance: number, step: number): void {
    const rounded = Math.round(tolerance);
    this.tolerance = clamp(rounded === this.tolerance ? rounded + step : rounded, 0, LARGEST_TOLERANCE);
  }

  usePressure(used: boolean): void {
    this.pressure = used;
    this.say(used ? "A pen’s pressure scales the brush" : "A pen’s pressure does nothing");
  }

  /** In words, what `resize` changes. */
  get size(): string {
    return this.tool === "fill" ? `Tolerance ${this.tolerance}` : `Brush radius ${this.radius} pixels`;
  }

  setRadius(radius: number): void {
    const step = radius < 10 ? 2 : 1;
    const rounded = Math.round(radius * step) / step;
    // A small factor must not round back to where it started.
    const moved = rounded === this.radius && radius !== this.radius ? rounded + Math.sign(radius - rounded) / step : rounded;
    this.radius = clamp(moved, SMALLEST_RADIUS, LARGEST_RADIUS);
  }

  /** In words, what a stroke does now. */
  stroke(): string {
    if (!this.may.paint) return this.may.draw ? "Regions only" : "To look at";
    const whose = this.subject === "neither" ? "every class" : this.subject;
    if (this.erasing) return `Erase ${whose} to unknown`;
    if (this.subject === "neither") return "Neither: no for every class";
    return `${whose}: ${this.answer}`;
  }

  say(text: string): void {
    this.spoken = text;
  }

  get brushing(): boolean {
    return this.tool === "brush" || this.tool === "eraser" || this.tool === "propose";
  }

  get erasing(): boolean {
    return this.tool === "eraser" || this.answer === "unknown";
  }

  get activeClass(): ClassName | null {
    return this.subject === "neither" ? null : this.subject;
  }
}
