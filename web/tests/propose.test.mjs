import assert from "node:assert/strict";
import { after, test } from "node:test";
import { CLASSES, closeBrowser, counts, drag, get, open, photos, place, press, saved, stageOf, until, visit } from "./kit.mjs";

after(closeBrowser);

const id = "photo-0";
const options = { args: CLASSES };
/** Pixels of the bright disc of a photo. */
const disc = Math.PI * 40 ** 2;

const suggested = (page) => page.getByText(/pixels suggested, not yet painted/).waitFor();
const seq = async (person) => (await get(person, `/cases/${id}/annotation`)).seq;
const near = (value, wanted) => assert.ok(Math.abs(value - wanted) < wanted / 12, `${value}, not ${wanted}`);

async function scribble(page) {
  await press(page, "a", "1");
  for (let k = 0; k < 12; k++) await press(page, "[");
  await drag(page, [0.45, 0.5], [0.55, 0.5]);
  await suggested(page);
}

test("a scribble is answered with a region that is nothing until Enter, and one step back", () =>
  visit(photos(2), options, async (person) => {
    const page = await open(person, id);
    await scribble(page);
    assert.equal(await seq(person), 0, "a proposal is no edit");
    assert.deepEqual((await get(person, `/cases/${id}/evidence`)).classes.gum, {});
    await press(page, "Enter");
    await saved(page);
    const { gum, teeth } = await counts(person, id);
    near(gum.yes, disc);
    assert.ok(gum.accepted > gum.yes / 2 && gum.accepted < gum.yes, "scribbles are paint, the rest is accepted");
    assert.deepEqual([gum.no, teeth.yes, teeth.no], [0, 0, 0]);
    const layers = (await get(person, `/cases/${id}/evidence`)).classes.gum;
    assert.deepEqual(Object.keys(layers).sort(), ["accepted-positive", "painted-positive"]);
    await press(page, "Control+z");
    await until("it is undone in one step", async () => (await counts(person, id)).gum.yes === 0);
    await press(page, "Control+y");
    await until("and done again", async () => (await counts(person, id)).gum.yes === gum.yes);
  }));

test("a no refines, undo takes it back, Escape discards everything", () =>
  visit(photos(2), options, async (person) => {
    const page = await open(person, id);
    await scribble(page);
    const card = page.getByRole("group", { name: "Proposal" });
    const pixels = async () => Number(/(\d+) pixels/.exec(await card.innerText())?.[1]);
    const whole = await pixels();
    near(whole, disc);
    await press(page, "x");
    await drag(page, [0.5, 0.25], [0.5, 0.3]);
    await until("there is less of it", async () => (await pixels()) < whole);
    await press(page, "Control+z");
    await until("it is as before", async () => (await pixels()) === whole);
    await press(page, "Escape");
    await page.getByText(/Scribble on/).waitFor();
    await press(page, "Enter");
    assert.equal(await seq(person), 0);
  }));

test("a box shows what stands out in it; by keyboard, the full stop scribbles and Enter accepts", () =>
  visit(photos(2), options, async (person) => {
    const page = await open(person, id);
    await press(page, "a", "1");
    await page.keyboard.down("Shift");
    await drag(page, [0.2, 0.1], [0.8, 0.9]);
    await page.keyboard.up("Shift");
    await suggested(page);
    await page.getByRole("button", { name: /^Accept/ }).click();
    await saved(page);
    near((await counts(person, id)).gum.yes, disc);
    await press(page, "2");
    await stageOf(page).focus();
    await page.mouse.move(...(await place(page, 0.02, 0.02)));
    await press(page, "Control+z");
    await until("it is undone", async () => (await counts(person, id)).gum.yes === 0);
    await press(page, "ArrowRight", ".", "ArrowRight", ".");
    await suggested(page);
    await press(page, "Enter");
    await saved(page);
    near((await counts(person, id)).teeth.yes, disc);
  }));

test("tool and brush are those of the last picture", () =>
  visit(photos(2), options, async (person) => {
    const page = await open(person, id);
    await press(page, "a", "[", "[");
    const size = () => page.getByRole("slider", { name: "Brush" }).getAttribute("aria-valuetext");
    const before = await size();
    await page.getByRole("button", { name: /^photo-1/ }).click();
    await page.getByRole("application", { name: /photo-1/ }).waitFor();
    assert.equal(await size(), before);
    assert.equal(await page.getByRole("button", { name: /^Propose/ }).getAttribute("aria-pressed"), "true");
  }));
