/** What a pen that feels nothing always says. */
const FEELS_NOTHING = 0.5;

/** How hard a pen is pressed, once it is known to feel that. */
export class PenPressure {
  private felt = false;

  /** 0–1; undefined for everything but a pen that feels it. */
  of({ pointerType, pressure }: PointerEvent): number | undefined {
    if (pointerType !== "pen") return undefined;
    this.felt ||= pressure > 0 && pressure !== FEELS_NOTHING;
    return this.felt ? pressure : undefined;
  }
}
