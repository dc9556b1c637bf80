import assert from "node:assert/strict";

/** What the server holds, in pixels a class and value. */
export function counts(page) {
  return page.evaluate(() => {
    const { masks, regions } = window.harness.server.annotation();
    const size = (runs) => runs.reduce((sum, length, i) => sum + (i % 2 ? length : 0), 0);
    const classes = Object.entries(masks).map(([name, mask]) => [name, { yes: size(mask.positive), no: size(mask.negative) }]);
    return { ...Object.fromEntries(classes), regions: regions.length };
  });
}

function flush(page) {
  return page.evaluate(() => window.harness.editor.flush());
}

async function drag(page, points, options = {}) {
  const [first, ...rest] = await Promise.all(points.map(([u, v]) => place(page, u, v)));
  await page.mouse.move(...first);
  await page.mouse.down(options);
  for (const point of rest) await page.mouse.move(...point, { steps: 8 });
  await page.mouse.up(options);
}

/** A place on the stage, 0–1 across and down. */
async function place(page, u, v) {
  const box = await page.locator(".stage").boundingBox();
  return [box.x + u * box.width, box.y + v * box.height];
}

async function press(page, ...keys) {
  for (const key of keys) await page.keyboard.press(key);
}

async function paintSome(page) {
  await press(page, "1", "]", "]", "]");
  await drag(page, [[0.3, 0.45], [0.7, 0.42]]);
  await press(page, "x");
  await drag(page, [[0.35, 0.62], [0.65, 0.66]]);
  await press(page, "x", "2");
  await drag(page, [[0.25, 0.25], [0.5, 0.2], [0.75, 0.27]]);
  await press(page, "0");
  await drag(page, [[0.3, 0.8], [0.7, 0.85]]);
}

export const scenarios = [
  {
    name: "paint and neither",
    async run(page) {
      await paintSome(page);
      await flush(page);
      const { tooth, gum, caries } = await counts(page);
      assert.ok(tooth.yes > 1000 && gum.yes > 1000, "yes of two classes");
      assert.ok(tooth.no > caries.no && caries.no > 1000, "no, and neither in every class");
      assert.equal(gum.no, caries.no);
    },
  },
  {
    name: "undo and redo",
    async run(page) {
      await paintSome(page);
      await flush(page);
      const painted = await counts(page);
      await press(page, "Control+z", "Control+z", "Control+z", "Control+z");
      await flush(page);
      assert.deepEqual(await counts(page), { tooth: { yes: 0, no: 0 }, gum: { yes: 0, no: 0 }, caries: { yes: 0, no: 0 }, regions: 0 });
      await press(page, "Control+y", "Control+Shift+Z", "Control+y", "Control+y");
      await flush(page);
      assert.deepEqual(await counts(page), painted);
    },
  },
  {
    name: "erase",
    async run(page) {
      await paintSome(page);
      await press(page, "e", "0", "]", "]", "]", "]");
      await drag(page, [[0.5, 0.1], [0.5, 0.95]]);
      await flush(page);
      const before = await counts(page);
      await press(page, "b", "1");
      await drag(page, [[0.3, 0.2], [0.31, 0.21]]);
      await flush(page);
      assert.ok((await counts(page)).gum.yes < before.gum.yes, "a yes takes back the yes of an exclusive class");
    },
  },
  {
    name: "regions",
    async run(page) {
      await press(page, "r");
      await drag(page, [[0.15, 0.2], [0.8, 0.75]]);
      await press(page, "t");
      await drag(page, [[0.3, 0.8], [0.6, 0.7]]);
      await page.mouse.move(...(await place(page, 0.62, 0.85)), { steps: 4 });
      await page.mouse.click(...(await place(page, 0.62, 0.85)));
      await press(page, "p");
      for (const [u, v] of [[0.2, 0.12], [0.5, 0.06], [0.75, 0.13], [0.5, 0.3]]) await page.mouse.click(...(await place(page, u, v)));
      await press(page, "Enter");
      await flush(page);
      assert.equal((await counts(page)).regions, 3);
      await press(page, "v");
      await page.mouse.click(...(await place(page, 0.16, 0.4)));
      await drag(page, [[0.15, 0.2], [0.18, 0.26]]);
      await flush(page);
      const first = await page.evaluate(() => window.harness.server.annotation().regions[0].box);
      assert.equal(first.rotation, 0);
      await press(page, "n", "Delete");
      await flush(page);
      assert.equal((await counts(page)).regions, 2);
      await press(page, "Control+z");
      await press(page, "n");
      await flush(page);
      assert.equal((await counts(page)).regions, 3);
    },
  },
  {
    name: "lasso",
    async run(page) {
      await page.keyboard.down("Shift");
      await drag(page, [[0.3, 0.3], [0.6, 0.28], [0.65, 0.6], [0.4, 0.62], [0.3, 0.35]]);
      await page.keyboard.up("Shift");
      await flush(page);
      assert.ok((await counts(page)).tooth.yes > 20_000);
    },
  },
  {
    name: "keyboard alone",
    async run(page) {
      await press(page, "Shift+ArrowLeft", "Shift+ArrowLeft", ".", "Enter");
      for (let i = 0; i < 8; i++) await press(page, "Shift+ArrowRight");
      await press(page, "Enter");
      await flush(page);
      assert.ok((await counts(page)).tooth.yes > 5000);
      await press(page, "r", "Enter");
      for (let i = 0; i < 6; i++) await press(page, "Shift+ArrowDown", "Shift+ArrowRight");
      await press(page, "Enter", "p");
      await press(page, ".", "Shift+ArrowLeft", "Shift+ArrowLeft", ".", "Shift+ArrowUp", "Shift+ArrowUp", ".", "Enter");
      await flush(page);
      assert.equal((await counts(page)).regions, 2);
      await press(page, "i");
      const spoken = await page.locator("[aria-live=polite]").last().textContent();
      assert.match(spoken, /Column \d+, row \d+: tooth (yes|unknown)/);
      await press(page, "b");
    },
  },
  {
    name: "server gone and back",
    async run(page) {
      await page.evaluate(() => (window.harness.server.down = true));
      await drag(page, [[0.3, 0.45], [0.7, 0.42]]);
      await page.locator(".trouble").waitFor();
      assert.equal((await counts(page)).tooth.yes, 0);
      await page.evaluate(() => (window.harness.server.down = false));
      await flush(page);
      assert.ok((await counts(page)).tooth.yes > 1000);
    },
  },
  {
    name: "offered after a reload",
    async run(page) {
      await page.evaluate(() => (window.harness.server.down = true));
      await drag(page, [[0.3, 0.45], [0.7, 0.42]]);
      await page.locator(".trouble").waitFor();
      page.on("dialog", (dialog) => dialog.accept());
      await page.reload();
      await page.waitForFunction(() => window.harness && !document.querySelector(".message"));
      await page.locator(".lost").getByRole("button", { name: "Save now" }).click();
      await flush(page);
      assert.ok((await counts(page)).tooth.yes > 1000);
    },
  },
  {
    name: "conflict",
    async run(page) {
      await page.evaluate(() => window.harness.server.remote([{ op: "paint", class: "tooth", value: "negative", runs: Array.from({ length: 700 }, (_, y) => [(y + 100) * 1500 + 300, 900]).flat() }]));
      await drag(page, [[0.3, 0.45], [0.7, 0.42]]);
      const dialog = page.getByRole("dialog");
      await dialog.waitFor();
      await page.screenshot({ path: process.env.LACUNA_HARNESS_OUT ? `${process.env.LACUNA_HARNESS_OUT}/conflict-dialog.png` : undefined });
      await dialog.getByRole("button", { name: "Keep mine" }).click();
      await flush(page);
      const { tooth } = await counts(page);
      assert.ok(tooth.yes > 1000 && tooth.no > 100_000);
    },
  },
  {
    name: "evidence",
    async run(page) {
      await paintSome(page);
      await press(page, "r");
      await drag(page, [[0.2, 0.12], [0.8, 0.9]]);
      await flush(page);
      await page.evaluate(() => (window.harness.props.evidence = window.harness.server.evidence()));
      await press(page, "1", "g", "d");
      await page.waitForTimeout(300);
    },
  },
  ...["heat", "class", "uncertainty"].map((ground) => ({
    name: `prediction ${ground}`,
    query: "predictions",
    context: ground === "heat" ? { colorScheme: "dark" } : {},
    async run(page) {
      await page.evaluate((ground) => (window.harness.props.layers = { ...window.harness.props.layers, ground, opacity: 0.75 }), ground);
      await press(page, "1", "s");
      await page.mouse.click(...(await place(page, 0.5, 0.47)));
      await page.getByRole("dialog").waitFor();
      await press(page, "a");
      await page.mouse.click(...(await place(page, 0.4, 0.47)));
      await press(page, "Shift+N");
      await page.mouse.click(...(await place(page, 0.5, 0.47)));
      const said = await page.evaluate(() => window.harness.log.suggestions);
      assert.deepEqual(said.map((each) => [each.decision, each.class]), [["accept", "tooth"], ["neither", "tooth"]]);
    },
  })),
  {
    name: "view",
    async run(page) {
      await paintSome(page);
      const view = () => page.locator(".zoom .text").textContent();
      await press(page, "z");
      assert.equal((await view()).trim(), "100 %");
      await page.evaluate(() => window.harness.editor.goTo(420, 510));
      await page.keyboard.down(" ");
      await drag(page, [[0.5, 0.5], [0.6, 0.6]]);
      await page.keyboard.up(" ");
      await page.keyboard.down("h");
      assert.equal(await page.locator(".stage svg").count(), 0);
      await page.keyboard.up("h");
      assert.equal(await page.locator(".stage svg").count(), 1);
      const entry = await page.evaluate(() => {
        const { server, editor } = window.harness;
        const entry = server.remote([{ op: "paint", class: "caries", value: "positive", runs: Array.from({ length: 90 }, (_, y) => [(y + 500) * 1500 + 380, 90]).flat() }]);
        editor.applyRemote(entry);
        return entry;
      });
      assert.equal(entry.client, "other tab");
      await page.evaluate(() => window.harness.editor.goTo(420, 545));
      await page.waitForTimeout(250);
    },
  },
  {
    name: "keys",
    async run(page) {
      await press(page, "?");
      assert.equal(await page.evaluate(() => window.harness.log.keys), 1);
    },
  },
  {
    name: "zoomed in dark",
    context: { colorScheme: "dark" },
    async run(page) {
      await paintSome(page);
      await page.mouse.move(...(await place(page, 0.31, 0.45)));
      await page.keyboard.down("Control");
      for (let i = 0; i < 14; i++) await page.mouse.wheel(0, -120);
      await page.keyboard.up("Control");
      await page.waitForTimeout(200);
    },
  },
  {
    name: "dense screen narrow",
    context: { viewport: { width: 780, height: 900 }, deviceScaleFactor: 2 },
    run: paintSome,
  },
];
