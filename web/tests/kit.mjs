// What the tests share: a real server on a folder of its own, a browser that was opened with its link, and a hand.
//   LACUNA_BIN  the program      (../target/release/lacuna)
//   CHROMIUM    the browser      (/usr/bin/chromium)
//   LACUNA_PATIENCE  milliseconds to wait for anything  (15000; more on a busy machine)
//   LACUNA_SHOTS  a folder for pictures of pages that failed
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";
import { encodePng } from "../mock/png.mjs";

const web = fileURLToPath(new URL("..", import.meta.url));
const program = process.env.LACUNA_BIN ?? join(web, "../target/release/lacuna");
const dist = join(web, "dist");
const patient = Number(process.env.LACUNA_PATIENCE ?? 15_000);
const kinds = { ".html": "text/html", ".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml" };

export function newFolder() {
  return mkdtempSync(join(tmpdir(), "lacuna-web-"));
}

/** Photos without anything in them: a slope of grey with a bright disc. */
export function photos(count, width = 160, height = 120) {
  const folder = newFolder();
  for (let k = 0; k < count; k++) {
    const pixels = new Uint8Array(width * height * 3);
    for (let i = 0; i < width * height; i++) {
      const [x, y] = [i % width, Math.floor(i / width)];
      const inside = (x - width / 2) ** 2 + (y - height / 2) ** 2 < (height / 3) ** 2;
      pixels.set(inside ? [220, 120, 110 + 5 * k] : [(x * 90) / width + 30, (y * 90) / height + 30, 40], i * 3);
    }
    writeFileSync(join(folder, `photo-${k}.png`), encodePng(pixels, width, height, 3));
  }
  return folder;
}

export const CLASSES = ["--class", "gum", "--class", "teeth", "--exclusive", "gum,teeth", "--author", "Ada"];

/** Starts the program; resolves when it shows its link. */
export async function serve(folder, { args = [], port = 0, size = 64, patience = 120_000 } = {}) {
  const started = performance.now();
  const child = spawn(program, ["serve", folder, "--no-open", "--port", `${port}`, "--size", `${size}`, ...args]);
  let said = "";
  const link = await new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`no link after ${patience} ms: ${said}`)), patience);
    const hear = (text) => {
      said += text;
      const found = /http:\/\/127\.0\.0\.1:\d+\/(\?token=\w+|\s)/.exec(said);
      if (!found) return;
      clearTimeout(timer);
      resolve(found[0].trim());
    };
    child.stdout.on("data", hear);
    child.stderr.on("data", hear);
    child.once("exit", (code) => {
      clearTimeout(timer);
      reject(new Error(`the server ended with ${code}: ${said}`));
    });
  });
  const gone = new Promise((resolve) => child.once("exit", resolve));
  const end = (signal) => (child.kill(signal), gone);
  const { origin, port: used } = new URL(link);
  return { link, origin, port: Number(used), folder, started, kill: () => end("SIGKILL"), stop: () => end("SIGINT") };
}

let browser = null;

export async function closeBrowser() {
  await browser?.close();
  browser = null;
}

/** A new browser profile that was let in. Everything that went wrong in its pages is in `trouble`. */
export async function enter(server, options = {}) {
  const person = await newPerson(server, options);
  await admit(person, server);
  return person;
}

/** A new browser profile; the tour of the app begins by itself only if it is asked for. */
async function newPerson(server, { tour = false, ...options } = {}) {
  const executablePath = process.env.CHROMIUM ?? "/usr/bin/chromium";
  browser ??= await chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-gpu"] });
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, ...options });
  if (!tour) await context.addInitScript(endTour);
  const trouble = [];
  context.on("page", (page) => {
    page.setDefaultTimeout(patient);
    page.on("pageerror", (error) => trouble.push(error.message));
    page.on("console", (message) => ["error", "warning"].includes(message.type()) && trouble.push(message.text()));
  });
  return { context, trouble, server };
}

/** In the page: nobody is led round. */
function endTour() {
  try {
    localStorage.setItem("lacuna.tour", "over");
  } catch {
    // A page without storage.
  }
}

/** Uses the link of a start of the server. */
export async function admit({ context }, { link, origin }) {
  const answer = await context.request.get(link, { maxRedirects: 0 });
  assert.equal(answer.status(), 303);
  await useNewestPages(context, origin);
}

async function useNewestPages(context, origin) {
  const page = await (await context.request.get(origin)).text();
  if (page !== readFileSync(join(dist, "index.html"), "utf8")) await replacePages(context, origin);
}

/** The program was built with an older dist: what is tested is the newer one, under the server's own headers. */
async function replacePages(context, origin) {
  const isPage = (url) => url.origin === origin && !url.pathname.startsWith("/api");
  await context.unroute(isPage);
  await context.route(isPage, async (route) => {
    const { pathname } = new URL(route.request().url());
    const name = pathname === "/" ? "index.html" : pathname.slice(1);
    const headers = (await context.request.get(origin)).headers();
    delete headers["content-length"];
    try {
      await route.fulfill({ headers: { ...headers, "content-type": kinds[extname(name)] }, body: readFileSync(join(dist, name)) });
    } catch {
      await route.fulfill({ status: 404, headers });
    }
  });
}

/** The app, with a picture open. */
export async function open({ context, server }, id = "") {
  const page = await context.newPage();
  await page.goto(`${server.origin}/#${id}`);
  await stageOf(page).waitFor();
  await page.waitForFunction(() => !document.querySelector(".stage .message"));
  return page;
}

export function stageOf(page) {
  return page.getByRole("application");
}

/** Where a place of the picture (0–1 across and down) is on the screen, while the picture is fit. */
export async function place(page, u, v) {
  const [box, size] = [await stageOf(page).boundingBox(), await sizeOf(page)];
  const scale = Math.min((box.width - 32) / size.width, (box.height - 32) / size.height);
  return [box.x + box.width / 2 + (u - 0.5) * size.width * scale, box.y + box.height / 2 + (v - 0.5) * size.height * scale];
}

const sizes = new Map();

async function sizeOf(page) {
  const id = decodeURIComponent(new URL(page.url()).hash.slice(1));
  const key = page.url();
  if (!sizes.has(key)) {
    const answer = await page.context().request.get(new URL("/api/cases", page.url()).href);
    sizes.set(key, (await answer.json()).find((item) => item.id === id));
  }
  return sizes.get(key);
}

export async function drag(page, ...points) {
  const [first, ...rest] = await Promise.all(points.map(([u, v]) => place(page, u, v)));
  await page.mouse.move(...first);
  await page.mouse.down();
  for (const point of rest) await page.mouse.move(...point, { steps: 6 });
  await page.mouse.up();
}

export async function press(page, ...keys) {
  for (const key of keys) await page.keyboard.press(key);
}

/** A brush small enough for strokes that do not touch. */
export async function thinBrush(page) {
  for (let k = 0; k < 8; k++) await page.keyboard.press("[");
}

export function saved(page) {
  return page.getByRole("status").filter({ hasText: /^Saved$/ }).waitFor();
}

export async function get({ context, server }, path) {
  const answer = await context.request.get(`${server.origin}/api${path}`);
  assert.equal(answer.status(), 200, `${path}: ${await answer.text()}`);
  return answer.json();
}

export async function post({ context, server }, path, data = {}) {
  const answer = await context.request.post(`${server.origin}/api${path}`, { data });
  assert.ok(answer.ok(), `${path}: ${await answer.text()}`);
  const text = await answer.text();
  return text === "" ? null : JSON.parse(text);
}

const area = (runs) => runs.reduce((sum, length, i) => sum + (i % 2 ? length : 0), 0);

/** What the server holds of a picture, in pixels a class and value. */
export async function counts(person, id) {
  const { masks, regions } = await get(person, `/cases/${id}/annotation`);
  const classes = Object.entries(masks).map(([name, mask]) => [
    name,
    { yes: area(mask.positive), no: area(mask.negative), accepted: area(mask.accepted) },
  ]);
  return { ...Object.fromEntries(classes), regions: regions.length };
}

export async function until(what, condition, patience = patient) {
  const end = Date.now() + patience;
  for (;;) {
    const value = await condition();
    if (value) return value;
    assert.ok(Date.now() < end, `never: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** Runs a test with a server and a person, and clears both away; anything the console said fails it. */
export async function visit(folder, options, work) {
  const server = await serve(folder, options);
  let person = null;
  const world = { server };
  try {
    person = await enter(server, options.browser);
    await work(person, world);
    assert.deepEqual(person.trouble.filter((text) => !options.expected?.test(text)), []);
  } catch (error) {
    await photograph(person);
    throw error;
  } finally {
    if (person) await leave(person);
    await world.server.kill();
    if (!options.keep) rmSync(folder, { recursive: true, force: true });
  }
}

/** What is still being fetched for a page that goes is nobody's failure. */
async function leave({ context }) {
  await context.unrouteAll({ behavior: "ignoreErrors" });
  await context.close();
}

const PASSWORD = "four odd words";
const TEAM = { Olga: "owner", Eva: "expert", Nils: "non-expert", Rosa: "reader" };

/** Runs a test with a server for a team; `enter` is a browser of its own for one of its people, or for nobody yet. */
export async function team(folder, options, work) {
  for (const [name, role] of Object.entries(TEAM)) {
    const args = ["team", "add", name, "--role", role, "--data", folder, "--password-stdin"];
    const { status, stderr } = spawnSync(program, args, { input: PASSWORD });
    assert.equal(status, 0, `${stderr}`);
  }
  const server = await serve(folder, { ...options, args: ["--team", ...(options.args ?? [])] });
  const people = [];
  const come = async (name, password = PASSWORD) => {
    const person = { ...(await newPerson(server, options.browser)), password };
    people.push(person);
    if (name !== null) {
      const answer = await person.context.request.post(`${server.origin}/api/login`, { data: { name, password } });
      assert.equal(answer.status(), 204, await answer.text());
    }
    await useNewestPages(person.context, server.origin);
    return person;
  };
  try {
    await work(come);
    for (const { trouble } of people) assert.deepEqual(trouble.filter((text) => !options.expected?.test(text)), []);
  } catch (error) {
    for (const person of people) await photograph(person);
    throw error;
  } finally {
    for (const person of people) await leave(person);
    await server.kill();
    rmSync(folder, { recursive: true, force: true });
  }
}

export async function logIn(page, name, password = PASSWORD) {
  await page.getByLabel("Name", { exact: true }).fill(name);
  await page.getByLabel("Password", { exact: true }).fill(password);
  await page.getByRole("button", { name: "Log in" }).click();
}

async function photograph(person) {
  const folder = process.env.LACUNA_SHOTS;
  if (!folder || !person) return;
  mkdirSync(folder, { recursive: true });
  for (const [k, page] of person.context.pages().entries()) {
    await page.screenshot({ path: join(folder, `failed-${Date.now()}-${k}.png`) }).catch(() => {});
  }
}
