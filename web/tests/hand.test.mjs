// Pens and fingers, as the browser tells of them.
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { CLASSES, closeBrowser, counts, get, open, photos, place, press, saved, stageOf, until, visit } from "./kit.mjs";

after(closeBrowser);

const id = "photo-0";
const options = { args: CLASSES, browser: { hasTouch: true } };

/** A stroke of a pen; the force goes from one to another. */
async function penStroke(page, from, to, forces) {
  const client = await page.context().newCDPSession(page);
  const [[x0, y0], [x1, y1]] = [await place(page, ...from), await place(page, ...to)];
  const send = (type, share) => {
    const force = forces[0] + (forces[1] - forces[0]) * share;
    const [x, y] = [x0 + (x1 - x0) * share, y0 + (y1 - y0) * share];
    return client.send("Input.dispatchMouseEvent", { type, x, y, force, pointerType: "pen", button: "left", buttons: 1, clickCount: 1 });
  };
  await send("mousePressed", 0);
  for (let k = 1; k <= 10; k++) await send("mouseMoved", k / 10);
  await send("mouseReleased", 1);
}

/** A hand with fingers: one of the browser's sessions knows which are down. */
async function fingers(page) {
  const client = await page.context().newCDPSession(page);
  return (type, ...points) => client.send("Input.dispatchTouchEvent", { type, touchPoints: points.map(([x, y], k) => ({ x, y, id: k })) });
}

test("a pen paints thinner when it is pressed less, unless that is switched off", () =>
  visit(photos(2), options, async (person) => {
    const page = await open(person, id);
    await press(page, "1");
    const painted = async () => {
      await saved(page);
      return (await counts(person, id)).gum.yes;
    };
    await penStroke(page, [0.3, 0.3], [0.7, 0.3], [0.9, 0.9]);
    const hard = await painted();
    await press(page, "Control+z");
    await until("it is undone", async () => (await counts(person, id)).gum.yes === 0);
    await penStroke(page, [0.3, 0.3], [0.7, 0.3], [0.2, 0.2]);
    const soft = await painted();
    assert.ok(soft > 0 && soft < hard * 0.6, `${soft} of ${hard}`);
    await press(page, "q", "Control+z");
    await until("it is undone", async () => (await counts(person, id)).gum.yes === 0);
    await penStroke(page, [0.3, 0.3], [0.7, 0.3], [0.2, 0.2]);
    assert.ok((await painted()) >= hard);
    await page.reload();
    await stageOf(page).waitFor();
    await page.getByRole("tab", { name: "See" }).click();
    assert.equal(await page.getByRole("checkbox", { name: /Pressure/ }).isChecked(), false);
  }));

test("one finger paints, two move and zoom, and a hand beside a pen does nothing", () =>
  visit(photos(2), options, async (person) => {
    const page = await open(person, id);
    const zoom = () => page.getByRole("group", { name: "Zoom" }).getByRole("button", { name: /%$/ }).textContent();
    const touch = await fingers(page);
    await press(page, "1");
    const [left, right, middle] = [await place(page, 0.4, 0.5), await place(page, 0.6, 0.5), await place(page, 0.5, 0.6)];
    const before = await zoom();
    await touch("touchStart", left);
    await touch("touchStart", left, right);
    await touch("touchMove", [left[0] - 80, left[1]], [right[0] + 80, right[1]]);
    await touch("touchEnd");
    await until("it is nearer", async () => parseInt(await zoom()) > parseInt(before));
    assert.equal((await get(person, `/cases/${id}/annotation`)).seq, 0);
    await press(page, "f");
    await touch("touchStart", left);
    await touch("touchMove", middle);
    await touch("touchEnd");
    await saved(page);
    await until("the finger painted", async () => (await get(person, `/cases/${id}/annotation`)).seq === 1);
    await penStroke(page, [0.2, 0.2], [0.3, 0.2], [0.5, 0.8]);
    await touch("touchStart", right);
    await touch("touchMove", middle);
    await touch("touchEnd");
    await saved(page);
    assert.equal((await get(person, `/cases/${id}/annotation`)).seq, 2, "the stroke of the pen is the last");
  }));
