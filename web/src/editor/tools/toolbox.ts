import type { ToolName } from "../desk.svelte";
import { BoxTool, RotatedBoxTool } from "./box";
import { BrushTool } from "./brush";
import { FillTool } from "./fill";
import { LassoTool } from "./lasso";
import { PolygonTool } from "./polygon";
import { ProposeTool } from "./propose";
import { SelectTool } from "./select";
import { SuggestTool } from "./suggest";
import type { Bench, Tool } from "./tool";

export interface ToolInfo {
  name: ToolName;
  label: string;
  key: string;
}

export const TOOLS: readonly ToolInfo[] = [
  { name: "brush", label: "Brush", key: "B" },
  { name: "eraser", label: "Eraser (back to unknown)", key: "E" },
  { name: "lasso", label: "Lasso: fill an outline", key: "L" },
  { name: "fill", label: "Fill a similar colour", key: "K" },
  { name: "propose", label: "Propose: a region for a scribble or box", key: "A" },
  { name: "box", label: "Region: box", key: "R" },
  { name: "rotated", label: "Region: rotated box", key: "T" },
  { name: "polygon", label: "Region: polygon", key: "P" },
  { name: "select", label: "Select a region", key: "V" },
  { name: "suggest", label: "Judge the prediction", key: "S" },
];

export type Toolbox = Record<ToolName, Tool>;

export function newToolbox(bench: Bench): Toolbox {
  const brush = new BrushTool(bench);
  return {
    brush,
    eraser: brush,
    lasso: new LassoTool(bench),
    fill: new FillTool(bench),
    propose: new ProposeTool(bench),
    box: new BoxTool(bench),
    rotated: new RotatedBoxTool(bench),
    polygon: new PolygonTool(bench),
    select: new SelectTool(bench),
    suggest: new SuggestTool(bench),
  };
}
