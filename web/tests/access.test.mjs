import assert from "node:assert/strict";
import { after, test } from "node:test";
import { accessible } from "./axe.mjs";
import { CLASSES, closeBrowser, counts, drag, get, open, photos, press, saved, stageOf, thinBrush, until, visit } from "./kit.mjs";

after(closeBrowser);

const id = "photo-0";

test("single-key shortcuts can be turned off", () =>
  visit(photos(2), { args: CLASSES }, async (person) => {
    const page = await open(person, id);
    await page.getByRole("button", { name: "Keyboard shortcuts" }).click();
    await page.getByRole("checkbox", { name: /Single letters/ }).uncheck();
    await press(page, "Escape");
    await stageOf(page).focus();
    await press(page, "2", "e", "j", "?");
    assert.equal(await page.getByRole("button", { name: "Brush" }).getAttribute("aria-pressed"), "true");
    assert.equal(await page.getByRole("button", { name: /^gum/ }).getAttribute("aria-pressed"), "true");
    assert.ok(page.url().endsWith(id));
    await press(page, "Enter", "Shift+ArrowRight", "Enter");
    await saved(page);
    assert.ok((await counts(person, id)).gum.yes > 0);
  }));

test("painting, regions and looking around by keyboard alone", () =>
  visit(photos(3), { args: CLASSES }, async (person) => {
    const page = await open(person, id);
    await until("the picture has the keyboard", () => stageOf(page).evaluate((stage) => stage === document.activeElement));
    await press(page, "1", "]", "ArrowRight", "Enter");
    for (let k = 0; k < 12; k++) await press(page, "Shift+ArrowRight");
    await press(page, "Enter");
    await saved(page);
    const { gum } = await counts(person, id);
    assert.ok(gum.yes > 200, JSON.stringify(gum));
    await press(page, "0", "Shift+ArrowDown", "Shift+ArrowDown", "Shift+ArrowDown", ".");
    await saved(page);
    const both = await counts(person, id);
    assert.ok(both.gum.no > 50 && both.teeth.no > both.gum.no - 1, JSON.stringify(both));
    await press(page, "r", "Shift+ArrowLeft", "Enter", "Shift+ArrowUp", "Shift+ArrowUp", "Shift+ArrowLeft", "Shift+ArrowLeft", "Enter");
    await saved(page);
    await until("the box is there", async () => (await counts(person, id)).regions === 1);
    await press(page, "Control+z", "Control+z", "Control+z");
    await until("all is undone", async () => {
      const now = await counts(person, id);
      return now.regions === 0 && now.gum.yes + now.gum.no + now.teeth.no === 0;
    });
    await press(page, "?");
    const keys = page.getByRole("dialog", { name: "Keyboard" });
    await keys.waitFor();
    await press(page, "Escape");
    await keys.waitFor({ state: "hidden" });
    await press(page, "PageDown");
    await page.waitForURL(/#photo-1$/);
    await until("it has the keyboard, too", () => stageOf(page).evaluate((stage) => stage === document.activeElement));
    await page.getByRole("tab", { name: "Learn" }).focus();
    await press(page, "ArrowRight");
    await page.getByRole("radio", { name: "Photo" }).waitFor();
    await press(page, "ArrowRight");
    await page.getByText("There is no model yet. Once").waitFor();
  }));

test("a stroke that keys began is kept when the mouse goes on", () =>
  visit(photos(2), { args: CLASSES }, async (person) => {
    const page = await open(person, id);
    await thinBrush(page);
    await press(page, "1", "Enter", "Shift+ArrowRight", "Shift+ArrowRight");
    await drag(page, [0.3, 0.8], [0.7, 0.8]);
    await saved(page);
    assert.equal((await get(person, `/cases/${id}/annotation`)).seq, 2);
    const both = (await counts(person, id)).gum.yes;
    await press(page, "Control+z");
    await until("the mouse's stroke is undone", async () => (await counts(person, id)).gum.yes < both);
    assert.ok((await counts(person, id)).gum.yes > 50);
    await press(page, "Control+z");
    await until("that of the keys, too", async () => (await counts(person, id)).gum.yes === 0);
  }));

test("keys work from the panel, too, but not under a dialog; there is one list of them", () =>
  visit(photos(2), { args: CLASSES }, async (person) => {
    const page = await open(person, id);
    await press(page, "1");
    await drag(page, [0.3, 0.5], [0.7, 0.5]);
    await saved(page);
    await page.getByRole("tab", { name: "See" }).click();
    const alone = page.getByRole("checkbox", { name: /Only this class/ });
    await alone.check();
    await press(page, "o");
    await until("the printed key works", async () => !(await alone.isChecked()));
    await page.getByRole("button", { name: "All keys" }).click();
    const keys = page.getByRole("dialog", { name: "Keyboard" });
    for (const text of ["What to paint next", "Search the pictures", "Zoom where the pointer is"]) await keys.getByText(text).waitFor();
    await page.mouse.click(5, 5);
    await press(page, "Control+z", "Escape");
    await keys.waitFor({ state: "hidden" });
    assert.ok((await counts(person, id)).gum.yes > 0);
    await alone.focus();
    await press(page, "Control+z");
    await until("the stroke is undone", async () => (await counts(person, id)).gum.yes === 0);
  }));

for (const colorScheme of ["light", "dark"]) {
  test(`axe finds nothing in the main states, ${colorScheme}`, () =>
    visit(photos(6), { args: CLASSES, browser: { colorScheme } }, async (person) => {
      const page = await open(person, id);
      await accessible(page, "painting");
      await press(page, "1", "Enter", "Shift+ArrowRight", "Enter", "r", "Enter", "Shift+ArrowUp", "Shift+ArrowRight", "Enter", "v", "n");
      await page.getByRole("tab", { name: "See" }).click();
      await page.getByRole("radio", { name: "What training believes" }).check();
      await accessible(page, "belief");
      await page.getByRole("tab", { name: "Verify" }).click();
      await accessible(page, "verify");
      await page.getByRole("button", { name: "Keyboard shortcuts" }).click();
      await accessible(page, "keys");
      await press(page, "Escape");
      await page.getByRole("button", { name: "Classes" }).click();
      await accessible(page, "classes");
      await press(page, "Escape");
      await page.setViewportSize({ width: 390, height: 844 });
      await accessible(page, "narrow");
      await page.locator("nav").getByRole("button", { name: "Pictures" }).click();
      await accessible(page, "drawer");
      await person.context.clearCookies();
      await page.reload();
      await page.getByRole("heading", { name: "Open the link from the terminal" }).waitFor();
      await accessible(page, "shut out");
      person.trouble.splice(0);
    }));
}
