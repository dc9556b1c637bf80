// How the picture is shown; what is painted must not depend on it.
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { accessible } from "./axe.mjs";
import { CLASSES, closeBrowser, counts, get, open, photos, place, press, saved, stageOf, until, visit } from "./kit.mjs";

after(closeBrowser);

const id = "photo-0";
const options = { args: CLASSES };

function filter(page) {
  return stageOf(page).locator("canvas").first().evaluate((canvas) => canvas.style.filter);
}

test("brightness and contrast are only shown, last as long as the tab, and are taken back by a key", () =>
  visit(photos(2), options, async (person) => {
    const page = await open(person, id);
    await page.getByRole("tab", { name: "See" }).click();
    const brightness = page.getByRole("slider", { name: /Brightness/ });
    await brightness.focus();
    await press(page, "End");
    await page.getByRole("slider", { name: /Contrast/ }).focus();
    await press(page, "ArrowLeft", "ArrowLeft");
    assert.match(await filter(page), /^brightness\(4\) contrast\(0\.87\d*\)$/);
    await press(page, "k", "1");
    await page.mouse.click(...(await place(page, 0.5, 0.5)));
    await saved(page);
    const disc = Math.PI * 40 ** 2;
    const { gum } = await counts(person, id);
    assert.ok(Math.abs(gum.yes - disc) < disc / 20, "a fill looks at the photo itself");
    await page.getByRole("button", { name: /^photo-1/ }).click();
    await page.getByRole("application", { name: /photo-1/ }).waitFor();
    assert.match(await filter(page), /^brightness\(4\)/);
    await page.reload();
    await stageOf(page).waitFor();
    assert.match(await filter(page), /^brightness\(4\)/);
    const other = await open(person, id);
    assert.equal(await filter(other), "");
    await page.bringToFront();
    await stageOf(page).focus();
    await press(page, "w");
    await until("it is as it was", async () => (await filter(page)) === "");
  }));

test("the list keeps to the pictures that are asked for, by keyboard, too", () =>
  visit(photos(3), options, async (person) => {
    const page = await open(person, id);
    const listed = () => page.getByRole("complementary", { name: "Pictures" }).getByRole("listitem").count();
    await press(page, "1");
    await page.mouse.click(...(await place(page, 0.5, 0.5)));
    await saved(page);
    await press(page, "m");
    const filter = page.getByRole("combobox", { name: "Show" });
    await until("the choice has the keyboard", () => filter.evaluate((field) => field === document.activeElement));
    await filter.selectOption("Begun");
    await until("only what is begun is listed", async () => (await listed()) === 1);
    await page.getByText("1 of 3 are shown").waitFor();
    await filter.selectOption("Unpainted");
    await until("the open one stays", async () => (await listed()) === 3);
    await page.getByRole("button", { name: /^photo-1/ }).click();
    await until("then it is gone", async () => (await listed()) === 2);
    assert.equal(await filter.locator("option", { hasText: "unsure" }).isDisabled(), true, "there is no model");
    await page.getByRole("button", { name: "Show all pictures" }).click();
    await until("all are there", async () => (await listed()) === 3);
  }));

test("a line parts the photo from its layers, and moves by mouse and keys", () =>
  visit(photos(2), options, async (person) => {
    const page = await open(person, id);
    const clip = () => stageOf(page).locator("canvas").nth(1).evaluate((canvas) => canvas.style.clipPath);
    await press(page, "c");
    const line = page.getByRole("slider", { name: "Photo alone" });
    await until("half is clipped", async () => /50%/.test(await clip()));
    const [stage, handle] = [await stageOf(page).boundingBox(), await line.boundingBox()];
    await page.mouse.move(handle.x + handle.width / 2, handle.y + handle.height / 2);
    await page.mouse.down();
    await page.mouse.move(stage.x + stage.width / 4, handle.y, { steps: 5 });
    await page.mouse.up();
    await until("it follows the mouse", async () => (await line.getAttribute("aria-valuenow")) === "25");
    await line.focus();
    await press(page, "ArrowRight", "PageUp");
    assert.equal(await line.getAttribute("aria-valuenow"), "37");
    await saved(page);
    assert.equal((await get(person, `/cases/${id}/annotation`)).seq, 0, "nothing is painted by it");
    await accessible(page, "compare");
    await press(page, "c");
    await until("the layers are everywhere", async () => (await clip()) === "");
  }));
