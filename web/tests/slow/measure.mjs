// How long the loop takes on this machine, against the goals. Numbers are printed; only three times the goal fails.
//   LACUNA_SIZE    the network's side (256)
//   LACUNA_EPOCHS  "5,1": other lengths of the first training and of a correction than the server's own, to try them
import assert from "node:assert/strict";
import { readFileSync, rmSync } from "node:fs";
import { cpus, loadavg } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { closeBrowser, drag, enter, get, newFolder, open, post, press, saved, serve, stageOf, thinBrush } from "../kit.mjs";

after(closeBrowser);

const SIZE = Number(process.env.LACUNA_SIZE ?? 256);
const EPOCHS = process.env.LACUNA_EPOCHS?.split(",").map(Number) ?? [];
const USEFUL = 0.5;
/** Looked at by the model, and never painted. */
const unseen = ["mouth-008", "mouth-010", "mouth-020", "mouth-024"];

function report(what, seconds, goal) {
  console.log(`${what}: ${seconds.toFixed(1)} s (goal ${goal} s); load ${loadavg()[0].toFixed(1)} on ${cpus().length} cores`);
  assert.ok(seconds < 3 * goal, `${what} took more than three times the goal`);
}

const since = (start) => (performance.now() - start) / 1000;

test("the loop is as fast as it should be", { timeout: 1_200_000 }, async () => {
  const folder = join(newFolder(), "demo");
  const server = await serve(folder, { size: SIZE, args: ["--demo"], patience: 400_000 });
  try {
    console.log(`link shown after ${since(server.started).toFixed(1)} s`);
    const person = await enter(server);
    let page = await open(person, "mouth-004");
    await press(page, "1");
    await thinBrush(page);
    await drag(page, [0.45, 0.4], [0.55, 0.4]);
    await saved(page);
    report("start to first saved stroke", since(server.started), 120);

    await paintByTruth(person, "mouth-004");
    const painted = (await get(person, "/cases")).filter((item) => item.painted > 0);
    page = await open(person, unseen[0]);
    await page.getByRole("tab", { name: "Learn" }).click();
    let start = performance.now();
    await train(person, page, "Train", EPOCHS[0]);
    const first = await overlay(person, page, 1, start);
    const { job } = await get(person, "/training");
    console.log(`${painted.length} painted pictures, ${job.steps} steps of side ${SIZE}; Dice on ${unseen.length} unseen: ${first.dice.map((value) => value.toFixed(2))}`);
    assert.ok(first.mean >= USEFUL, `the first overlay is useful: ${first.mean}`);
    report("five painted photos to first useful overlay", first.seconds, 60);

    await stageOf(page).focus();
    await press(page, "b", "0");
    await thinBrush(page);
    start = performance.now();
    await drag(page, [0.3, 0.1], [0.7, 0.1]);
    await saved(page);
    await page.getByRole("tab", { name: "Learn" }).click();
    await train(person, page, "Train on what is new", EPOCHS[1]);
    const second = await overlay(person, page, 2, start);
    console.log(`Dice after the correction: ${second.dice.map((value) => value.toFixed(2))}`);
    report("a correction to refreshed overlay", second.seconds, 15);
    assert.deepEqual(person.trouble, []);
  } finally {
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
  }
});

async function train(person, page, name, epochs) {
  if (epochs) await post(person, "/training", { epochs });
  else await page.getByRole("button", { name, exact: true }).click();
}

/** Waits until a version's prediction is on the screen; how long it took, and how good the version is. */
async function overlay(person, page, version, start) {
  const drawn = page.waitForResponse((answer) => answer.url().endsWith(`.png?version=${version}`), { timeout: 900_000 });
  await page.getByRole("banner").getByText(`Model ${version}`).waitFor({ timeout: 900_000 });
  await drawn;
  await page.getByRole("tab", { name: "See" }).click();
  await page.getByRole("radio", { name: "Model: classes" }).check();
  await page.getByText(`Model ${version}`).nth(1).waitFor();
  await page.waitForFunction(hasOverlay);
  const seconds = since(start);
  const dice = [];
  for (const id of unseen) dice.push(await diceOf(person, page, id, version));
  return { seconds, dice, mean: dice.reduce((sum, value) => sum + value) / dice.length };
}

function hasOverlay() {
  const canvas = document.querySelectorAll(".stage canvas")[1];
  const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
  for (let i = 3; i < data.length; i += 4) if (data[i] > 0) return true;
  return false;
}

const truthOf = (person, id, name) => readFileSync(join(person.server.folder, "truth", id, `${name}.png`)).toString("base64");

/** Mean over the classes of a picture. */
async function diceOf(person, page, id, version) {
  const { classes } = await get(person, "/project");
  const values = [];
  for (const { name } of classes) values.push(await page.evaluate(dice, [truthOf(person, id, name), `/api/cases/${id}/prediction/${name}.png?version=${version}`]));
  return values.reduce((sum, value) => sum + value) / values.length;
}

async function dice([truth, url]) {
  const pixels = async (blob, size) => {
    const bitmap = await createImageBitmap(blob);
    const canvas = new OffscreenCanvas(size?.width ?? bitmap.width, size?.height ?? bitmap.height);
    const context = canvas.getContext("2d");
    context.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
    return context.getImageData(0, 0, canvas.width, canvas.height);
  };
  const bytes = Uint8Array.from(atob(truth), (letter) => letter.charCodeAt(0));
  const wanted = await pixels(new Blob([bytes], { type: "image/png" }));
  const given = await pixels(await (await fetch(url)).blob(), wanted);
  let [both, sum] = [0, 0];
  for (let i = 0; i < wanted.data.length; i += 4) {
    const [a, b] = [wanted.data[i] > 127, given.data[i] > 127];
    both += a && b ? 1 : 0;
    sum += Number(a) + Number(b);
  }
  return sum === 0 ? 1 : (2 * both) / sum;
}

/** As a hand would: every eighth row of what is there, and of what is not. */
async function paintByTruth(person, id) {
  const { seq } = await get(person, `/cases/${id}/annotation`);
  const page = person.context.pages()[0];
  const { classes } = await get(person, "/project");
  const ops = [];
  for (const { name } of classes) {
    const { positive, negative } = await page.evaluate(rows, truthOf(person, id, name));
    ops.push({ op: "paint", class: name, value: "positive", runs: positive }, { op: "paint", class: name, value: "negative", runs: negative });
  }
  await post(person, `/cases/${id}/edits`, { id: crypto.randomUUID(), client: "measure", base: seq, ops, force: true });
}

async function rows(truth) {
  const bytes = Uint8Array.from(atob(truth), (letter) => letter.charCodeAt(0));
  const bitmap = await createImageBitmap(new Blob([bytes], { type: "image/png" }));
  const { width, height } = bitmap;
  const context = new OffscreenCanvas(width, height).getContext("2d");
  context.drawImage(bitmap, 0, 0);
  const { data } = context.getImageData(0, 0, width, height);
  const runs = { positive: [], negative: [] };
  for (let y = 4; y < height; y += 8) {
    for (let x = 0; x < width; ) {
      const start = x;
      const inside = data[(y * width + x) * 4] > 127;
      while (x < width && data[(y * width + x) * 4] > 127 === inside) x++;
      runs[inside ? "positive" : "negative"].push(y * width + start, x - start);
    }
  }
  return runs;
}
