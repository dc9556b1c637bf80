/** Milliseconds after a pen was near in which a touch is the hand that holds it. */
const HAND_TIME = 1000;

/** Tells the hand beside a pen from fingers that mean something. */
export class Palm {
  private penAt = -Infinity;
  private readonly rejected = new Set<number>();

  /** Whether nothing is to be made of this event. A touch that was a palm stays one until it is lifted. */
  rejects({ type, pointerType, pointerId, timeStamp }: PointerEvent): boolean {
    if (pointerType === "pen") this.penAt = timeStamp;
    if (pointerType !== "touch") return false;
    if (type === "pointerdown" && timeStamp - this.penAt < HAND_TIME) this.rejected.add(pointerId);
    const palm = this.rejected.has(pointerId);
    if (type === "pointerup" || type === "pointercancel") this.rejected.delete(pointerId);
    return palm;
  }
}
