import type { Class, Evidence, Layer as Source, Runs } from "../../api/types";
import { PlanePyramid } from "../labels/pyramid";
import { CodeLayer } from "./code-layer";
import type { Rgb } from "./color";
import { Pattern, type Style } from "./pattern";

const GREY: Rgb = [196, 204, 212];
const BLUE: Rgb = [126, 174, 240];
const ALARM: Rgb = [255, 214, 10];

/** From weak to strong: where layers overlap, the later is shown; and the words of the legend. */
export const SOURCES: readonly { source: Source; label: string; style(color: Rgb): Style }[] = [
  { source: "outside", label: "No: outside the regions", style: () => ({ texture: "thin-cross", color: GREY }) },
  { source: "background", label: "No: background since import", style: () => ({ texture: "horizontal", color: GREY }) },
  { source: "excluded", label: "No: another class is here", style: () => ({ texture: "dots", color: BLUE }) },
  { source: "part", label: "Yes: a part of it is here", style: (color) => ({ texture: "vertical", color }) },
  { source: "accepted-negative", label: "No: suggested, accepted", style: (color) => ({ texture: "dashed-hatch", color }) },
  { source: "accepted-positive", label: "Yes: suggested, accepted", style: (color) => ({ texture: "dotted-solid", color }) },
  { source: "painted-negative", label: "No: painted", style: (color) => ({ texture: "hatch", color }) },
  { source: "painted-positive", label: "Yes: painted", style: (color) => ({ texture: "solid", color }) },
  { source: "conflict", label: "Contradiction: unknown", style: () => ({ texture: "checker", color: ALARM }) },
];

const RANK = Uint8Array.from({ length: SOURCES.length + 1 }, (_, code) => code);

/** What training believes of one class, and why. */
export function evidenceLayer(evidence: Evidence, each: Class, density: number): CodeLayer {
  const plane = new PlanePyramid(evidence.width, evidence.height, RANK);
  const layers: Partial<Record<Source, Runs>> = evidence.classes[each.name] ?? {};
  SOURCES.forEach(({ source }, i) => plane.set(layers[source] ?? [], i + 1));
  const patterns = SOURCES.map(({ style }) => new Pattern(style(each.color), density));
  return new CodeLayer(plane, [null, ...patterns]);
}
