import type { Desk } from "../desk.svelte";
import type { LayerSettings } from "../layers";
import type { Studio } from "../studio.svelte";
import type { Work } from "../work.svelte";
import { PLAIN_TONE } from "../tone";
import type { Commands } from "./shortcuts";

interface Parts {
  /** There from the first moment on the screen. */
  studio(): Studio | undefined;
  desk: Desk;
  work: Work;
  layers(): LayerSettings;
  setLayers(change: Partial<LayerSettings>): void;
  /** Shows the list of keys. */
  onkeys(): void;
}

export interface EditorCommands extends Commands {
  select(index: number): void;
  deleteRegion(index: number): void;
  /** Finishes what is begun, as Enter does. */
  accept(): void;
}

/** What keys and buttons ask for, done. */
export function studioCommands({ studio, desk, work, layers, setLayers, onkeys }: Parts): EditorCommands {
  const look = (change: Parameters<Studio["stage"]["look"]>[0]) => studio()?.stage.look(change);

  function select(index: number): void {
    studio()?.choose("select");
    desk.selected = index;
    desk.say(`Region ${index + 1} of ${work.regions.length}`);
  }

  function deleteRegion(index: number): void {
    const region = work.regions[index];
    if (!region || !desk.owns(region)) return;
    desk.selected = null;
    work.setRegions(work.regions.filter((_, i) => i !== index));
    desk.say(`Region ${index + 1} deleted`);
  }

  function travel(step: () => boolean, done: string): void {
    studio()?.drop();
    desk.selected = null;
    desk.say(step() ? done : `Nothing to ${done === "Undone" ? "undo" : "redo"}`);
  }

  return {
    select,
    deleteRegion,
    accept: () => studio()?.tool.finish(),
    tool: (name) => studio()?.choose(name),
    chooseNumber: (number) => desk.chooseNumber(number),
    flip: () => desk.flip(),
    erase: () => desk.give(desk.answer === "unknown" ? "yes" : "unknown"),
    resizeBrush: (factor) => {
      desk.resize(factor);
      desk.say(desk.size);
    },
    togglePressure: () => desk.usePressure(!desk.pressure),
    undo: () => {
      const tool = studio()?.tool;
      if (tool?.retracts) tool.stepBack();
      else travel(() => work.undo(), "Undone");
    },
    redo: () => travel(() => work.redo(), "Redone"),
    zoom: (factor) => look((view) => view.zoomTo(view.scale * factor, desk.crosshair ? view.toScreen(desk.crosshair) : view.middle)),
    fit: () => look((view) => view.fit()),
    actualSize: () => look((view) => view.zoomTo(1, desk.crosshair ? view.toScreen(desk.crosshair) : view.middle)),
    hide: () => {
      desk.hidden = true;
    },
    pan: () => {
      const there = studio();
      if (there) there.spaceHeld = true;
    },
    nextGround: () => studio()?.nextGround(),
    togglePaint: () => setLayers({ paint: !layers().paint }),
    toggleAlone: () => setLayers({ alone: !layers().alone }),
    compare: () => {
      const divider = layers().divider === null ? 0.5 : null;
      setLayers({ divider });
      desk.say(divider === null ? "Layers everywhere" : "The photo alone on the left; Tab goes to the line between");
    },
    plainTone: () => {
      setLayers({ tone: PLAIN_TONE });
      desk.say("The photo as it is");
    },
    move: (dx, dy, fast) => {
      studio()?.crosshair.move(dx, dy, fast);
      studio()?.describeSoon();
    },
    enter: (shift) => studio()?.enter(shift),
    stamp: () => studio()?.stamp(),
    cancel: () => {
      studio()?.drop();
      desk.selected = null;
    },
    stepBack: () => {
      const tool = studio()?.tool;
      if (tool?.busy) tool.stepBack();
      else if (desk.selected !== null) deleteRegion(desk.selected);
    },
    nextRegion: (step) => {
      const count = work.regions.length;
      if (count === 0) return desk.say("There is no region");
      const from = desk.selected ?? (step > 0 ? -1 : count);
      select((from + step + count) % count);
    },
    nextCorner: () => studio()?.nextCorner(),
    describe: () => studio()?.describe(),
    help: onkeys,
  };
}
