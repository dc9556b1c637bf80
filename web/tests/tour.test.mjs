import assert from "node:assert/strict";
import { cpSync, rmSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { accessible } from "./axe.mjs";
import { admit, CLASSES, closeBrowser, counts, drag, newFolder, open, photos, place, press, saved, serve, stageOf, team, until, visit } from "./kit.mjs";

const shared = newFolder();
const drawn = join(shared, "drawn");
const demo = { args: ["--demo", "--author", "Ada"], browser: { tour: true } };
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

function copy() {
  const folder = join(shared, `copy-${copies++}`);
  cpSync(drawn, folder, { recursive: true });
  return folder;
}

const tourOf = (page) => page.getByRole("complementary", { name: "Tour" });
const at = (page, title) => tourOf(page).getByRole("heading", { name: title, exact: true }).waitFor();
const gone = (page) => tourOf(page).waitFor({ state: "detached" });

async function predicted(page, version = 1) {
  return page.evaluate(
    async ([url]) => {
      const bitmap = await createImageBitmap(await (await fetch(url)).blob());
      const canvas = new OffscreenCanvas(bitmap.width, bitmap.height);
      const context = canvas.getContext("2d");
      context.drawImage(bitmap, 0, 0);
      const { data } = context.getImageData(0, 0, bitmap.width, bitmap.height);
      let best = 0;
      for (let i = 4; i < data.length; i += 4) if (data[i] > data[best]) best = i;
      return [((best / 4) % bitmap.width + 0.5) / bitmap.width, (Math.floor(best / 4 / bitmap.width) + 0.5) / bitmap.height];
    },
    [`/api/cases/${id}/prediction/gum.png?version=${version}`],
  );
}

test("the first run: who paints, trains, judges and verifies is led through it without a press of Next", () =>
  visit(copy(), demo, async (person) => {
    const page = await open(person, id);
    await at(page, "Yes, no, unknown");
    await until("the picture keeps the keyboard", () => stageOf(page).evaluate((stage) => stage === document.activeElement));
    assert.equal(await page.locator("dialog:modal").count(), 0);
    await press(page, "1", "[", "[", "[");
    await drag(page, [0.4, 0.36], [0.5, 0.34]);
    await at(page, "Say where it is not");
    await press(page, "0");
    await drag(page, [0.6, 0.06], [0.9, 0.06]);
    await at(page, "Train");
    await page.getByRole("button", { name: "Train", exact: true }).click();
    await at(page, "Look at what it suggests");
    await tourOf(page).getByText("The model is learning").waitFor();
    await press(page, "1");
    await drag(page, [0.4, 0.37], [0.5, 0.35]);
    await saved(page);
    await press(page, "a");
    await drag(page, [0.4, 0.36], [0.5, 0.34]);
    await page.getByText(/pixels suggested/).waitFor();
    await press(page, "Enter", "b");
    await saved(page);
    await page.getByRole("banner").getByText("Model 1").waitFor({ timeout: 120_000 });
    await tourOf(page).getByText("Tinted areas show").waitFor();
    await page.getByRole("tab", { name: "See" }).click();
    await page.getByRole("radio", { name: "Model: classes" }).check();
    await at(page, "Accept or correct");
    await page.mouse.click(...(await place(page, ...(await predicted(page)))));
    await page.getByRole("dialog", { name: /^Prediction of/ }).waitFor();
    await press(page, "a");
    await at(page, "Verify");
    await page.getByRole("tab", { name: "Verify" }).click();
    await page.getByRole("button", { name: "Verify version 1" }).click();
    await page.getByText("That was the tour").waitFor();
    await gone(page);
    await page.reload();
    await stageOf(page).waitFor();
    assert.equal(await tourOf(page).count(), 0, "it does not begin again");
  }));

test("by keyboard: to it and on, back, ended, and begun again from the help", () =>
  visit(copy(), demo, async (person) => {
    const page = await open(person, id);
    await at(page, "Yes, no, unknown");
    await press(page, "F6", "F6");
    const inTour = () => tourOf(page).evaluate((card) => card.contains(document.activeElement));
    await until("the tour has the keyboard", inTour);
    await press(page, "Enter");
    await at(page, "Paint a little");
    assert.ok(await inTour());
    await press(page, "e");
    await until("keys of the picture work beside it", async () => (await page.getByRole("button", { name: "Eraser" }).getAttribute("aria-pressed")) === "true");
    await press(page, "Shift+Tab", "Enter");
    await at(page, "Yes, no, unknown");
    await page.reload();
    await at(page, "Yes, no, unknown");
    await tourOf(page).getByRole("button", { name: "Next" }).click();
    await at(page, "Paint a little");
    await page.reload();
    await at(page, "Paint a little");
    await tourOf(page).getByRole("button", { name: "Next" }).focus();
    await press(page, "Escape");
    await gone(page);
    await until("the picture has the keyboard", () => stageOf(page).evaluate((stage) => stage === document.activeElement));
    await page.reload();
    await stageOf(page).waitFor();
    assert.equal(await tourOf(page).count(), 0);
    await press(page, "F1");
    await page.getByRole("button", { name: "Show me round" }).press("Enter");
    await at(page, "Yes, no, unknown");
    await until("what was asked for has the keyboard", inTour);
    for (let k = 0; k < 7; k++) await press(page, "Enter");
    await gone(page);
  }));

test("another folder at the same address begins its own tour, or none", () =>
  visit(copy(), { ...demo, keep: true }, async (person, world) => {
    const page = await open(person, id);
    await tourOf(page).getByRole("button", { name: "Next" }).click();
    await at(page, "Paint a little");
    const { port, folder } = world.server;
    const moveTo = async (other, options) => {
      await page.goto("about:blank");
      await world.server.stop();
      world.server = person.server = await serve(other, { ...options, port });
      await admit(person, world.server);
    };
    const theirs = photos(3);
    await moveTo(theirs, { args: CLASSES });
    await page.goto(`${world.server.origin}/#photo-0`);
    await stageOf(page).waitFor();
    await page.waitForTimeout(500);
    assert.equal(await tourOf(page).count(), 0);
    await moveTo(folder, demo);
    await page.goto(`${world.server.origin}/#${id}`);
    await at(page, "Paint a little");
    rmSync(theirs, { recursive: true });
  }));

test("it begins from the help over any dialog, and is offered only where there is something to show", async () => {
  await visit(photos(2), { args: ["--class", "gum", "--author", "Ada"] }, async (person) => {
    const page = await open(person, "photo-0");
    await page.getByRole("button", { name: "Classes" }).click();
    await page.getByRole("dialog", { name: "Classes" }).waitFor();
    await press(page, "F1");
    await page.getByRole("button", { name: "Show me round" }).click();
    await at(page, "Yes, no, unknown");
    assert.equal(await page.locator("dialog:modal").count(), 0);
    await tourOf(page).getByRole("button", { name: "Next" }).click();
    await tourOf(page).getByRole("button", { name: "Next" }).click();
    await tourOf(page).getByText("that is not gum").waitFor();
  });
  await visit(newFolder(), { args: CLASSES }, async (person) => {
    const page = await person.context.newPage();
    await page.goto(person.server.origin);
    await page.getByRole("button", { name: "Help", exact: true }).click();
    await page.getByRole("dialog", { name: "Help" }).getByRole("searchbox").waitFor();
    assert.equal(await page.getByRole("button", { name: "Show me round" }).count(), 0);
  });
});

test("other people's pictures begin no tour; each role has its own", () =>
  team(photos(3), { args: CLASSES, browser: { tour: true } }, async (come) => {
    for (const [name, first, rest] of [["Olga", "Yes, no, unknown", 7], ["Nils", "A box says two things", 4], ["Rosa", "What people said", 5]]) {
      const page = await open(await come(name), "photo-0");
      assert.equal(await tourOf(page).count(), 0);
      await page.getByRole("button", { name: "Help", exact: true }).click();
      await page.getByRole("button", { name: "Show me round" }).click();
      await at(page, first);
      await tourOf(page).getByText(`1 of ${rest}`).waitFor();
      if (name === "Nils") {
        await stageOf(page).focus();
        await press(page, "r");
        await drag(page, [0.2, 0.2], [0.8, 0.8]);
        await at(page, "On to the next picture");
        await page.getByRole("button", { name: "What to paint next" }).click();
        await at(page, "When you do not know further");
        await page.getByRole("button", { name: "Help", exact: true }).click();
        await gone(page);
      }
      await page.close();
    }
  }));

for (const [width, height, colorScheme] of [[390, 844, "light"], [1280, 800, "dark"], [2560, 1440, "light"]]) {
  test(`each step is on the page and hides nothing that it points at, ${width} pixels wide, ${colorScheme}`, () =>
    visit(copy(), { ...demo, browser: { tour: true, colorScheme, viewport: { width, height }, hasTouch: width < 800, reducedMotion: "reduce" } }, async (person) => {
      const page = await open(person, id);
      for (let k = 1; k <= 7; k++) {
        await tourOf(page).getByText(`${k} of 7`).waitFor();
        await page.waitForTimeout(300);
        const card = await tourOf(page).boundingBox();
        assert.ok(card.x >= 0 && card.y >= 0 && card.x + card.width <= width && card.y + card.height <= height, JSON.stringify(card));
        const ring = await page.locator(".ring:not(.shown)").last().boundingBox();
        const inside = await tourOf(page).evaluate((element) => element.classList.contains("inside"));
        if (inside) assert.ok(ring.height > 3 * card.height, `most of what it points at is free: ${JSON.stringify([ring, card])}`);
        else assert.ok(card.x >= ring.x + ring.width || card.x + card.width <= ring.x || card.y >= ring.y + ring.height || card.y + card.height <= ring.y, JSON.stringify([ring, card]));
        const bar = await page.locator("[data-tour=bar]").boundingBox();
        assert.ok(card.y >= bar.y + bar.height || card.x >= bar.x + bar.width, `classes and answers are free: ${JSON.stringify([bar, card])}`);
        await accessible(page, `step ${k}`);
        if (k < 7) await tourOf(page).getByRole("button", { name: "Next" }).click();
      }
      if (width < 800) {
        // A tap is a dot of the brush: the card over the picture takes nothing but its own place.
        const before = (await counts(person, id)).gum.yes;
        await page.locator(".subjects button").first().tap();
        await page.touchscreen.tap(...(await place(page, 0.5, 0.4)));
        await saved(page);
        await until("it is painted", async () => (await counts(person, id)).gum.yes > before);
      }
      await tourOf(page).getByRole("button", { name: "End the tour" }).click();
      await gone(page);
    }));
}
