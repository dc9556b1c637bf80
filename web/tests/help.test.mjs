import assert from "node:assert/strict";
import { after, test } from "node:test";
import { accessible } from "./axe.mjs";
import { CLASSES, closeBrowser, counts, logIn, open, photos, press, saved, stageOf, team, until, visit } from "./kit.mjs";

after(closeBrowser);

const id = "photo-0";
const helpOf = (page) => page.getByRole("dialog", { name: "Help" });
const heading = (page, name) => helpOf(page).getByRole("heading", { name, exact: true });

/** The heading at which the help is open; what reads it has the keyboard, or what was used to go there. */
async function opensAt(page, name, keeps = helpOf(page).getByRole("region")) {
  await heading(page, name).waitFor();
  await until("the right part has the keyboard", () => keeps.evaluate((part) => part === document.activeElement));
  await until(`${name} is at the top`, () =>
    heading(page, name).evaluate((element) => {
      const article = element.closest("[role=region]");
      const [top, at] = [article.getBoundingClientRect().top, element.getBoundingClientRect().top];
      const atEnd = article.scrollTop + article.clientHeight > article.scrollHeight - 2;
      return at >= top && (at - top < 60 || atEnd);
    }),
  );
}

test("F1 opens the help at what is done, and the keyboard goes back to where it was", () =>
  visit(photos(3), { args: CLASSES }, async (person) => {
    const page = await open(person, id);
    await stageOf(page).focus();
    assert.deepEqual(await scripts(page), ["index"], "its text is not fetched before it is asked for");
    await press(page, "F1");
    await opensAt(page, "Paint");
    assert.deepEqual((await scripts(page)).includes("HelpPanel"), true);
    await press(page, "PageDown", "b", "ArrowDown");
    assert.ok(page.url().endsWith(id), "keys are for the help while it has the keyboard");
    await press(page, "Escape");
    await helpOf(page).waitFor({ state: "hidden" });
    await until("the picture has the keyboard", () => stageOf(page).evaluate((stage) => stage === document.activeElement));

    await press(page, "F6", "ArrowRight", "ArrowRight", "F1");
    await opensAt(page, "Verify");
    await press(page, "F1");
    await helpOf(page).waitFor({ state: "hidden" });
    await page.getByRole("button", { name: "Classes" }).click();
    await press(page, "F1");
    await opensAt(page, "Exclusive, part of");
    await press(page, "Escape");
    await helpOf(page).waitFor({ state: "hidden" });
    await page.getByRole("dialog", { name: "Classes" }).waitFor();
  }));

test("one paints while the help is open", () =>
  visit(photos(2), { args: CLASSES }, async (person) => {
    const page = await open(person, id);
    await page.getByRole("button", { name: "Help", exact: true }).click();
    await opensAt(page, "Paint");
    const [panel, photo] = [await helpOf(page).boundingBox(), await stageOf(page).boundingBox()];
    assert.ok(photo.x + photo.width <= panel.x + 1, `it lies beside the picture: ${JSON.stringify([photo, panel])}`);
    await press(page, "Shift+F6", "Shift+F6", "1", "Enter", "Shift+ArrowRight", "Enter");
    await saved(page);
    assert.ok((await counts(person, id)).gum.yes > 0);
    assert.ok(await helpOf(page).isVisible());
  }));

test("it is searched, and its links lead on and back", () =>
  visit(photos(2), { args: CLASSES }, async (person) => {
    const page = await open(person, id);
    await press(page, "F1");
    const help = helpOf(page);
    await opensAt(page, "Paint");
    await help.getByRole("searchbox").fill("quetzalcoatl");
    await help.getByText(/Nothing is found/).waitFor();
    await accessible(page, "nothing found");
    await help.getByRole("button", { name: "Clear the search" }).click();
    await help.getByRole("searchbox").fill("fingerprint");
    await help.getByText(/^\d+ sections?$/).waitFor();
    await help.getByRole("searchbox").fill("neither");
    await accessible(page, "found");
    await help.getByRole("button", { name: /^Neither/ }).click();
    await opensAt(page, "Neither");
    await help.getByRole("searchbox").fill("neither");
    await help.getByText(/^\d+ sections?$/).waitFor();
    await help.getByRole("searchbox").fill("");
    await opensAt(page, "Neither", help.getByRole("searchbox"));
    const choice = help.getByRole("combobox", { name: "Page of the help" });
    await choice.focus();
    await choice.selectOption("A team");
    await opensAt(page, "A team", choice);
    await help.getByRole("link", { name: "scores.md" }).click();
    await opensAt(page, "Two people");
    assert.ok(page.url().endsWith(id), "the address is the picture's");
    await help.getByRole("button", { name: "Back" }).click();
    await opensAt(page, "A team");
    const outside = help.locator("a:not([data-place])");
    for (const link of await outside.all()) assert.equal(await link.getAttribute("target"), "_blank");
    const href = await help.getByRole("link", { name: "scores.md" }).getAttribute("href");
    await page.goto(`${person.server.origin}${href}`);
    await heading(page, "Scores").waitFor();
  }));

for (const colorScheme of ["light", "dark"]) {
  test(`axe finds nothing in any page of the help, nor on a phone, ${colorScheme}`, () =>
    visit(photos(2), { args: CLASSES, browser: { colorScheme } }, async (person) => {
      const page = await open(person, id);
      await press(page, "F1");
      const choice = helpOf(page).getByRole("combobox", { name: "Page of the help" });
      for (const title of await choice.locator("option").allInnerTexts()) {
        await choice.focus();
        await choice.selectOption(title);
        await opensAt(page, title, choice);
        await accessible(page, title);
      }
      await press(page, "Escape");
      await page.setViewportSize({ width: 390, height: 844 });
      await press(page, "F1");
      await choice.waitFor();
      assert.equal(await helpOf(page).evaluate((dialog) => dialog.matches(":modal")), true, "it covers the page, and nothing behind it is reached");
      await accessible(page, "narrow");
      const wide = await page.evaluate(() => document.documentElement.scrollWidth > innerWidth);
      assert.equal(wide, false, "nothing sticks out");
    }));
}

test("it helps before one is logged in, and by role", () =>
  team(photos(2), { args: CLASSES, expected: /status of 401/ }, async (come) => {
    const nobody = await come(null);
    const page = await nobody.context.newPage();
    await page.goto(nobody.server.origin);
    await page.getByRole("button", { name: "Log in" }).waitFor();
    await press(page, "F1");
    await opensAt(page, "Accounts");
    await press(page, "Escape");
    await logIn(page, "Nils");
    await stageOf(page).waitFor();
    await stageOf(page).focus();
    await press(page, "F1");
    await opensAt(page, "Regions");
  }));

async function scripts(page) {
  const names = await page.evaluate(() => performance.getEntriesByType("resource").map(({ name }) => /assets\/(\w+)-.*\.js$/.exec(name)?.[1]));
  return [...new Set(names.filter((name) => name && name !== "picture"))];
}
