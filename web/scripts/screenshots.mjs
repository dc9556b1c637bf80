// Photographs the app with the demo's pictures and a model, for the documentation and for a look at it:
//   node scripts/screenshots.mjs FOLDER OUT [--all]
// FOLDER is one that `lacuna serve --demo` made and in which a model was trained; it is not changed. With --all, every
// main state in several widths and both colour schemes.
import { cpSync, mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { closeBrowser, drag, enter, newFolder, open, place, post, press, saved, serve, stageOf } from "../tests/kit.mjs";

const { values, positionals } = parseArgs({ allowPositionals: true, options: { all: { type: "boolean", default: false } } });
const [from, out] = positionals;
if (!from || !out) throw new Error("which folder, and where to?");
mkdirSync(out, { recursive: true });

const unpainted = "mouth-010";
const wide = { width: 1440, height: 900 };
const sizes = values.all ? [wide, { width: 1024, height: 768 }, { width: 390, height: 844 }] : [wide];
const schemes = values.all ? ["light", "dark"] : ["light"];

async function tab(page, name) {
  const nav = page.locator("nav").getByRole("button", { name, exact: true });
  if (await nav.isVisible()) await nav.click();
  else await page.getByRole("tab", { name, exact: true }).click();
}

async function closeDrawer(page) {
  const scrim = page.getByRole("button", { name: "Close the drawer" });
  if (await scrim.isVisible()) await press(page, "Escape");
  await page.waitForTimeout(300);
}

async function ground(page, label) {
  await tab(page, "See");
  await page.getByRole("radio", { name: label }).check();
  await closeDrawer(page);
}

async function paint(page) {
  await stageOf(page).focus();
  await press(page, "1", "[", "[", "[");
  await drag(page, [0.36, 0.36], [0.43, 0.335], [0.5, 0.33]);
  await press(page, "2");
  await drag(page, [0.42, 0.45], [0.47, 0.46]);
  await press(page, "0", "]", "]", "]", "]");
  await drag(page, [0.12, 0.15], [0.3, 0.1], [0.5, 0.12]);
  await saved(page);
  await press(page, "1");
  await page.mouse.move(...(await place(page, 0.56, 0.36)));
}

/** By name: what to do with a picture. */
const states = {
  "app-paint": { id: "mouth-004", run: paint },
  "app-prediction": {
    id: unpainted,
    run: async (page) => {
      await ground(page, "Model: uncertainty");
    },
  },
  "app-verify": {
    id: unpainted,
    run: async (page) => {
      await tab(page, "Verify");
      await page.getByRole("button", { name: /Continue round/ }).click();
      for (const key of ["y", "n", "n", "y", "n"]) {
        await page.locator('button.answer[aria-disabled="false"]').first().waitFor();
        await page.waitForTimeout(200);
        await press(page, key);
      }
      await page.locator('button.answer[aria-disabled="false"]').first().waitFor();
      await press(page, "-", "-");
      await closeDrawer(page);
    },
  },
};
const more = {
  believe: { id: "mouth-000", run: (page) => ground(page, "What training believes") },
  probability: { id: unpainted, run: (page) => ground(page, "Model: probability") },
  classes: {
    id: unpainted,
    run: async (page) => {
      await ground(page, "Model: classes");
      await page.mouse.click(...(await place(page, 0.5, 0.5)));
    },
  },
  see: { id: unpainted, run: (page) => tab(page, "See") },
  learn: { id: "mouth-000", run: (page) => tab(page, "Learn") },
  "verify-tab": { id: unpainted, run: (page) => tab(page, "Verify") },
};

let cookies = null;
const folder = newFolder();
cpSync(from, folder, { recursive: true });
const server = await serve(folder, { args: ["--demo", "--author", "Ada"], size: 256 });
for (const colorScheme of schemes) {
  for (const viewport of sizes) {
    await shoot(await enter(server, { colorScheme, viewport }), colorScheme, viewport);
  }
}
await closeBrowser();
await server.kill();
rmSync(folder, { recursive: true });

async function shoot(person, colorScheme, viewport) {
  // The link works once: the others get the cookie of the first.
  if (cookies) await person.context.addCookies(cookies);
  cookies ??= await person.context.cookies();
  await post(person, "/verifications", { points: 300, seed: 3 });
  for (const [name, { id, run }] of Object.entries(values.all ? { ...states, ...more } : states)) {
    const page = await open(person, id);
    await page.waitForTimeout(400);
    await run(page);
    await page.waitForTimeout(700);
    const suffix = values.all ? `-${viewport.width}-${colorScheme}` : "";
    await page.screenshot({ path: join(out, `${name}${suffix}.png`) });
    await page.close({ runBeforeUnload: false });
  }
  if (person.trouble.length > 0) console.log(person.trouble);
  await person.context.close();
}
