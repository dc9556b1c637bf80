import type { CaseSummary, Class, ClassName, Evidence, Proposed, ProposalQuestion } from "../api/types";
import { Desk, type ToolName } from "./desk.svelte";
import type { PartMask } from "./geometry/flood";
import type { Point } from "./geometry/point";
import { Crosshair } from "./input/crosshair";
import { PointerInput } from "./input/pointer";
import { GROUNDS, isPrediction, type LayerSettings } from "./layers";
import { NEGATIVE, POSITIVE, VALUE_BITS } from "./labels/byte";
import type { Rect } from "./labels/planes";
import type { Layer } from "./overlay/layer";
import { evidenceLayer } from "./overlay/evidence-layer";
import { PaintLayer } from "./overlay/paint-layer";
import { PreviewLayer } from "./overlay/preview-layer";
import { ClassLayer, HeatLayer, UncertaintyLayer } from "./overlay/prediction-layer";
import { likeliest, probabilityAt, type PredictionPlanes } from "./overlay/probabilities";
import { gripAfter, TURN_AWAY } from "./tools/select";
import { newToolbox, TOOLS, type Toolbox } from "./tools/toolbox";
import { LookingTool, type Bench, type Tool } from "./tools/tool";
import { BrushCursor } from "./view/brush-cursor";
import { Stage } from "./view/stage";
import type { Viewport } from "./view/viewport";
import type { Work } from "./work.svelte";

export interface Shown {
  left: number;
  top: number;
  scale: number;
  density: number;
}

/** What the model says at a place, while the person is asked about it. */
export interface Question {
  at: Point;
  class: ClassName;
  /** 0–1 */
  probability: number;
}

export interface StudioElements {
  stage: HTMLElement;
  picture: HTMLCanvasElement;
  overlay: HTMLCanvasElement;
  cursor: HTMLElement;
}

export interface StudioOptions {
  case: CaseSummary;
  imageUrl: string;
  work: Work;
  desk: Desk;
  layers(): LayerSettings;
  setLayers(change: Partial<LayerSettings>): void;
  predictions(): PredictionPlanes | null;
  propose(question: ProposalQuestion, signal: AbortSignal): Promise<Proposed>;
}

/** Milliseconds. */
const POINTER_NEWS_EVERY = 80;
const REST = 400;
/** Memory for classes nobody has painted yet. */
const PREPARED_BYTES = 2 ** 28;

/** Joins the annotation, the desk, the stage and the input devices. */
export class Studio {
  shown: Shown = $state.raw({ left: 0, top: 0, scale: 1, density: 1 });
  /** The pixel under the pointer, told a few times a second. */
  pointer: Point | null = $state.raw(null);
  question: Question | null = $state.raw(null);
  loading = $state(true);
  failed: string | null = $state(null);
  spaceHeld = $state(false);
  /** Marks the place that was gone to; a new one each time. */
  beacon: Point | null = $state.raw(null);

  readonly stage: Stage;
  readonly crosshair: Crosshair;
  private readonly tools: Toolbox;
  private readonly looking = new LookingTool();
  private readonly cursor: BrushCursor;
  private readonly input: PointerInput;
  private readonly observer: ResizeObserver;
  private toldAt = 0;
  private describing = 0;
  private evidence: Layer | null = null;
  private previewed: PartMask | null = null;
  /** How many classes somebody had painted when the layers were made. */
  private layeredClasses = 0;

  constructor(
    private readonly elements: StudioElements,
    private readonly options: StudioOptions,
  ) {
    const { work, desk } = options;
    this.stage = this.newStage();
    this.tools = newToolbox(this.bench());
    this.crosshair = new Crosshair(desk, this.stage, () => this.tool);
    this.cursor = new BrushCursor(elements.cursor);
    this.input = this.newInput();
    work.planes.onchange = (rect) => {
      this.stage.changed(rect);
      if (this.layeredClasses !== work.planes.size) this.stage.replaceLayers(this.layers());
    };
    this.observer = new ResizeObserver(() => this.resize());
    this.observer.observe(elements.stage);
    this.resize();
    const affordable = Math.floor(PREPARED_BYTES / (work.planes.width * work.planes.height));
    for (const { name } of desk.project().classes.slice(0, affordable)) whenIdle(() => work.planes.prepare(name));
  }

  get tool(): Tool {
    const { desk } = this.options;
    return desk.allows(desk.tool) ? this.tools[desk.tool] : this.looking;
  }

  choose(tool: ToolName): void {
    this.putDown();
    const { desk, layers, setLayers } = this.options;
    if (!desk.allows(tool)) return desk.say("That is not for your role");
    if (tool === "suggest" && !this.options.predictions()) return desk.say("There is no prediction yet");
    if (tool === "suggest" && !isPrediction(layers().ground)) setLayers({ ground: "class" });
    desk.tool = tool;
    desk.say(TOOLS.find((each) => each.name === tool)?.label ?? tool);
  }

  /** Gives up what is begun. */
  drop(): void {
    this.tool.cancel();
    this.crosshair.forget();
  }

  /** The same, with everything that a tool keeps from one press to the next. */
  private putDown(): void {
    this.tool.putDown();
    this.crosshair.forget();
  }

  /** After each change of what is to be seen over the picture. */
  showLayers(evidence: Layer | null): void {
    this.evidence = evidence;
    this.stage.setLayers(this.layers());
  }

  private layers(): Layer[] {
    const { work, desk, layers } = this.options;
    const { classes } = desk.project();
    const { alone, paint } = layers();
    this.layeredClasses = work.planes.size;
    if (desk.hidden) return [];
    const view = { classes, subject: desk.subject, alone, density: this.stage.view.density };
    const preview = new PreviewLayer(() => this.previewed, view.density);
    return [this.groundLayer(classes), paint ? new PaintLayer(work.planes, view) : null, preview].filter((layer) => layer !== null);
  }

  private groundLayer(classes: readonly Class[]): Layer | null {
    const { ground } = this.options.layers();
    if (ground === "evidence") return this.evidence;
    const planes = this.options.predictions();
    if (!planes?.size || ground === "none") return null;
    if (ground === "uncertainty") return new UncertaintyLayer([...planes.values()]);
    if (ground === "class") return new ClassLayer(planes, classes, this.stage.view.density);
    const plane = planes.get(this.options.desk.activeClass ?? classes[0]?.name ?? "");
    return plane ? new HeatLayer(plane) : null;
  }

  evidenceLayer(evidence: Evidence, each: Class): Layer {
    return evidenceLayer(evidence, each, this.stage.view.density);
  }

  showCursor(): void {
    const { desk } = this.options;
    const { scale, density } = this.stage.view;
    this.cursor.resize((2 * desk.radius * scale) / density);
  }

  nextGround(): void {
    const { layers, setLayers, desk } = this.options;
    const possible = GROUNDS.filter(({ ground }) => !isPrediction(ground) || this.options.predictions());
    const at = possible.findIndex(({ ground }) => ground === layers().ground);
    const next = possible[(at + 1) % possible.length];
    setLayers({ ground: next.ground });
    desk.say(next.label);
  }

  goTo(x: number, y: number): void {
    const at = { x: x + 0.5, y: y + 0.5 };
    this.stage.look((view) => {
      view.zoomTo(Math.max(view.scale, Math.min(view.fitScale * 4, view.density)));
      view.centreOn(at);
    });
    this.options.desk.crosshair = at;
    this.beacon = at;
  }

  enter(shift: boolean): void {
    if (this.tool.holds || this.crosshair.holding || (shift && this.tool.frames)) this.crosshair.toggle(shift);
    else if (this.tool.busy) this.tool.finish();
    else this.crosshair.click(shift);
    this.describe();
  }

  stamp(): void {
    if (this.tool.clicks && !this.crosshair.holding) this.crosshair.click(false);
    else this.crosshair.toggle(false);
    this.describe();
  }

  /** The crosshair goes to where the selected region can be taken hold of. */
  nextCorner(): void {
    const { desk, work } = this.options;
    const region = desk.selected === null ? undefined : work.regions[desk.selected];
    if (!region) return desk.say("Select a region first, with N");
    this.crosshair.put(gripAfter(region, this.crosshair.place, this.reach(TURN_AWAY)));
    this.describe();
  }

  /** Once the crosshair rests: a reader would choke on every step. */
  describeSoon(): void {
    clearTimeout(this.describing);
    this.describing = window.setTimeout(() => this.describe(), REST);
  }

  /** Says what is known of the pixel under the crosshair. */
  describe(): void {
    const { desk, work } = this.options;
    const { x, y } = this.crosshair.place;
    const said = desk.project().classes.map(({ name }) => `${name} ${spoken(work.planes.at(name, Math.floor(x), Math.floor(y)))}`);
    const holding = this.crosshair.holding ? `${desk.stroke()}, in progress; Enter ends it. ` : "";
    desk.say(`${holding}Column ${Math.floor(x)}, row ${Math.floor(y)}: ${said.join(", ")}`);
  }

  close(): void {
    this.putDown();
    clearTimeout(this.describing);
    this.observer.disconnect();
    this.stage.close();
    this.options.work.planes.onchange = () => {};
  }

  private newStage(): Stage {
    const { picture, overlay } = this.elements;
    const { imageUrl, case: summary } = this.options;
    const onview = (view: Viewport) => this.viewed(view);
    const onpicture = (failed: string | null) => {
      this.failed = failed;
      this.loading = false;
    };
    return new Stage({ picture, overlay, size: summary, url: imageUrl, onview, onpicture });
  }

  private viewed({ left, top, scale, density }: Viewport): void {
    const zoomed = scale !== this.shown.scale;
    this.shown = { left, top, scale, density };
    if (zoomed && this.cursor) this.showCursor();
  }

  private bench(): Bench {
    const { work, desk, propose } = this.options;
    const reach = (pixels: number) => this.reach(pixels);
    const visible = () => this.stage.view.visible;
    const pixels = (rect: Rect) => this.stage.pixels(rect);
    return { work, desk, reach, visible, pixels, propose, suggest: (at) => this.ask(at), preview: (part) => this.preview(part) };
  }

  private reach(pixels: number): number {
    return (pixels * this.stage.view.density) / this.stage.view.scale;
  }

  private preview(part: PartMask | null): void {
    const former = this.previewed;
    this.previewed = part;
    for (const each of [former, part]) if (each) this.stage.changed(each.rect);
  }

  private newInput(): PointerInput {
    const { desk } = this.options;
    return new PointerInput(this.elements.stage, {
      stage: this.stage,
      tool: () => this.tool,
      panning: () => this.spaceHeld,
      resize: (factor) => (desk.brushing || desk.tool === "fill") && desk.resize(factor),
      onhover: (at) => this.hovered(at),
      onpress: () => this.pressed(),
    });
  }

  private pressed(): void {
    this.question = null;
    this.crosshair.letGo();
    this.options.desk.crosshair = null;
  }

  private hovered(at: Point | null): void {
    this.cursor.move(at);
    if (!at) this.tool.leave();
    const now = performance.now();
    if (at && now - this.toldAt < POINTER_NEWS_EVERY) return;
    this.toldAt = now;
    this.pointer = at && this.stage.at(at);
  }

  private ask(at: Point): void {
    const { predictions, desk, case: summary, layers } = this.options;
    const planes = predictions();
    if (!planes) return desk.say("There is no prediction yet");
    const [u, v] = [at.x / summary.width, at.y / summary.height];
    const best = layers().ground === "heat" ? null : likeliest(planes, u, v);
    const name = best ?? desk.activeClass ?? desk.project().classes[0].name;
    const plane = planes.get(name);
    if (!plane) return desk.say(`The model does not know ${name} yet`);
    this.question = { at, class: name, probability: probabilityAt(plane, u, v) / 255 };
  }

  private resize(): void {
    const { clientWidth, clientHeight } = this.elements.stage;
    this.input?.moved();
    this.stage.resize(clientWidth, clientHeight, window.devicePixelRatio);
  }
}

function whenIdle(action: () => void): void {
  // Safari has no idle callbacks.
  if ("requestIdleCallback" in window) requestIdleCallback(action, { timeout: 5000 });
  else setTimeout(action, 500);
}

function spoken(byte: number): string {
  if ((byte & VALUE_BITS) === POSITIVE) return "yes";
  return (byte & VALUE_BITS) === NEGATIVE ? "no" : "unknown";
}
