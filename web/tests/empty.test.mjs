// What the app says where there is nothing: what to do next, with the button that does it.
import assert from "node:assert/strict";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { accessible } from "./axe.mjs";
import { CLASSES, closeBrowser, counts, drag, open, photos, press, saved, stageOf, team, until, visit } from "./kit.mjs";

after(closeBrowser);

const id = "photo-0";
const hasKeyboard = (locator) => locator.evaluate((element) => element === document.activeElement);

for (const [width, height] of [[1280, 800], [390, 844]]) {
  const narrow = width < 800;
  const viewport = { width, height };

  /** On a narrow page the panel is a drawer. */
  async function tab(page, name) {
    if (narrow) await page.locator("nav").getByRole("button", { name }).click();
    else await page.getByRole("tab", { name }).click();
  }

  test(`nothing painted, no model, no region, nothing measured: each leads on, ${width} pixels wide`, () =>
    visit(photos(3), { args: CLASSES, browser: { viewport } }, async (person) => {
      const page = await open(person, id);
      await tab(page, "Learn");
      await page.getByText("Nothing is painted yet").waitFor();
      await accessible(page, "nothing painted");
      await page.getByRole("button", { name: "Start painting" }).click();
      await until("the picture has the keyboard", () => hasKeyboard(stageOf(page)));
      await press(page, "1");
      await drag(page, [0.3, 0.5], [0.6, 0.5]);
      await saved(page);
      assert.ok((await counts(person, id)).gum.yes > 0, "no drawer is over the picture");

      await tab(page, "Verify");
      await page.getByText("There is no model yet. Once it is trained").waitFor();
      await page.getByRole("button", { name: "To the training" }).click();
      await page.getByRole("button", { name: "Train", exact: true }).waitFor();
      await page.getByText("Nothing is painted yet").waitFor({ state: "hidden" });

      if (narrow) await press(page, "Escape");
      await tab(page, "See");
      await accessible(page, "no model, no region");
      await page.getByRole("button", { name: "To the training" }).click();
      await page.getByRole("button", { name: "Train", exact: true }).waitFor();
      if (narrow) await press(page, "Escape");
      await tab(page, "See");
      await page.getByRole("button", { name: "Draw a box" }).click();
      await until("the picture has the keyboard", () => hasKeyboard(stageOf(page)));
      await page.waitForTimeout(300);
      await drag(page, [0.2, 0.2], [0.8, 0.8]);
      await until("the box is there", async () => (await counts(person, id)).regions === 1);
    }));

  test(`nothing found: the search and the filter are undone by a button, ${width} pixels wide`, () =>
    visit(photos(3), { args: CLASSES, browser: { viewport } }, async (person) => {
      const page = await open(person, id);
      if (narrow) await page.locator("nav").getByRole("button", { name: "Pictures" }).click();
      const list = page.getByRole("complementary", { name: "Pictures" });
      await list.getByRole("searchbox").fill("quetzalcoatl");
      await list.getByText("is called like “quetzalcoatl”").waitFor();
      await accessible(page, "nothing found");
      await list.getByRole("button", { name: "Clear the search" }).click();
      await list.getByRole("combobox", { name: "Show" }).selectOption("Begun");
      await list.getByText("1 of 3 are shown, the open one in any case").waitFor();
      await list.getByRole("button", { name: "Show all pictures" }).click();
      assert.equal(await list.locator("li").count(), 3);
    }));

  test(`no pictures, or none that can be read: they are added with a button, ${width} pixels wide`, () =>
    visit(mkdtempSync(join(tmpdir(), "lacuna-web-")), { args: CLASSES, browser: { viewport } }, async (person) => {
      const page = await person.context.newPage();
      await page.goto(person.server.origin);
      await page.getByRole("heading", { name: "Add your first pictures" }).waitFor();
      await tab(page, "Learn");
      await page.getByText("There are no pictures yet.").waitFor();
      assert.equal(await page.getByRole("button", { name: "Start painting" }).count(), 0);
      if (narrow) await press(page, "Escape");
      await tab(page, "See");
      await page.getByText("once a picture is open").waitFor();
      await accessible(page, "no pictures");
      const chooser = page.waitForEvent("filechooser");
      await page.getByRole("button", { name: "Add pictures" }).click();
      assert.equal((await chooser).isMultiple(), true);
    }));
}

test("who may not help themselves is told who can", () =>
  team(photos(2), { args: CLASSES, expected: /status of 403/ }, async (come) => {
    const reader = await come("Rosa");
    const page = await open(reader, id);
    await page.getByText("an expert trains it").waitFor();
    await page.getByRole("tab", { name: "See" }).click();
    await page.getByText("There is no model yet: paint").waitFor();
    assert.equal(await page.getByRole("button", { name: /To the training|Draw a box/ }).count(), 0);
    await page.route("**/api/project", async (route) => {
      const answer = await route.fetch();
      await route.fulfill({ response: answer, json: { ...(await answer.json()), classes: [] } });
    });
    await page.reload();
    await page.getByRole("heading", { name: "There are no classes yet" }).waitFor();
    await page.route("**/api/cases", async (route) => {
      const answer = await route.fetch();
      await route.fulfill({ response: answer, json: (await answer.json()).map((item) => ({ ...item, error: "damaged" })) });
    });
    await page.reload();
    await page.getByRole("heading", { name: "None of the pictures can be read" }).waitFor();
    await page.getByText("An owner of this data set can add others").waitFor();
    await page.route("**/api/cases", (route) => route.fulfill({ json: [] }));
    await page.reload();
    await page.getByRole("heading", { name: "There are no pictures yet" }).waitFor();
  }));
