import type { Desk } from "../desk.svelte";
import type { Studio } from "../studio.svelte";
import { isSingleCharacter, isTaken, type ShortcutGroup } from "./keys";

/** Keys pressed anywhere on the page while the editor is there. */
export class Keyboard {
  constructor(
    private readonly groups: readonly ShortcutGroup[],
    private readonly desk: Desk,
    private readonly studio: () => Studio | undefined,
    private readonly singleKeys: () => boolean,
  ) {}

  readonly down = (event: KeyboardEvent): void => {
    if (isTaken(event)) return;
    const act = event.key === " " ? () => this.holdSpace(true) : this.shortcut(event);
    if (!act) return;
    event.preventDefault();
    act();
  };

  readonly up = (event: KeyboardEvent): void => {
    if (event.key.toLowerCase() === "h") this.desk.hidden = false;
    if (event.key === " ") this.holdSpace(false);
  };

  /** The window lost the keyboard: no release will be heard. */
  readonly lost = (): void => {
    this.desk.hidden = false;
    this.holdSpace(false);
  };

  private shortcut(event: KeyboardEvent): (() => void) | undefined {
    if (isSingleCharacter(event) && !this.singleKeys()) return undefined;
    const found = this.groups.flatMap((group) => group.shortcuts).find(({ matches }) => matches(event));
    return found && (() => found.run(event));
  }

  private holdSpace(held: boolean): void {
    const studio = this.studio();
    if (studio) studio.spaceHeld = held;
  }
}
