import { DEFAULT_LAYERS, type LayerSettings } from "../editor/layers";
import { readTone, writeTone } from "../editor/tone";
import { remember, remembered } from "./memory";

export type Theme = "system" | "light" | "dark";
export type Tab = "learn" | "see" | "verify";
/** On narrow screens only one of the rails is open, over the picture. */
export type Drawer = "pictures" | "panel" | null;

const themes: Theme[] = ["system", "light", "dark"];

export class View {
  theme = $state<Theme>("system");
  tab = $state<Tab>("learn");
  drawer = $state<Drawer>(null);
  #layers = $state.raw<LayerSettings>({ ...DEFAULT_LAYERS, tone: readTone(remembered("tone", "session")) });
  /** Where the right rail takes in the editor's own panel. */
  seeSlot = $state.raw<HTMLElement | null>(null);
  shortcuts = $state(false);
  /** Whether letters, digits and signs alone do something: who speaks to the machine does not want that. */
  singleKeys = $state(true);
  setup = $state(false);
  /** The place of the help that is open, such as `app#paint`; a link may ask for it. */
  help = $state<string | null>(new URLSearchParams(location.search).get("help"));
  /** What of the team is open. */
  team = $state<"account" | "people" | "changes" | "agreement" | null>(null);
  /** The picture in which what two people say is compared. */
  compared = $state<string | null>(null);
  #penPressure = $state(remembered("pen-pressure") !== "off");

  constructor() {
    const theme = remembered("theme");
    if (theme === "light" || theme === "dark") this.#apply(theme);
    this.singleKeys = remembered("single-keys") !== "off";
  }

  /** What is seen over the picture, and how it is shown: it stays so from picture to picture. */
  get layers(): LayerSettings {
    return this.#layers;
  }

  set layers(layers: LayerSettings) {
    if (layers.tone !== this.#layers.tone) remember("tone", writeTone(layers.tone), "session");
    this.#layers = layers;
  }

  get penPressure(): boolean {
    return this.#penPressure;
  }

  set penPressure(used: boolean) {
    if (used !== this.#penPressure) remember("pen-pressure", used ? "on" : "off");
    this.#penPressure = used;
  }

  nextTheme(): void {
    this.#apply(themes[(themes.indexOf(this.theme) + 1) % themes.length]!);
    remember("theme", this.theme);
  }

  useSingleKeys(used: boolean): void {
    this.singleKeys = used;
    remember("single-keys", used ? "on" : "off");
  }

  show(tab: Tab): void {
    this.tab = tab;
    this.drawer = "panel";
  }

  compare(id: string | null): void {
    this.compared = id;
    this.team = "agreement";
  }

  #apply(theme: Theme): void {
    this.theme = theme;
    if (theme === "system") delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = theme;
  }
}
