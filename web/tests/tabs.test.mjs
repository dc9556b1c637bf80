import assert from "node:assert/strict";
import { after, test } from "node:test";
import { CLASSES, closeBrowser, counts, drag, open, photos, press, saved, until, visit } from "./kit.mjs";

after(closeBrowser);

const id = "photo-0";
const options = { args: CLASSES, expected: /status of 409/ };

/** Whether there is paint in the middle of the picture on the screen. */
function painted(page) {
  return page.evaluate(() => {
    const canvas = document.querySelectorAll(".stage canvas")[1];
    const { data } = canvas.getContext("2d").getImageData(canvas.width / 2 - 10, canvas.height / 2 - 10, 20, 20);
    return data.some((value, i) => i % 4 === 3 && value > 0);
  });
}

test("what one tab paints, another shows at once", () =>
  visit(photos(2), options, async (person) => {
    const [one, other] = [await open(person, id), await open(person, id)];
    assert.equal(await painted(other), false);
    await one.bringToFront();
    await press(one, "1");
    await drag(one, [0.4, 0.5], [0.6, 0.5]);
    await saved(one);
    await other.bringToFront();
    await until("the stroke is in the other tab", () => painted(other));
    await one.bringToFront();
    await press(one, "Control+z");
    await saved(one);
    await other.bringToFront();
    await until("so is its undoing", async () => !(await painted(other)));
  }));

for (const choice of ["mine", "theirs"]) {
  test(`two tabs painted the same pixels otherwise: keep ${choice}`, () =>
    visit(photos(2), options, async (person) => {
      const [one, other] = [await open(person, id), await open(person, id)];
      let release = () => {};
      const held = new Promise((resolve) => (release = resolve));
      await other.route("**/edits", async (route) => {
        await held;
        await route.continue();
      });
      await other.bringToFront();
      await press(other, "1", "x");
      await drag(other, [0.3, 0.5], [0.7, 0.5]);
      await one.bringToFront();
      await press(one, "1");
      await drag(one, [0.3, 0.5], [0.7, 0.5]);
      await saved(one);
      const theirs = await counts(person, id);
      assert.ok(theirs.gum.yes > 200 && theirs.gum.no === 0);
      release();
      await other.bringToFront();
      const dialog = other.getByRole("dialog", { name: /Ada changed the same place/ });
      await dialog.waitFor();
      assert.deepEqual(await counts(person, id), theirs, "nothing was written");
      await dialog.getByRole("button", { name: `Keep ${choice}` }).click();
      await saved(other);
      const { gum } = await counts(person, id);
      if (choice === "theirs") assert.deepEqual(gum, theirs.gum);
      else assert.ok(gum.no > 200 && gum.yes < theirs.gum.yes / 2, JSON.stringify(gum));
    }));
}
