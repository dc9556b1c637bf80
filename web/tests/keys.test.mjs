import assert from "node:assert/strict";
import { after, test } from "node:test";
import { CLASSES, closeBrowser, counts, get, open, photos, press, saved, stageOf, until, visit } from "./kit.mjs";

after(closeBrowser);

const id = "photo-0";
/** Pixels of the bright disc of a photo. */
const disc = Math.PI * 40 ** 2;
const times = (count, key) => Array(count).fill(key);
const hasKeyboard = (locator) => locator.evaluate((element) => element === document.activeElement);

async function focused(page, locator, what) {
  await until(`${what} has the keyboard`, () => hasKeyboard(locator));
}

test("without a mouse: paint, box, train, go on painting, stop", () =>
  visit(photos(8), { args: CLASSES }, async (person) => {
    const page = await open(person, id);
    await focused(page, stageOf(page), "the picture");
    await press(page, "1", "[", "[", "Enter", ...times(6, "Shift+ArrowRight"), "Enter");
    await press(page, "0", ...times(6, "Shift+ArrowDown"), "Enter", ...times(4, "Shift+ArrowLeft"), "Enter");
    await press(page, "r", ...times(8, "Shift+ArrowLeft"), "Enter", ...times(12, "Shift+ArrowUp"), ...times(16, "Shift+ArrowRight"), "Enter");
    await saved(page);
    await until("paint and box are there", async () => {
      const { gum, teeth, regions } = await counts(person, id);
      return gum.yes > 100 && gum.no > 50 && teeth.no > 50 && regions === 1;
    });
    await press(page, "F6");
    await focused(page, page.getByRole("tab", { name: "Learn" }), "the panel");
    await press(page, "Tab", "Enter");
    await page.getByText("Learning version 1").waitFor();
    await press(page, "Shift+F6");
    await focused(page, stageOf(page), "the picture");
    const before = (await counts(person, id)).gum.yes;
    await press(page, "b", "1", "Enter", ...times(6, "Shift+ArrowDown"), "Enter");
    await saved(page);
    assert.ok((await counts(person, id)).gum.yes > before);
    await press(page, "F6", "Tab", "Enter");
    await until("the training is stopped", async () => (await get(person, "/training")).state === "stopped");
  }));

test("a box for Propose, and an outline with the brush, by Shift+Enter", () =>
  visit(photos(2), { args: CLASSES }, async (person) => {
    const page = await open(person, id);
    await press(page, "a", "1", ...times(11, "Shift+ArrowLeft"), ...times(10, "Shift+ArrowUp"), "Shift+Enter");
    await press(page, ...times(22, "Shift+ArrowRight"), ...times(20, "Shift+ArrowDown"), "Enter");
    await page.getByText(/pixels suggested, not yet painted/).waitFor();
    assert.equal((await get(person, `/cases/${id}/annotation`)).seq, 0, "a proposal is no edit");
    await press(page, "Enter");
    await saved(page);
    const { gum } = await counts(person, id);
    assert.ok(Math.abs(gum.yes - disc) < disc / 12 && gum.accepted === gum.yes, JSON.stringify(gum));
    await press(page, "Control+z");
    await until("it is undone", async () => (await counts(person, id)).gum.yes === 0);

    await press(page, "b", "Shift+Enter", ...times(4, "Shift+ArrowLeft"), ...times(4, "Shift+ArrowUp"), ...times(4, "Shift+ArrowRight"), "Shift+Enter");
    await saved(page);
    const { yes } = (await counts(person, id)).gum;
    // Four fast steps are 20 pixels at this size of the window.
    assert.ok(Math.abs(yes - 400) < 60, `a square of 20 pixels, not ${yes}`);
  }));

test("a region's corner is taken hold of, moved and let go; the region is turned and removed", () =>
  visit(photos(2), { args: CLASSES }, async (person) => {
    const page = await open(person, id);
    const boxOf = async () => (await get(person, `/cases/${id}/annotation`)).regions[0]?.box ?? null;
    await press(page, "r", "Enter", ...times(4, "Shift+ArrowRight"), ...times(4, "Shift+ArrowDown"), "Enter");
    const drawn = await until("the box is there", boxOf);
    await press(page, "n", ",", "Enter", ...times(3, "Shift+ArrowLeft"), "Enter");
    const wider = await until("a corner is moved", async () => ((await boxOf()).width > drawn.width ? boxOf() : null));
    assert.ok(Math.abs(wider.x + wider.width - drawn.x - drawn.width) < 1, "the other side stays");
    assert.ok(Math.abs(wider.height - drawn.height) < 1.5, JSON.stringify([drawn, wider]));
    await press(page, ",", "Enter", ...times(3, "Shift+ArrowRight"), "Enter");
    await until("it is turned", async () => (await boxOf()).rotation !== 0);
    await press(page, "Delete");
    await until("it is removed", async () => (await boxOf()) === null);
  }));

test("F6 goes round the parts of the page, also on a phone; Enter there is for what has the keyboard", () =>
  visit(photos(3), { args: CLASSES }, async (person) => {
    const page = await open(person, id);
    const part = () => page.evaluate(() => document.activeElement.closest("[data-part]")?.dataset.part);
    const round = [];
    for (let k = 0; k < 4; k++) {
      await press(page, "F6");
      round.push(await part());
    }
    assert.deepEqual(round, ["panel", "page", "pictures", "picture"]);
    await press(page, "Shift+F6");
    assert.equal(await part(), "pictures");
    await page.getByRole("searchbox").focus();
    await press(page, "F6");
    assert.equal(await part(), "picture", "also from a field");
    await page.setViewportSize({ width: 390, height: 844 });
    await page.getByRole("complementary", { name: "Learn, see, verify" }).waitFor({ state: "hidden" });
    await press(page, "F6");
    assert.equal(await part(), "drawers");
    await press(page, "Tab", "Enter");
    await page.getByRole("button", { name: "Train", exact: true }).waitFor();
    await press(page, "Shift+F6");
    assert.equal(await part(), "panel", "the drawer that is open is a part");
    await press(page, "Escape");
    await page.getByRole("button", { name: "Close the drawer" }).waitFor({ state: "hidden" });
  }));

test("the overview names what works: a prediction's answers, verifying, the line of Compare", () =>
  visit(photos(2), { args: CLASSES }, async (person) => {
    const page = await open(person, id);
    await press(page, "?");
    const keys = page.getByRole("dialog", { name: "Keyboard" });
    for (const text of ["While verifying", "While judging a predicted area", "Shift+Enter", "F6", "F1"]) await keys.getByText(text, { exact: true }).waitFor();
    await press(page, "Escape", "c", "Tab", "End");
    const line = page.getByRole("slider", { name: /Photo alone/ });
    await until("the line moves", async () => (await line.getAttribute("aria-valuenow")) === "100");
    await press(page, "PageDown");
    await until("it is the line that moves, not the list", async () => (await line.getAttribute("aria-valuenow")) === "90");
    assert.ok(page.url().endsWith(id));
    await stageOf(page).focus();
    await press(page, "PageDown");
    await page.waitForURL(/#photo-1$/);
  }));

test("what is typed into a field stays there, and a slider keeps PgUp and PgDn to itself", () =>
  visit(photos(3), { args: CLASSES }, async (person) => {
    const page = await open(person, id);
    const pressed = async (name) => (await page.getByRole("button", { name }).getAttribute("aria-pressed")) === "true";
    const search = page.getByRole("searchbox", { name: /Search the pictures/ });
    await search.pressSequentially("2e-photo.[]");
    assert.equal(await search.inputValue(), "2e-photo.[]");
    await search.fill("");
    const after = page.getByRole("spinbutton", { name: /Corrections after/ });
    await after.fill("");
    await after.pressSequentially("25");
    assert.equal(await after.inputValue(), "25");
    assert.ok((await pressed("Brush")) && (await pressed(/^gum/)), "neither a tool nor a class was chosen");

    const brush = page.getByRole("slider", { name: "Brush" });
    const size = () => brush.evaluate((field) => field.valueAsNumber);
    await brush.focus();
    const before = await size();
    await press(page, "PageUp");
    await until("the slider moves", async () => (await size()) > before);
    await press(page, "PageDown");
    await until("and back", async () => (await size()) === before);
    assert.ok(page.url().endsWith(id), "no other picture is opened");
    await press(page, "e");
    assert.ok(await pressed("Eraser"), "letters still choose tools");
  }));
