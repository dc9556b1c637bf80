import type { Proposed, ProposalQuestion, Region } from "../../api/types";
import type { Desk } from "../desk.svelte";
import type { PartMask } from "../geometry/flood";
import { hundredths } from "../geometry/box";
import type { Point } from "../geometry/point";
import type { Rect } from "../labels/planes";
import type { Work } from "../work.svelte";

/** What a tool may use. */
export interface Bench {
  readonly work: Work;
  readonly desk: Desk;
  /** Picture pixels of so many CSS pixels on the screen: how near is near. */
  reach(cssPixels: number): number;
  suggest(at: Point): void;
  /** What of the picture is on the screen. */
  visible(): Rect;
  /** RGBA of a part of the picture; null while it is not there. */
  pixels(rect: Rect): Uint8ClampedArray | null;
  /** Shows what a press would paint, or what is proposed and scribbled (see `PreviewLayer`). */
  preview(part: PartMask | null): void;
  /** Asks the server which region is meant. */
  propose(question: ProposalQuestion, signal: AbortSignal): Promise<Proposed>;
}

/** Where a tool is held. */
export interface Contact extends Point {
  /** How hard, 0–1, where a pen feels it. */
  readonly pressure?: number | undefined;
}

export interface Pressing {
  shift: boolean;
}

/** Pointer and keyboard do the same things to a tool; all places are in picture pixels. */
export interface Tool {
  /** One key press makes a whole click; otherwise the first presses and the next releases. */
  readonly clicks: boolean;
  /** Enter presses and, again, releases; otherwise it clicks, and finishes what is begun. */
  readonly holds: boolean;
  /** With shift, Enter presses and releases in any case: a box is drawn. */
  readonly frames: boolean;
  /** Undo takes back the last step of what is begun, and not the last edit. */
  readonly retracts: boolean;
  /** Something is begun and not ended. */
  readonly busy: boolean;
  press(at: Contact, how: Pressing): void;
  drag(path: readonly Contact[]): void;
  release(at: Point): void;
  /** Moved without being pressed. */
  hover(at: Point): void;
  /** The pointer is gone. */
  leave(): void;
  /** What it would do has changed. */
  refresh(): void;
  /** Enter or a double click. */
  finish(): void;
  cancel(): void;
  /** Another tool is taken: gives up everything. */
  putDown(): void;
  /** Takes the last step of something begun back. */
  stepBack(): void;
}

/** Does nothing but what a tool adds to it. */
export abstract class IdleTool implements Tool {
  readonly clicks: boolean = false;
  readonly holds: boolean = true;
  readonly frames: boolean = false;
  abstract get busy(): boolean;
  get retracts(): boolean {
    return false;
  }
  press(_at: Contact, _how: Pressing): void {}
  drag(_path: readonly Contact[]): void {}
  release(_at: Point): void {}
  hover(_at: Point): void {}
  leave(): void {}
  refresh(): void {}
  finish(): void {}
  cancel(): void {}
  putDown(): void {
    this.cancel();
  }
  stepBack(): void {
    this.cancel();
  }
}

/** In the hand of those who only look. */
export class LookingTool extends IdleTool {
  readonly busy = false;
}

/** Adds a region drawn here, and selects it. */
export function addRegion({ work, desk }: Bench, shape: Pick<Region, "box" | "polygon">): void {
  const { author, role } = desk.project();
  const time = new Date().toISOString();
  work.setRegions([...work.regions, { ...shape, author, role, origin: "lacuna", time }]);
  desk.selected = work.regions.length - 1;
  desk.say(`Region ${work.regions.length} added`);
}

export function polygonOf(points: readonly Point[]): [number, number][] {
  return points.map(({ x, y }) => [hundredths(x), hundredths(y)]);
}
