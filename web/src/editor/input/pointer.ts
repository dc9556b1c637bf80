import type { Point } from "../geometry/point";
import type { Contact, Pressing, Tool } from "../tools/tool";
import type { Stage } from "../view/stage";
import { Palm } from "./palm";
import { PenPressure } from "./pen-pressure";
import { Pinch } from "./pinch";

export interface PointerHost {
  stage: Stage;
  tool(): Tool;
  /** Panning is asked for by a held key. */
  panning(): boolean;
  /** Brush size by wheel; false when the tool has none. */
  resize(factor: number): boolean;
  /** The pointer is here (CSS pixels from the stage's corner), or gone. */
  onhover(at: Point | null): void;
  onpress(): void;
}

type Gesture = "none" | "tool" | "pan" | "pinch";

const WHEEL_ZOOM = 0.0015;
const WHEEL_SIZE = 0.0012;

/** Mouse, pen and fingers on the stage. */
export class PointerInput {
  private gesture: Gesture = "none";
  /** Whose gesture it is, unless it is a pinch. */
  private holder = 0;
  private last: Point = { x: 0, y: 0 };
  private readonly pinch: Pinch;
  private readonly palm = new Palm();
  private readonly pressure = new PenPressure();
  private corner: Point | null = null;

  constructor(
    private readonly element: HTMLElement,
    private readonly host: PointerHost,
  ) {
    this.pinch = new Pinch(host.stage);
    element.addEventListener("pointerdown", (event) => this.down(event));
    element.addEventListener("pointermove", (event) => this.move(event));
    element.addEventListener("pointerup", (event) => this.up(event));
    element.addEventListener("pointercancel", (event) => this.lost(event));
    element.addEventListener("pointerleave", () => this.host.onhover(null));
    element.addEventListener("dblclick", () => this.host.tool().clicks && this.host.tool().finish());
    element.addEventListener("wheel", (event) => this.wheel(event), { passive: false });
    element.addEventListener("contextmenu", (event) => event.preventDefault());
  }

  /** The stage moved on the page. Asking for its place on every event would make the browser lay the page out. */
  moved(): void {
    this.corner = null;
  }

  private place(event: MouseEvent): Point {
    if (!this.corner) {
      const { left, top } = this.element.getBoundingClientRect();
      this.corner = { x: left, y: top };
    }
    return { x: event.clientX - this.corner.x, y: event.clientY - this.corner.y };
  }

  private down(event: PointerEvent): void {
    // Cards that lie on the stage take their own clicks.
    if (event.target !== this.element && !(event.target instanceof HTMLCanvasElement)) return;
    if (this.palm.rejects(event)) return;
    if (this.isHand(event)) this.giveUp();
    else if (this.isBeside(event) && !(event.pointerType === "touch" && this.pinch.fingers > 0)) return;
    this.moved();
    this.last = this.place(event);
    this.element.setPointerCapture(event.pointerId);
    if (event.pointerType === "touch" && this.pinch.down(event.pointerId, this.last)) return this.startPinch();
    if (this.gesture === "pinch") return;
    this.holder = event.pointerId;
    if (event.button === 1 || this.host.panning()) this.gesture = "pan";
    else if (event.button === 0) this.pressTool(event);
    if (event.button === 1) event.preventDefault();
  }

  /** Another pointer than the one whose gesture it is: a palm beside a pen, a mouse that was touched. */
  private isBeside(event: PointerEvent): boolean {
    return (this.gesture === "tool" || this.gesture === "pan") && event.pointerId !== this.holder;
  }

  /** What touched the stage before this pen was the hand that holds it. */
  private isHand(event: PointerEvent): boolean {
    return event.pointerType === "pen" && this.pinch.fingers > 0;
  }

  private giveUp(): void {
    if (this.gesture === "tool") this.host.tool().cancel();
    this.pinch.clear();
    this.gesture = "none";
  }

  private pressTool(event: PointerEvent): void {
    this.gesture = "tool";
    const at = this.contact(event);
    const how: Pressing = { shift: event.shiftKey };
    this.host.onpress();
    this.host.tool().press(at, how);
  }

  private startPinch(): void {
    // The first finger's stroke was the beginning of a pinch.
    if (this.gesture === "tool") this.host.tool().cancel();
    this.gesture = "pinch";
  }

  private move(event: PointerEvent): void {
    if (this.palm.rejects(event) || this.isBeside(event)) return;
    const at = this.place(event);
    this.host.onhover(at);
    if (this.gesture === "pinch") this.pinch.move(event.pointerId, at);
    else if (this.gesture === "pan") this.pan(at);
    else if (this.gesture === "tool") this.host.tool().drag(this.path(event));
    else this.host.tool().hover(this.host.stage.at(at));
    this.last = at;
  }

  private path(event: PointerEvent): Contact[] {
    const events = event.getCoalescedEvents();
    return (events.length > 0 ? events : [event]).map((each) => this.contact(each));
  }

  private contact(event: PointerEvent): Contact {
    return { ...this.host.stage.at(this.place(event)), pressure: this.pressure.of(event) };
  }

  private pan(at: Point): void {
    this.host.stage.look((view) => view.pan((at.x - this.last.x) * view.density, (at.y - this.last.y) * view.density));
  }

  private up(event: PointerEvent): void {
    if (this.palm.rejects(event)) return;
    this.pinch.up(event.pointerId);
    if (this.isBeside(event)) return;
    if (this.gesture === "tool") this.host.tool().release(this.host.stage.at(this.place(event)));
    if (this.gesture !== "pinch" || this.pinch.fingers === 0) this.gesture = "none";
  }

  private lost(event: PointerEvent): void {
    if (this.palm.rejects(event)) return;
    this.pinch.up(event.pointerId);
    if (this.isBeside(event)) return;
    if (this.gesture === "tool") this.host.tool().cancel();
    this.gesture = "none";
  }

  private wheel(event: WheelEvent): void {
    event.preventDefault();
    const { stage } = this.host;
    const at = this.place(event);
    const turn = pixels(event.deltaY, event);
    if (event.ctrlKey || event.metaKey) this.zoom(at, Math.exp(-turn * WHEEL_ZOOM * (Math.abs(turn) < 50 ? 6 : 1)));
    else if (event.shiftKey || event.deltaX !== 0 || !this.host.resize(Math.exp(-turn * WHEEL_SIZE))) {
      const across = pixels(event.deltaX, event);
      const sideways = event.shiftKey && across === 0;
      stage.look((view) => view.pan(-(sideways ? turn : across) * view.density, sideways ? 0 : -turn * view.density));
    }
  }

  private zoom(at: Point, factor: number): void {
    this.host.stage.look((view) => view.zoomTo(view.scale * factor, { x: at.x * view.density, y: at.y * view.density }));
  }
}

/** Some browsers count a wheel in lines. */
function pixels(delta: number, event: WheelEvent): number {
  return event.deltaMode === WheelEvent.DOM_DELTA_LINE ? delta * 33 : delta;
}
