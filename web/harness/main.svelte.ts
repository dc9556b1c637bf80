// Mounts the editor alone, with a drawn picture and a server in memory. `?width=6000&height=4000&classes=2&zoom=fit`
import { mount } from "svelte";
import type { CaseSummary, Class, Project } from "../src/api/types";
import "../src/app.css";
import { Editor } from "../src/editor";
import { DEFAULT_LAYERS } from "../src/editor/layers";
import "./harness.css";
import { mouthPicture } from "./picture";
import { predictionPlanes } from "./prediction";
import { FakeServer } from "./server";

const query = new URLSearchParams(location.search);
const width = Number(query.get("width") ?? 1500);
const height = Number(query.get("height") ?? 1000);
const CLASSES: Class[] = [
  { name: "tooth", color: [64, 196, 120] },
  { name: "gum", color: [235, 87, 110] },
  { name: "caries", color: [248, 190, 40] },
  { name: "plaque", color: [120, 140, 250] },
  { name: "calculus", color: [190, 110, 230] },
];
const classes = CLASSES.slice(0, Number(query.get("classes") ?? 3));
const names = classes.map(({ name }) => name);

const project: Project = {
  id: "harness",
  name: "harness",
  classes,
  exclusive: [["tooth", "gum"]],
  part_of: [],
  author: "harness",
  role: "expert",
  access: "owner",
  team: false,
  person: "me",
  demo: false,
  version: "0",
};
const summary: CaseSummary = { id: "drawn-mouth", group: null, width, height, part: null, seq: 0, painted: 0, regions: 0, by: [], assigned: [], conflict: false, error: null };
const server = new FakeServer({ width, height }, names);
const log = { suggestions: [] as unknown[], keys: 0 };

const target = document.getElementById("app");
if (!target) throw new Error("There is no place for the editor.");
const props = $state({
  project,
  case: summary,
  annotation: server.annotation(),
  imageUrl: await mouthPicture(width, height),
  client: query.get("client") ?? "harness-tab",
  send: (edit: Parameters<FakeServer["save"]>[0]) => server.save(edit),
  evidence: null as ReturnType<FakeServer["evidence"]> | null,
  predictions: query.has("predictions") ? { version: 3, planes: await predictionPlanes(names, width, height) } : null,
  layers: { ...DEFAULT_LAYERS },
  onkeys: () => (log.keys += 1),
  onsuggestion: (suggested: unknown) => log.suggestions.push(suggested),
});
const editor = mount(Editor, { target, props });
Object.assign(window, { harness: { editor, server, log, props } });
