import assert from "node:assert/strict";
import { cpSync, rmSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { accessible } from "./axe.mjs";
import { closeBrowser, counts, drag, get, newFolder, open, place, post, press, saved, serve, stageOf, team, until, visit } from "./kit.mjs";

const shared = newFolder();
const drawn = join(shared, "drawn");
const trained = join(shared, "trained");
const demo = { args: ["--demo", "--author", "Ada"], keep: true };
/** To learn from, and not painted. */
const id = "mouth-010";

before(async () => {
  const server = await serve(drawn, demo);
  await server.stop();
});
after(async () => {
  await closeBrowser();
  rmSync(shared, { recursive: true });
});

let copies = 0;

/** A copy of a folder, for a test of its own; goes with the shared folder. */
function copy(folder, to = join(shared, `copy-${copies++}`)) {
  cpSync(folder, to, { recursive: true });
  return to;
}

/** Where a class is predicted most surely, 0–1 across and down. */
function predicted(page, name, version = 1) {
  return page.evaluate(
    async ([url]) => {
      const bitmap = await createImageBitmap(await (await fetch(url)).blob());
      const canvas = new OffscreenCanvas(bitmap.width, bitmap.height);
      const context = canvas.getContext("2d");
      context.drawImage(bitmap, 0, 0);
      const { data } = context.getImageData(0, 0, bitmap.width, bitmap.height);
      let best = 0;
      for (let i = 4; i < data.length; i += 4) if (data[i] > data[best]) best = i;
      const pixel = best / 4;
      return { u: ((pixel % bitmap.width) + 0.5) / bitmap.width, v: (Math.floor(pixel / bitmap.width) + 0.5) / bitmap.height, value: data[best] / 255 };
    },
    [`/api/cases/${id}/prediction/${name}.png?version=${version}`],
  );
}

/** Answers the question about the area that is predicted most surely. */
async function judge(page, name, key) {
  const { u, v, value } = await predicted(page, name);
  assert.ok(value > 0.5, `${name} is predicted somewhere: ${value}`);
  await page.mouse.click(...(await place(page, u, v)));
  const card = page.getByRole("dialog", { name: `Prediction of ${name}` });
  await card.waitFor();
  const answered = page.waitForResponse((answer) => answer.url().endsWith("/suggestions"));
  await press(page, key);
  assert.equal((await answered).status(), 200);
  await card.waitFor({ state: "hidden" });
  await saved(page);
}

/** The prediction's layer, with the tool that judges it. */
async function look(page, label) {
  await page.getByRole("tab", { name: "See" }).click();
  await page.getByRole("radio", { name: label }).check();
  await stageOf(page).focus();
}

function overlaid(page) {
  return page.evaluate(() => {
    const canvas = document.querySelectorAll(".stage canvas")[1];
    const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
    let count = 0;
    for (let i = 3; i < data.length; i += 4) if (data[i] > 0) count++;
    return count / (data.length / 4);
  });
}

test("the demo is trained until a prediction is on the screen", () =>
  visit(copy(drawn, trained), demo, async (person) => {
    const page = await open(person, id);
    assert.equal(await page.getByRole("complementary", { name: "Tour" }).isVisible(), false);
    await page.getByRole("button", { name: "Train", exact: true }).click();
    await page.getByText("Learning version 1").waitFor();
    await page.getByRole("progressbar", { name: "Training" }).waitFor();
    assert.equal(await overlaid(page), 0);
    await page.getByRole("banner").getByText("Model 1").waitFor({ timeout: 90_000 });
    const [model] = await get(person, "/models");
    assert.deepEqual([model.version, model.current], [1, true]);
    await look(page, "Model: classes");
    await until("the predicted classes are shown", async () => (await overlaid(page)) > 0.01);
    await accessible(page, "prediction");
    await page.getByRole("radio", { name: "Model: uncertainty" }).check();
    await until("uncertainty, too", async () => (await overlaid(page)) > 0.01);
    await page.getByRole("tab", { name: "Learn" }).click();
    await page.getByRole("log").waitFor();
    await accessible(page, "learnt");
  }));

test("a predicted area is accepted, rejected, or none of the classes; each can be undone", () =>
  visit(copy(trained), demo, async (person) => {
    const page = await open(person, id);
    assert.equal((await counts(person, id)).gum.yes, 0);
    await look(page, "Model: classes");

    await judge(page, "gum", "a");
    const accepted = await counts(person, id);
    assert.ok(accepted.gum.yes > 50 && accepted.gum.accepted === accepted.gum.yes, JSON.stringify(accepted));
    assert.equal(accepted.teeth.yes + accepted.teeth.no, 0);
    await press(page, "Control+z");
    await until("it is undone", async () => (await counts(person, id)).gum.yes === 0);

    await page.getByRole("button", { name: "Keyboard shortcuts" }).click();
    const single = page.getByRole("checkbox", { name: /Single letters/ });
    await single.uncheck();
    await press(page, "Escape");
    const { u, v } = await predicted(page, "teeth");
    await page.mouse.click(...(await place(page, u, v)));
    await page.getByRole("dialog", { name: "Prediction of teeth" }).waitFor();
    await press(page, "n", "Escape");
    await page.getByRole("dialog", { name: "Prediction of teeth" }).waitFor({ state: "hidden" });
    assert.equal((await counts(person, id)).teeth.no, 0, "single letters are off");
    await page.getByRole("button", { name: "Keyboard shortcuts" }).click();
    await single.check();
    await press(page, "Escape");

    await judge(page, "teeth", "n");
    const rejected = await counts(person, id);
    assert.ok(rejected.teeth.no > 50 && rejected.teeth.accepted === rejected.teeth.no && rejected.teeth.yes === 0, JSON.stringify(rejected));
    await press(page, "Control+z");
    await until("it is undone", async () => (await counts(person, id)).teeth.no === 0);

    await judge(page, "gum", "Shift+N");
    const { gum, teeth } = await counts(person, id);
    assert.ok(gum.no > 50 && gum.no === teeth.no && gum.accepted === gum.no, JSON.stringify({ gum, teeth }));
  }));

test("a class that the model does not know yet leaves the others' predictions", () =>
  visit(copy(trained), { ...demo, expected: /status of 404/ }, async (person) => {
    const page = await open(person, id);
    await look(page, "Model: classes");
    await until("the predicted classes are shown", async () => (await overlaid(page)) > 0.01);
    await post(person, "/classes", { name: "tongue" });
    await page.getByText("Model 1 does not know tongue yet.").waitFor();
    await page.reload();
    await stageOf(page).waitFor();
    await look(page, "Model: classes");
    await until("they are shown again", async () => (await overlaid(page)) > 0.01);
  }));

test("a point whose picture does not load can be left open; without held-back pictures nothing can be verified", () =>
  visit(copy(trained), { ...demo, expected: /Failed to load resource|ERR_/ }, async (person) => {
    const page = await open(person, id);
    await page.getByRole("tab", { name: "Verify" }).click();
    await page.route("**/image", (route) => route.abort());
    await page.getByRole("button", { name: "Verify version 1" }).click();
    await page.getByText("did not load").waitFor();
    const button = (name) => page.getByRole("button", { name });
    assert.equal(await button("Yes Y").getAttribute("aria-disabled"), "true");
    await press(page, "y", "u");
    await page.getByText("Point 2", { exact: true }).waitFor();
    const [round] = await get(person, "/verifications");
    const given = await get(person, `/verifications/${round.id}/answers`);
    assert.deepEqual(given.map(({ answer }) => answer), ["unsure"]);
    await page.getByRole("button", { name: "Pause" }).click();
    await button("Continue round 1 (model 1)").waitFor();
    assert.equal(await button("Verify version 1").isEnabled(), true);
    await page.route("**/api/cases", async (route) => {
      const answer = await route.fetch();
      const cases = (await answer.json()).map((item) => ({ ...item, part: "train" }));
      await route.fulfill({ response: answer, json: cases });
    });
    await page.reload();
    await page.getByRole("tab", { name: "Verify" }).click();
    await page.getByText("At least 8 pictures are needed").waitFor();
    assert.equal(await button("Verify version 1").isDisabled(), true);
  }));

test("a verification round by keys", () =>
  visit(copy(trained), demo, async (person) => {
    const points = 8;
    await post(person, "/verifications", { points });
    const page = await open(person, id);
    await page.getByRole("tab", { name: "Verify" }).click();
    await page.getByRole("button", { name: "Continue round 1 (model 1)" }).click();
    const at = (number) => page.getByText(`Point ${number}`, { exact: true }).waitFor();
    const ready = () => page.locator('button.answer[aria-disabled="false"]').first().waitFor();
    const answer = async (number, key) => {
      await at(number);
      await ready();
      await press(page, key);
    };
    for (const [k, key] of ["y", "n", "u"].entries()) await answer(k + 1, key);
    await at(4);
    await accessible(page, "verifying");
    assert.equal(await page.getByText("Precision").count(), 0, "no numbers that would sway the answers");
    await ready();
    await press(page, "ArrowLeft");
    await page.getByText("You said can’t tell.").waitFor();
    await answer(3, "y");
    for (let number = 4; number <= points; number++) await answer(number, number % 2 ? "y" : "n");
    await page.getByText(`All ${points} points are answered`).waitFor();
    await page.getByRole("button", { name: "See the numbers" }).click();
    await page.getByText("Precision").first().waitFor();
    const [round] = await get(person, "/verifications");
    assert.deepEqual([round.answered, round.next], [points, null]);
    assert.ok(round.estimates.gum !== undefined);
    await accessible(page, "verified");
  }));

test("while a dialog of the team lies over a question, keys answer nothing", () =>
  team(copy(trained), { args: [] }, async (come) => {
    const person = await come("Olga");
    const round = await post(person, "/verifications", { points: 4 });
    const page = await open(person, id);
    await page.getByRole("tab", { name: "Verify" }).click();
    await page.getByRole("button", { name: /^Continue round 1/ }).click();
    await page.locator('button.answer[aria-disabled="false"]').first().waitFor();
    await page.getByRole("button", { name: "People" }).click();
    await page.getByRole("dialog", { name: "People" }).waitFor();
    // A click beside the content takes the keyboard out of a dialog.
    await page.evaluate(() => document.activeElement.blur());
    await press(page, "y", "n");
    await page.waitForTimeout(500);
    assert.equal((await get(person, "/verifications"))[0].answered, 0);
    await press(page, "Escape");
    await page.getByRole("dialog", { name: "People" }).waitFor({ state: "hidden" });
    await press(page, "y");
    await until("then they do", async () => (await get(person, "/verifications"))[0].answered === 1);
    assert.equal((await get(person, "/verifications"))[0].id, round.id);
  }));

test("what another training gained is told by the answers that are there", () =>
  visit(copy(trained), demo, async (person) => {
    const round = await post(person, "/verifications", { points: 8 });
    for (let next = round.next, k = 0; next; k++) {
      next = (await post(person, `/verifications/${round.id}/answers`, { index: next.index, answer: k % 2 ? "no" : "yes" })).next;
    }
    const page = await open(person, id);
    await page.getByRole("tab", { name: "Verify" }).click();
    const ask = page.getByRole("button", { name: "What did it gain until version 2?" });
    await page.getByText("Version 1, by 8 answers").waitFor();
    assert.equal(await ask.count(), 0, "nothing was trained since");

    await stageOf(page).focus();
    await press(page, "1", "[", "[", "[");
    await drag(page, [0.4, 0.36], [0.5, 0.34]);
    await saved(page);
    await post(person, "/training");
    await page.getByRole("banner").getByText("Model 2").waitFor({ timeout: 120_000 });
    await ask.click();
    await page.getByText("From version 1 to 2, by the same 8 answers:").waitFor();
    const gain = await get(person, `/verifications/${round.id}/gain`);
    assert.equal(gain.rounds, 1);
    const said = { worse: "It got worse", small: "No class gained 0.01 in one round.", open: "A class may have gained 0.01 or more" };
    await page.getByText(said[gain.verdict]).waitFor();
    await accessible(page, "gain");
  }));
