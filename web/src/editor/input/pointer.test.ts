import { describe, expect, it } from "vitest";
import type { Point } from "../geometry/point";
import type { Contact, Tool } from "../tools/tool";
import type { Stage } from "../view/stage";
import { PointerInput } from "./pointer";

type Kind = "mouse" | "pen" | "touch";

/** A stage without pixels, and what its tool was told. */
function desk() {
  const told: string[] = [];
  const pressures: (number | undefined)[] = [];
  const element = Object.assign(new EventTarget(), { setPointerCapture: () => {}, getBoundingClientRect: () => ({ left: 0, top: 0 }) });
  const tell = (what: string) => (at: { x: number }) => void told.push(`${what} ${at.x}`);
  const tool = {
    press: tell("press"),
    release: tell("release"),
    hover: () => {},
    drag: (path: Contact[]) => {
      pressures.push(path[0].pressure);
      tell("drag")(path[0]);
    },
    cancel: () => void told.push("cancel"),
  } as unknown as Tool;
  const stage = { at: (point: Point) => point, look: () => void told.push("look") } as unknown as Stage;
  const host = { stage, tool: () => tool, panning: () => false, resize: () => false, onhover: () => {}, onpress: () => {} };
  new PointerInput(element as unknown as HTMLElement, host);
  const send = (type: string, pointerType: Kind, pointerId: number, x: number, more: { pressure?: number; timeStamp?: number } = {}) => {
    const event = Object.assign(new Event(type), { pointerType, pointerId, clientX: x, clientY: 0, button: 0, shiftKey: false });
    if (more.timeStamp !== undefined) Object.defineProperty(event, "timeStamp", { value: more.timeStamp });
    element.dispatchEvent(Object.assign(event, { getCoalescedEvents: () => [], pressure: more.pressure ?? 0.5 }));
  };
  return { told, pressures, send };
}

describe("PointerInput", () => {
  it("does not hear a palm beside a pen, nor two", () => {
    const { told, send } = desk();
    send("pointerdown", "pen", 1, 10);
    send("pointerdown", "touch", 2, 50);
    send("pointerdown", "touch", 3, 60);
    send("pointermove", "touch", 2, 51);
    send("pointermove", "pen", 1, 11);
    send("pointerup", "touch", 2, 51);
    send("pointercancel", "touch", 3, 60);
    send("pointermove", "pen", 1, 12);
    send("pointerup", "pen", 1, 12);
    expect(told).toEqual(["press 10", "drag 11", "drag 12", "release 12"]);
  });

  it("listens to the pen when the hand came down before it", () => {
    const { told, send } = desk();
    send("pointerdown", "touch", 2, 50);
    send("pointerdown", "pen", 1, 10);
    send("pointermove", "touch", 2, 51);
    send("pointerdown", "touch", 3, 60);
    send("pointerup", "pen", 1, 10);
    expect(told).toEqual(["press 50", "cancel", "press 10", "release 10"]);
  });

  it("knows the hand for a second after the pen was near, and a finger then", () => {
    const { told, send } = desk();
    send("pointermove", "pen", 1, 10, { timeStamp: 100 });
    send("pointerdown", "touch", 2, 50, { timeStamp: 900 });
    send("pointermove", "touch", 2, 55, { timeStamp: 1500 });
    send("pointerup", "touch", 2, 55, { timeStamp: 1600 });
    send("pointerdown", "touch", 2, 60, { timeStamp: 1700 });
    send("pointerup", "touch", 2, 60, { timeStamp: 1800 });
    expect(told).toEqual(["press 60", "release 60"]);
  });

  it("tells how hard a pen is pressed, if it feels that, and nothing of a mouse", () => {
    const { pressures, send } = desk();
    for (const kind of ["pen", "mouse"] as const) {
      send("pointerdown", kind, 1, 10);
      for (const pressure of [0.5, 0.3, 0.5]) send("pointermove", kind, 1, 11, { pressure });
      send("pointerup", kind, 1, 11);
    }
    expect(pressures).toEqual([undefined, 0.3, 0.5, undefined, undefined, undefined]);
  });

  it("takes a second finger for a pinch, and a third for nothing", () => {
    const { told, send } = desk();
    send("pointerdown", "touch", 1, 10);
    send("pointerdown", "touch", 2, 50);
    send("pointermove", "touch", 2, 60);
    send("pointerdown", "touch", 3, 90);
    for (const id of [1, 2, 3]) send("pointerup", "touch", id, 60);
    send("pointerdown", "touch", 4, 20);
    expect(told).toEqual(["press 10", "cancel", "look", "press 20"]);
  });
});
