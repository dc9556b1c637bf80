import type { Desk } from "../desk.svelte";
import type { Studio } from "../studio.svelte";
import { isTaken, meant, type ShortcutGroup } from "./keys";

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
    const shortcuts = this.groups.flatMap((group) => group.shortcuts);
    const found = meant(shortcuts, event, this.singleKeys());
    if (!found) return;
    event.preventDefault();
    found.run(event);
  };

  readonly up = (event: KeyboardEvent): void => {
    if (event.key.toLowerCase() === "h") this.desk.hidden = false;
    if (event.key === " ") this.letGo();
  };

  /** The window lost the keyboard: no release will be heard. */
  readonly lost = (): void => {
    this.desk.hidden = false;
    this.letGo();
  };

  private letGo(): void {
    const studio = this.studio();
    if (studio) studio.spaceHeld = false;
  }
}
