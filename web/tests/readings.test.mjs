import assert from "node:assert/strict";
import { after, test } from "node:test";
import { accessible } from "./axe.mjs";
import { CLASSES, closeBrowser, counts, drag, get, open, photos, press, saved, team, until } from "./kit.mjs";

after(closeBrowser);

const id = "photo-0";
const classes = CLASSES.slice(0, -2);
const brush = (page) => page.getByRole("group", { name: "Tools" }).getByRole("button", { name: "Brush" });

/** Whether there is paint near the right border of the picture, which fills the width of the stage. */
function paintedRight(page) {
  return page.evaluate(() => {
    const canvas = document.querySelectorAll(".stage canvas")[1];
    const { data } = canvas.getContext("2d").getImageData(Math.floor(canvas.width * 0.88), 0, 10, canvas.height);
    return data.some((value, i) => i % 4 === 3 && value > 0);
  });
}

test("two people read a picture separately, compare it, and an owner decides", () =>
  team(photos(2), { args: classes }, async (enter) => {
    const [olga, eva, rosa] = [await enter("Olga"), await enter("Eva"), await enter("Rosa")];
    const [hers, mine, others] = [await open(eva, id), await open(olga, id), await open(rosa, id)];
    // What is there before is no part of what either says.
    await press(hers, "1");
    await drag(hers, [0.1, 0.1], [0.2, 0.1]);
    await saved(hers);
    const before = await counts(rosa, id);
    await mine.getByLabel("Search the pictures by name or patient").fill(id);
    await mine.getByRole("button", { name: "Give to somebody…" }).click();
    for (const name of ["Eva", "Olga"]) await mine.getByRole("checkbox", { name }).check();
    await mine.getByRole("checkbox", { name: /^Separately/ }).check();
    await accessible(mine, "give separately");
    await mine.getByRole("button", { name: "Give", exact: true }).click();
    for (const page of [hers, mine]) await page.getByRole("button", { name: "I am done" }).waitFor();
    await others.getByText("Eva (not begun) and Olga (not begun) read this picture separately").waitFor();
    for (const person of [eva, olga]) assert.equal((await counts(person, id)).gum.yes, 0, "each begins with nothing");

    await press(hers, "1");
    await drag(hers, [0.2, 0.5], [0.6, 0.5]);
    await saved(hers);
    await press(mine, "1");
    await drag(mine, [0.4, 0.5], [0.8, 0.5]);
    await press(mine, "x");
    await drag(mine, [0.2, 0.5], [0.3, 0.5]);
    await saved(mine);
    const [eves, olgas] = [await counts(eva, id), await counts(olga, id)];
    assert.ok(eves.gum.yes > 100 && eves.gum.no === 0, JSON.stringify(eves));
    assert.ok(olgas.gum.yes > 100 && olgas.gum.no > 100, JSON.stringify(olgas));
    assert.equal(await paintedRight(hers), false, "hers does not show what Olga said");
    assert.equal(await paintedRight(mine), true);
    assert.deepEqual(await counts(rosa, id), before, "nor does anybody else see it");
    await others.getByText("Eva (working) and Olga (working)").waitFor();

    await hers.getByRole("button", { name: "I am done" }).click();
    await hers.getByRole("button", { name: "Go on" }).click();
    await hers.getByRole("button", { name: "I am done" }).click();
    await hers.getByRole("button", { name: "Go on" }).waitFor();
    await until("she has no brush any more", async () => (await brush(hers).count()) === 0);
    await drag(hers, [0.2, 0.8], [0.6, 0.8]);
    assert.deepEqual(await counts(eva, id), eves);
    await accessible(hers, "reading done");
    await others.getByText("Eva (done) and Olga (working)").waitFor();
    await mine.getByRole("button", { name: "I am done" }).click();
    for (const page of [hers, mine, others]) await page.getByText("Eva and Olga have read this picture separately.").waitFor();
    await until("she may paint again", async () => (await brush(hers).count()) === 1);
    const together = await counts(rosa, id);
    assert.ok(together.gum.yes > eves.gum.yes && together.gum.yes < eves.gum.yes + olgas.gum.yes, JSON.stringify(together));
    await until("she sees what both say", () => paintedRight(hers));
    await hers.getByRole("combobox", { name: /^Show/ }).selectOption("Contradicting");
    await hers.getByText("1 of 2 are shown").waitFor();

    await mine.getByRole("button", { name: "How well people agree…" }).click();
    const dialog = mine.getByRole("dialog");
    await dialog.getByText("How well Eva and Olga agree about 1 picture").waitFor();
    const agreement = await get(olga, "/agreement");
    const row = dialog.getByRole("row").filter({ has: mine.getByRole("button", { name: id }) }).filter({ hasText: "gum" });
    await row.filter({ hasText: agreement.rows[0].dice.toFixed(2) }).waitFor();
    await accessible(mine, "agreement");
    await row.getByRole("button", { name: id }).click();
    await dialog.getByText("Eva says yes, Olga says no", { exact: true }).waitFor();
    await until("the lines are drawn", () =>
      mine.evaluate(() => {
        const canvas = document.querySelector("dialog canvas");
        const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
        return data.some((value, i) => i % 4 === 3 && value === 255);
      }),
    );
    await accessible(mine, "difference");
    await dialog.getByRole("button", { name: "Take Eva’s" }).click();
    await dialog.getByText("Olga took Eva’s word.").waitFor();
    const decided = await counts(rosa, id);
    assert.equal(decided.gum.yes, eves.gum.yes + before.gum.yes);
    assert.equal(decided.gum.no, 0);
    assert.equal((await get(rosa, "/cases"))[0].conflict, false);
    // Others compare, and decide nothing.
    await others.getByRole("button", { name: "Compare" }).click();
    await others.getByRole("dialog").getByText("Olga took Eva’s word.").waitFor();
    assert.equal(await others.getByRole("button", { name: /^Take/ }).count(), 0);
  }));

test("a picture that is taken back keeps what was said, and strokes on their way go on", () =>
  team(photos(2), { args: classes, expected: /status of 409/ }, async (enter) => {
    const [olga, eva] = [await enter("Olga"), await enter("Eva")];
    const give = (people) => olga.context.request.put(`${olga.server.origin}/api/readings`, { data: { cases: [id], people } });
    assert.equal((await give(["Eva", "Olga"])).status(), 204);
    const page = await open(eva, id);
    await page.getByRole("button", { name: "I am done" }).waitFor();
    await press(page, "1");
    await drag(page, [0.2, 0.3], [0.6, 0.3]);
    await saved(page);
    const hers = await counts(eva, id);
    let release = () => {};
    const held = new Promise((resolve) => (release = resolve));
    await page.route("**/edits", async (route) => {
      await held;
      await route.continue();
    });
    await drag(page, [0.2, 0.7], [0.6, 0.7]);
    assert.equal((await give([])).status(), 204);
    release();
    await until("the stroke is hers in what everybody sees", async () => (await counts(eva, id)).gum.yes > 100);
    await until("the bar is gone", async () => (await page.getByRole("button", { name: "I am done" }).count()) === 0);
    await saved(page);
    assert.deepEqual((await get(eva, "/cases"))[0].by, ["Eva"]);
    const kept = await get(olga, `/cases/${id}/reading`);
    const area = kept.classes.gum.first_alone.reduce((sum, length, i) => sum + (i % 2 ? length : 0), 0);
    assert.equal(area, hers.gum.yes);
    const mine = await open(olga, id);
    await mine.getByRole("button", { name: "Compare" }).click();
    await mine.getByRole("button", { name: "Take Eva’s" }).click();
    await mine.getByText("Olga took Eva’s word.").waitFor();
    assert.ok((await counts(eva, id)).gum.yes > hers.gum.yes);
  }));

test("the app opens although the agreement cannot be computed, and the dialog says why", () =>
  team(photos(1), { args: classes, expected: /status of 500/ }, async (enter) => {
    const [olga, eva] = [await enter("Olga"), await enter("Eva")];
    const put = (person, path, data) => person.context.request.put(`${person.server.origin}/api${path}`, { data });
    assert.equal((await put(olga, "/readings", { cases: [id], people: ["Eva", "Olga"] })).status(), 204);
    for (const person of [olga, eva]) assert.equal((await put(person, `/cases/${id}/reading`, { done: true })).status(), 204);
    const problem = { type: "failed", title: "Failed", status: 500, detail: "one of the masks cannot be read" };
    await olga.context.route("**/api/agreement", (route) => route.fulfill({ status: 500, json: problem }));
    const page = await open(olga, id);
    await page.getByText("Eva and Olga have read this picture separately.").waitFor();
    await page.getByRole("button", { name: "How well people agree…" }).click();
    await page.getByRole("dialog").getByText(problem.detail).waitFor();
  }));
