// Photographs every view of the app in three widths, over the demo's drawn mouths, for the documentation:
//   node scripts/screenshots.mjs OUT [--only NAME,NAME] [--scheme dark]
// It makes a demo of its own and trains a model in it (some minutes). Needs the built pages and program, as the tests do.
import { cpSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { closeBrowser, drag, enter, get, newFolder, open, post, press, saved, serve, team, until } from "../tests/kit.mjs";
import { VIEWS } from "./views.mjs";

/** CSS pixels, and the most bytes that a picture may have. */
const SIZES = [
  { width: 390, height: 844, most: 30_000 },
  { width: 1280, height: 800, most: 60_000 },
  { width: 2560, height: 1440, most: 90_000 },
];
const QUALITIES = [0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2];
const SIDE = 256;
const PATIENCE = 900_000;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { only: { type: "string" }, scheme: { type: "string", default: "light" } },
});
const [out] = positionals;
if (!out) throw new Error("where to?");
mkdirSync(out, { recursive: true });

const wanted = (kind) => VIEWS.filter((view) => view.in === kind && (values.only?.split(",") ?? [view.name]).includes(view.name));
const shared = newFolder();
const trained = join(shared, "trained");
const demo = { args: ["--demo", "--author", "Ada"], size: SIDE, patience: PATIENCE };

try {
  if (wanted("demo").length + wanted("team").length > 0) await train();
  await shootAlone("demo", (width) => copy(`demo-${width}`), demo);
  await shootAlone("empty", emptyFolder, { args: ["--class", "gum", "--class", "teeth"] });
  if (wanted("team").length > 0) await shootTeam();
} finally {
  await closeBrowser();
  rmSync(shared, { recursive: true });
}

function emptyFolder(width) {
  const folder = join(shared, `photos-${width}`);
  mkdirSync(folder);
  return folder;
}

function copy(name) {
  const folder = join(shared, name);
  cpSync(trained, folder, { recursive: true });
  return folder;
}

/** The model that all views have. */
async function train() {
  const server = await serve(trained, demo);
  const person = await enter(server);
  const page = await open(person, "mouth-004");
  await press(page, "1", "[", "[", "[");
  await drag(page, [0.36, 0.36], [0.43, 0.335], [0.5, 0.33]);
  await saved(page);
  await post(person, "/training");
  await until("a model is trained", async () => (await get(person, "/models")).length > 0, PATIENCE);
  await until("it has looked at the pictures", async () => (await get(person, "/training")).state === "idle", PATIENCE);
  await person.context.close();
  await server.stop();
}

/** In a folder of its own for each width: what a view does stays in it. */
async function shootAlone(kind, folder, options) {
  if (wanted(kind).length === 0) return;
  for (const size of SIZES) {
    const server = await serve(folder(size.width), options);
    const person = await enter(server, browserOf(size));
    for (const view of wanted(kind)) await shoot(person, view, size);
    await person.context.close();
    await server.stop();
  }
}

async function shootTeam() {
  for (const size of SIZES) {
    await team(copy(`team-${size.width}`), { args: [], size: SIDE, browser: browserOf(size) }, async (come) => {
      for (const view of wanted("team")) await shoot(await come(view.who), view, size);
    });
  }
}

function browserOf({ width, height }) {
  return { viewport: { width, height }, colorScheme: values.scheme, reducedMotion: "reduce" };
}

async function shoot(person, view, size) {
  const page = await (view.id ? open(person, view.id) : visited(person));
  await view.run?.(page, person, { narrow: size.width < 800 });
  await page.waitForTimeout(600);
  const png = await page.screenshot();
  const name = `${view.name}-${size.width}.webp`;
  writeFileSync(join(out, name), await small(page.context(), png, size.most));
  console.log(name, person.trouble.splice(0).join("; "));
  await page.close({ runBeforeUnload: false });
}

async function visited({ context, server }) {
  const page = await context.newPage();
  await page.goto(server.origin);
  return page;
}

/** As a WebP that is small enough: the browser has the encoder. */
async function small(context, png, most) {
  const page = await context.newPage();
  const data = await page.evaluate(
    async ([source, qualities, limit]) => {
      const image = await createImageBitmap(await (await fetch(source)).blob());
      const canvas = new OffscreenCanvas(image.width, image.height);
      canvas.getContext("2d").drawImage(image, 0, 0);
      let blob = null;
      for (const quality of qualities) {
        blob = await canvas.convertToBlob({ type: "image/webp", quality });
        if (blob.size <= limit) break;
      }
      return [...new Uint8Array(await blob.arrayBuffer())];
    },
    [`data:image/png;base64,${png.toString("base64")}`, QUALITIES, most],
  );
  await page.close();
  return Buffer.from(data);
}
