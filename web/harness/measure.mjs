// How long painting keeps the main thread busy, on a drawn picture of 24 megapixels, without a GPU:
//   node harness/measure.mjs [--throttle 1] [--only neither]
// Prints p50, p95 and max over all frames of all strokes (pen-down, moves and pen-up, the redraw, and everything the
// browser does in those tasks: style, paint, commit, garbage collection), and fails when the p95 of any way of painting
// is over the budget. Panning is told, not judged. CPU is the main thread's own time; the wall clock also counts its
// waiting for a core, so that the two are apart where other programs work at the same time (see the load).
import { cpus, loadavg } from "node:os";
import { parseArgs } from "node:util";
import { launch, openEditor, serveHarness } from "./browser.mjs";
import { quantile, recorded, strokeFrames } from "./trace.mjs";

const BUDGET = 8;
const PICTURE = "width=6000&height=4000";
const EVENTS_A_STROKE = 240;
/** Milliseconds: a mouse of 125 Hz. */
const EVERY = 8;
const STROKES = 3;

const { values } = parseArgs({ options: { throttle: { type: "string", default: "1" }, only: { type: "string", default: "" } } });

const ways = [
  { name: "fit, radius 24", keys: ["f"], radius: 24 },
  { name: "fit, radius 200", keys: ["f"], radius: 200 },
  { name: "1:1, radius 24", keys: ["z"], radius: 24 },
  { name: "1:1, radius 120", keys: ["z"], radius: 120 },
  { name: "8:1, radius 12", keys: ["z", ..."+++++++++"], radius: 12 },
  { name: "fit, neither in 5 classes, radius 100", query: "classes=5", keys: ["f", "0"], radius: 100 },
  { name: "fit, eraser of 5 classes, radius 100", query: "classes=5", keys: ["f", "0", "STROKES", "e"], radius: 100 },
  { name: "fit, over the predicted classes, radius 60", query: "predictions", keys: ["f", "g", "g", "g", "b"], radius: 60 },
  { name: "not painting: panning at 1:1", keys: ["z"], radius: 24, pan: true },
  { name: "not painting: panning, predicted classes", query: "predictions", keys: ["g", "g", "g", "b"], radius: 24, pan: true },
];

const server = await serveHarness();
const browser = await launch();
console.log(`Chromium ${browser.version()}, no GPU, ${cpus().length} cores (${cpus()[0].model.trim()}), CPU slowed ${values.throttle} ×, picture 6000 × 4000`);
console.log(`${"".padEnd(50)}      CPU ms a frame     script     wall clock ms`);
console.log(`${"".padEnd(44)}frames    p50    p95    max    p95    p50    p95    max`);
let worst = 0;
for (const way of ways.filter(({ name }) => name.includes(values.only))) {
  const p95 = await measure(way);
  if (!way.pan) worst = Math.max(worst, p95);
}
await browser.close();
await server.close();
console.log(`worst p95 ${worst.toFixed(1)} ms of CPU, budget ${BUDGET} ms; load ${loadavg()[0].toFixed(1)}`);
process.exitCode = worst > BUDGET ? 1 : 0;

async function measure({ name, query = "", keys, radius, pan = false }) {
  const { page, trouble } = await openEditor(browser, server.url, `${PICTURE}&${query}`);
  await setRadius(page, radius);
  const box = await page.locator(".stage").boundingBox();
  await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
  for (const key of keys) key === "STROKES" ? await scribble(page, box, 0) : await page.keyboard.press(key);
  await page.waitForTimeout(500);
  const cdp = await page.context().newCDPSession(page);
  await cdp.send("Emulation.setCPUThrottlingRate", { rate: Number(values.throttle) });
  const events = await recorded(page, async () => {
    for (let k = 0; k < STROKES; k++) await scribble(page, box, k, pan ? "middle" : "left");
    await page.waitForTimeout(200);
  });
  if (trouble.length > 0) throw new Error(trouble.join("\n"));
  const edits = await page.evaluate(() => window.harness.log.edits);
  if (edits === 0 && !pan) throw new Error(`${name}: nothing was painted`);
  await page.close();
  return report(name, strokeFrames(events));
}

async function setRadius(page, radius) {
  const slider = page.getByRole("slider", { name: "Brush" });
  await slider.evaluate((input, value) => {
    input.value = String(value);
    input.dispatchEvent(new Event("input", { bubbles: true }));
  }, Math.log2(radius));
  await page.locator(".stage").focus();
}

/** Loops over the stage at a hand's speed. The events are sent on time, whether or not the page keeps up. */
async function scribble(page, box, k, button = "left") {
  const cdp = await page.context().newCDPSession(page);
  const buttons = button === "left" ? 1 : 4;
  const at = (i) => {
    const t = (i / EVENTS_A_STROKE) * 2 * Math.PI;
    const x = box.x + box.width * (0.5 + 0.36 * Math.sin(t * 2 + k));
    const y = box.y + box.height * (0.5 + 0.36 * Math.sin(t * 3 + 2 * k));
    return { x, y, button, pointerType: "mouse" };
  };
  const sent = [cdp.send("Input.dispatchMouseEvent", { type: "mousePressed", buttons, clickCount: 1, ...at(0) })];
  for (let i = 1; i < EVENTS_A_STROKE; i++) {
    await new Promise((resolve) => setTimeout(resolve, EVERY));
    sent.push(cdp.send("Input.dispatchMouseEvent", { type: "mouseMoved", buttons, ...at(i) }));
  }
  sent.push(cdp.send("Input.dispatchMouseEvent", { type: "mouseReleased", buttons: 0, clickCount: 1, ...at(EVENTS_A_STROKE) }));
  await Promise.all(sent);
  await cdp.detach();
}

function report(name, frames) {
  const wall = frames.map((frame) => frame.wall);
  const cpu = frames.map((frame) => frame.cpu);
  const script = frames.map((frame) => frame.script);
  const p95 = quantile(cpu, 0.95);
  const numbers = [quantile(cpu, 0.5), p95, Math.max(...cpu), quantile(script, 0.95), quantile(wall, 0.5), quantile(wall, 0.95), Math.max(...wall)];
  const columns = numbers.map((number) => number.toFixed(1).padStart(7));
  console.log(`${name.padEnd(44)}${String(frames.length).padStart(6)}${columns.join("")}`);
  return p95;
}
