import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, test } from "node:test";
import { CLASSES, closeBrowser, counts, drag, get, open, photos, place, press, saved, serve, stageOf, until, visit } from "./kit.mjs";

after(closeBrowser);

const id = "photo-0";
const options = { args: CLASSES };

test("what is painted is on the server; undo and redo, too", () =>
  visit(photos(2), options, async (person) => {
    const page = await open(person, id);
    await press(page, "1");
    await drag(page, [0.3, 0.4], [0.7, 0.45]);
    await saved(page);
    const painted = await counts(person, id);
    assert.ok(painted.gum.yes > 300 && painted.gum.no === 0, JSON.stringify(painted));
    assert.equal(painted.teeth.yes, 0);
    await press(page, "x");
    await drag(page, [0.3, 0.7], [0.7, 0.75]);
    await saved(page);
    assert.ok((await counts(person, id)).gum.no > 300);
    await press(page, "Control+z", "Control+z");
    await saved(page);
    await until("both strokes are undone", async () => {
      const { gum } = await counts(person, id);
      return gum.yes === 0 && gum.no === 0;
    });
    await press(page, "Control+y");
    await saved(page);
    await until("the first is there again", async () => (await counts(person, id)).gum.yes === painted.gum.yes);
  }));

test("neither is no for every class", () =>
  visit(photos(2), options, async (person) => {
    const page = await open(person, id);
    await press(page, "0");
    await drag(page, [0.2, 0.2], [0.4, 0.2]);
    await saved(page);
    const { gum, teeth } = await counts(person, id);
    assert.ok(gum.no > 200);
    assert.deepEqual([gum.yes, teeth.yes, teeth.no], [0, 0, gum.no]);
  }));

test("painting one class shows that exclusive ones are not there", () =>
  visit(photos(2), options, async (person) => {
    const page = await open(person, id);
    await page.getByRole("tab", { name: "See" }).click();
    await page.getByRole("radio", { name: "What training believes" }).check();
    await stageOf(page).focus();
    await press(page, "1");
    await drag(page, [0.35, 0.5], [0.65, 0.5]);
    await saved(page);
    const { classes } = await get(person, `/cases/${id}/evidence`);
    assert.deepEqual(Object.keys(classes.teeth), ["excluded"]);
    const here = () => colour(page);
    const painted = await here();
    await press(page, "2", "d");
    await until("the belief is worked out", async () => !(await page.getByText(/worked out/).isVisible()));
    await until("teeth are believed to be absent there", async () => {
      const shown = await here();
      return shown[3] > 0 && shown.join() !== painted.join();
    });
    await page.getByText("No: another class is here").or(page.getByText(/exclu/i)).first().waitFor();
  }));

/** Of the overlay, in the middle of the stage; hatched, so the most opaque of some pixels. */
function colour(page) {
  return page.evaluate(() => {
    const canvas = document.querySelectorAll(".stage canvas")[1];
    const size = 24;
    const { data } = canvas.getContext("2d").getImageData(canvas.width / 2 - size / 2, canvas.height / 2 - size / 2, size, size);
    let best = [0, 0, 0, 0];
    for (let i = 0; i < data.length; i += 4) if (data[i + 3] > best[3]) best = [...data.slice(i, i + 4)];
    return best;
  });
}

test("a lasso fills what it goes around, erases it again, and is one step back", () =>
  visit(photos(2), options, async (person) => {
    const page = await open(person, id);
    const around = [[0.3, 0.3], [0.6, 0.3], [0.6, 0.6], [0.3, 0.6]];
    await press(page, "l", "1");
    await drag(page, ...around);
    await saved(page);
    const { gum } = await counts(person, id);
    const wanted = 0.3 * 160 * 0.3 * 120;
    assert.ok(Math.abs(gum.yes - wanted) < wanted / 10 && gum.no === 0, JSON.stringify(gum));
    await press(page, "u");
    await drag(page, ...around);
    await until("it is erased", async () => (await counts(person, id)).gum.yes === 0);
    await press(page, "Control+z");
    await until("one step brings it back", async () => (await counts(person, id)).gum.yes === gum.yes);
  }));

test("a lasso by keyboard alone", () =>
  visit(photos(2), options, async (person) => {
    const page = await open(person, id);
    await press(page, "2", "l", "x", "Enter");
    for (const arrow of ["Right", "Right", "Down", "Down", "Left", "Left"]) await press(page, `Shift+Arrow${arrow}`);
    await press(page, "Enter");
    await saved(page);
    const { teeth } = await counts(person, id);
    assert.ok(teeth.no > 50 && teeth.yes === 0, JSON.stringify(teeth));
  }));

test("a fill shows and paints what has one colour, held by paint that was there", () =>
  visit(photos(2), options, async (person) => {
    const page = await open(person, id);
    const disc = Math.PI * 40 ** 2;
    await press(page, "k", "1");
    await page.mouse.move(...(await place(page, 0.5, 0.5)));
    await until("a click is shown beforehand", async () => (await colour(page))[3] > 0);
    assert.equal((await counts(person, id)).gum?.yes ?? 0, 0);
    await page.mouse.down();
    await page.mouse.up();
    await saved(page);
    const { gum } = await counts(person, id);
    assert.ok(Math.abs(gum.yes - disc) < disc / 20 && gum.no === 0, JSON.stringify(gum));
    await press(page, "2");
    await page.mouse.click(...(await place(page, 0.5, 0.5)));
    await press(page, "1", "x");
    await page.mouse.click(...(await place(page, 0.5, 0.5)));
    assert.equal((await get(person, `/cases/${id}/annotation`)).seq, 1, "paint of another kind is left alone");
    await press(page, "u");
    await page.mouse.click(...(await place(page, 0.5, 0.5)));
    await until("it is erased", async () => (await counts(person, id)).gum.yes === 0);
    await press(page, "l", "x");
    await drag(page, [0.5, 0.1], [0.52, 0.1], [0.52, 0.9], [0.5, 0.9]);
    await press(page, "k");
    await page.mouse.click(...(await place(page, 0.4, 0.5)));
    await until("the line holds it", async () => {
      const { yes } = (await counts(person, id)).gum;
      return yes > disc * 0.45 && yes < disc * 0.65;
    });
  }));

test("a fill by key takes less than a tenth of a second in a picture of 1024 by 1024", () =>
  visit(photos(1, 1024, 1024), options, async (person) => {
    const page = await open(person, id);
    await press(page, "k", "1", "ArrowRight");
    const took = await stageOf(page).evaluate((stage) => {
      const key = (name) => stage.dispatchEvent(new KeyboardEvent("keydown", { key: name, bubbles: true, cancelable: true }));
      // Filled, erased, and filled: the quickest counts, because other things run on this machine.
      return [".", "u", ".", "u", "."].map((name) => {
        const before = performance.now();
        key(name);
        return performance.now() - before;
      });
    });
    await saved(page);
    await until("it is painted", async () => (await counts(person, id)).gum.yes > 300_000);
    assert.ok(Math.min(took[0], took[2], took[4]) < 100, `${took} ms`);
  }));

test("a region says no outside", () =>
  visit(photos(2), options, async (person) => {
    const page = await open(person, id);
    await press(page, "r");
    await drag(page, [0.25, 0.25], [0.75, 0.75]);
    await saved(page);
    const { regions } = await get(person, `/cases/${id}/annotation`);
    assert.equal(regions.length, 1);
    const { x, y, width, height } = regions[0].box;
    for (const [value, wanted] of [[x, 40], [y, 30], [width, 80], [height, 60]]) assert.ok(Math.abs(value - wanted) < 3, `${value}, not ${wanted}`);
    assert.deepEqual([regions[0].author, regions[0].origin], ["Ada", "lacuna"]);
    const { classes } = await get(person, `/cases/${id}/evidence`);
    assert.deepEqual(Object.keys(classes.gum), ["outside"]);
    await press(page, "n", "Delete");
    await until("it is deleted", async () => (await counts(person, id)).regions === 0);
  }));

test("a stroke can be undone after another picture was open", () =>
  visit(photos(2), options, async (person) => {
    const page = await open(person, id);
    await press(page, "1");
    await drag(page, [0.3, 0.4], [0.7, 0.45]);
    await press(page, "r");
    await drag(page, [0.25, 0.25], [0.75, 0.75]);
    await saved(page);
    await page.getByRole("button", { name: /^photo-1/ }).click();
    await page.waitForURL(/#photo-1$/);
    await page.getByRole("button", { name: /^photo-0/ }).click();
    await page.getByRole("application", { name: /photo-0/ }).waitFor();
    await press(page, "Control+z", "Control+z");
    await until("both are undone", async () => {
      const now = await counts(person, id);
      return now.regions === 0 && now.gum.yes === 0;
    });
  }));

test("what to paint next goes through all pictures that can be read", async () => {
  const folder = photos(5);
  const server = await serve(folder, options);
  await server.stop();
  writeFileSync(join(folder, "photo-4.png"), "no picture");
  await visit(folder, { expected: /Failed to load resource/ }, async (person) => {
    const page = await open(person, id);
    const broken = page.getByRole("button", { name: /^photo-4/ });
    await broken.waitFor();
    assert.equal(await broken.isDisabled(), true);
    const way = [id];
    for (let k = 0; k < 3; k++) {
      await press(page, "j");
      await page.waitForURL((url) => !url.hash.endsWith(way.at(-1)));
      way.push(new URL(page.url()).hash.slice(1));
      await page.getByRole("application", { name: new RegExp(way.at(-1)) }).waitFor();
    }
    assert.deepEqual([...way].sort(), ["photo-0", "photo-1", "photo-2", "photo-3"]);
  });
});

test("a held-back picture says that nothing is learnt from it", () =>
  visit(photos(8), options, async (person) => {
    const cases = await get(person, "/cases");
    const held = cases.find(({ part }) => part === "test");
    const page = await open(person, held.id);
    await page.getByText("What you paint here trains nothing").waitFor();
    await press(page, "1");
    await drag(page, [0.3, 0.4], [0.7, 0.45]);
    await saved(page);
    assert.equal((await get(person, "/training")).edits, 0);
    await page.getByRole("button", { name: new RegExp(`^${cases.find(({ part }) => part === "train").id}`) }).click();
    await page.getByText("What you paint here trains nothing").waitFor({ state: "detached" });
    await stageOf(page).waitFor();
    await press(page, "1");
    await drag(page, [0.3, 0.4], [0.7, 0.45]);
    await saved(page);
    await page.getByRole("tab", { name: "Learn" }).click();
    assert.equal((await get(person, "/training")).edits, 1);
  }));

test("classes are named, pictures added, and the next one found", () =>
  visit(photos(6), {}, async (person) => {
    const page = await person.context.newPage();
    await page.goto(person.server.origin);
    await page.getByLabel("Name of class 1").fill("gum");
    await page.getByLabel("Name of class 2").fill("teeth");
    await page.getByRole("button", { name: "Create and go on" }).click();
    await stageOf(page).waitFor();
    const project = await until("the classes exclude each other", async () => {
      const now = await get(person, "/project");
      return now.exclusive.length > 0 && now;
    });
    assert.deepEqual([project.classes.map(({ name }) => name), project.exclusive], [["gum", "teeth"], [["gum", "teeth"]]]);
    const { buffer } = await picture();
    await page.setInputFiles('input[type="file"]', [{ name: "new one.png", mimeType: "image/png", buffer }]);
    await until("the picture is there", async () => (await get(person, "/cases")).some((item) => item.id === "new one"));
    await page.waitForURL(/#new%20one$/);
    await page.getByRole("heading", { name: "Pictures" }).waitFor();
    await press(page, "j");
    await until("another picture is open", async () => !page.url().endsWith("new%20one"));
    const left = page.waitForResponse((answer) => answer.url().endsWith("/leave"));
    await press(page, "PageDown", "PageUp");
    assert.equal((await left).status(), 204);
  }));

async function picture() {
  const { encodePng } = await import("../mock/png.mjs");
  return { buffer: encodePng(new Uint8Array(50 * 40 * 3).fill(90), 50, 40, 3) };
}
