import assert from "node:assert/strict";
import { after, test } from "node:test";
import { admit, CLASSES, closeBrowser, counts, drag, enter, get, open, photos, place, press, saved, serve, stageOf, thinBrush, until, visit } from "./kit.mjs";

after(closeBrowser);

const id = "photo-0";
/** What a browser says by itself when requests fail. */
const expected = /Failed to load resource|ERR_/;
const options = { args: CLASSES, expected };

/** Kills the server without a warning and starts it again where it was. */
async function crash(person, world) {
  const { folder, port } = world.server;
  await world.server.kill();
  world.server = await serve(folder, { port });
  person.server = world.server;
}

test("a crash in the middle of a stroke loses nothing; another tab with the new link lets this one go on", () =>
  visit(photos(2), options, async (person, world) => {
    const page = await open(person, id);
    await press(page, "1");
    await thinBrush(page);
    await drag(page, [0.2, 0.3], [0.8, 0.3]);
    await saved(page);
    const before = await counts(person, id);

    await page.mouse.move(...(await place(page, 0.2, 0.6)));
    await page.mouse.down();
    await page.mouse.move(...(await place(page, 0.5, 0.6)), { steps: 4 });
    await world.server.kill();
    await page.mouse.move(...(await place(page, 0.8, 0.6)), { steps: 4 });
    await page.mouse.up();
    await page.getByText("kept in this browser").waitFor();
    await drag(page, [0.2, 0.8], [0.8, 0.8]);
    await crash(person, world);
    await page.getByRole("heading", { name: "Open the link from the terminal" }).waitFor();

    await admit(person, world.server);
    const { gum } = await counts(person, id);
    assert.deepEqual(gum, before.gum, "what was acknowledged is on the disk");
    await stageOf(page).waitFor();
    await until("both strokes are sent again", async () => (await counts(person, id)).gum.yes > 2.5 * before.gum.yes);
    await saved(page);
  }));

test("strokes that a crash left in the browser are offered when the new link is opened in the same tab", () =>
  visit(photos(2), options, async (person, world) => {
    const page = await open(person, id);
    await press(page, "1");
    await thinBrush(page);
    await drag(page, [0.2, 0.3], [0.8, 0.3]);
    await saved(page);
    const before = await counts(person, id);
    await world.server.kill();
    await drag(page, [0.2, 0.6], [0.8, 0.6]);
    await page.getByText("kept in this browser").waitFor();
    await crash(person, world);
    // The page would go on by itself as soon as the browser is let in.
    page.once("dialog", (dialog) => void dialog.accept());
    await page.goto("about:blank");
    await admit(person, world.server);
    await page.goto(`${world.server.origin}/?again#${id}`);
    const offer = page.getByRole("alert").filter({ hasText: "1 edit was not saved" });
    await offer.waitFor();
    assert.deepEqual(await counts(person, id), before);
    await offer.getByRole("button", { name: "Save now" }).click();
    await until("it is saved", async () => (await counts(person, id)).gum.yes > 1.7 * before.gum.yes);
    await page.reload();
    await stageOf(page).waitFor();
    await page.waitForTimeout(300);
    assert.equal(await offer.isVisible(), false);
  }));

test("an edit that was written, but whose answer was lost, is written once", () =>
  visit(photos(2), options, async (person, world) => {
    const page = await open(person, id);
    await press(page, "1");
    await thinBrush(page);
    await drag(page, [0.2, 0.2], [0.8, 0.2]);
    await saved(page);
    let arrived = 0;
    await page.route("**/edits", async (route) => {
      if (arrived++ === 0) await route.fetch();
      await route.abort();
    });
    await drag(page, [0.2, 0.5], [0.8, 0.5]);
    await until("it is on the disk", async () => arrived > 0 && (await get(person, `/cases/${id}/annotation`)).seq === 2);
    await drag(page, [0.2, 0.8], [0.8, 0.8]);
    const written = await counts(person, id);
    await crash(person, world);
    await page.unroute("**/edits");
    // The server folds its journal when it starts: it does not know the base of the two edits any more.
    const answers = [];
    page.on("response", async (answer) => answer.url().endsWith("/edits") && answer.status() === 409 && answers.push((await answer.json()).type));
    await admit(person, world.server);
    await stageOf(page).waitFor();
    await until("the third stroke is there", async () => (await counts(person, id)).gum.yes > 1.3 * written.gum.yes);
    assert.equal((await get(person, `/cases/${id}/annotation`)).seq, 3);
    assert.deepEqual(answers, ["stale"]);
  }));

test("strangers are told where the link is", async () =>
  visit(photos(2), options, async (person, { server }) => {
    const stranger = await enter(server);
    const page = await stranger.context.newPage();
    await page.goto(server.origin);
    await page.getByRole("heading", { name: "Open the link from the terminal" }).waitFor();
    assert.equal((await stranger.context.request.get(`${server.origin}/api/project`)).status(), 401, "the link works once");
    await stranger.context.close();
    await get(person, "/project");
  }));
