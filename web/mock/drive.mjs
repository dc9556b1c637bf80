// Goes through the loop as a person would, against the mock, and says what does not hold:
//   CHROMIUM=/path/to/chromium node mock/drive.mjs
import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";

const server = fileURLToPath(new URL("server.mjs", import.meta.url));
const port = 4290;
const address = `http://127.0.0.1:${port}/`;
let failures = 0;

function holds(what, value) {
  if (!value) failures++;
  console.log(`${value ? "ok  " : "FAIL"} ${what}`);
}

let running = null;

async function start(state) {
  const child = spawn(process.execPath, [server, "--port", `${port}`, "--state", state, "--beat", "15"]);
  child.stderr.on("data", (text) => console.error(`${text}`));
  await new Promise((resolve, reject) => (child.stdout.once("data", resolve), child.once("exit", reject)));
  running = child;
  return child;
}

const stop = (child) =>
  child.exitCode !== null || child.signalCode !== null
    ? Promise.resolve()
    : new Promise((resolve) => (child.once("exit", resolve), child.kill("SIGKILL")));

const browser = await chromium.launch({ executablePath: process.env.CHROMIUM, args: ["--no-sandbox", "--headless=new"] });

async function open(hash = "") {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
  const page = await context.newPage();
  page.setDefaultTimeout(8000);
  page.on("pageerror", (error) => holds(`no error in the page: ${error.message}`, false));
  page.on("console", (message) => /Content.Security/.test(message.text()) && holds(message.text(), false));
  await page.goto(address + hash);
  return page;
}

const api = (page, path, body) =>
  page.evaluate(
    async ([to, sent]) => {
      const options = sent ? { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(sent) } : {};
      return (await fetch(`/api${to}`, options)).json();
    },
    [path, body],
  );

const stageOf = (page) => page.getByRole("application");

async function stroke(page, dx = 0) {
  const box = await stageOf(page).boundingBox();
  const y = box.y + box.height / 2;
  await page.mouse.move(box.x + box.width / 2 - 60 + dx, y);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width / 2 + 60 + dx, y + 10, { steps: 6 });
  await page.mouse.up();
}

async function until(condition) {
  for (let i = 0; i < 60; i++) {
    if (await condition()) return true;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return false;
}

async function firstRun() {
  const child = await start("empty");
  const page = await open();
  await page.getByLabel("Name of class 1").fill("gum");
  await page.getByLabel("Name of class 2").fill("teeth");
  await page.getByRole("button", { name: "Create and go on" }).click();
  await page.getByText("Add your first pictures").waitFor();
  const project = await api(page, "/project");
  holds("classes are made, and exclude each other", project.classes.length === 2 && project.exclusive[0]?.length === 2);
  const picture = await page.evaluate(async () => {
    const canvas = new OffscreenCanvas(320, 200);
    canvas.getContext("2d").fillRect(20, 20, 100, 100);
    return [...new Uint8Array(await (await canvas.convertToBlob()).arrayBuffer())];
  });
  const files = ["one.png", "two.png", "bad.png"].map((name) => ({
    name,
    mimeType: "image/png",
    buffer: Buffer.from(name === "bad.png" ? [1, 2, 3] : picture),
  }));
  await page.locator("input[type=file]").first().setInputFiles(files);
  await stageOf(page).waitFor();
  await page.getByText("Not a picture").waitFor();
  holds("pictures are added, and a bad file does not stop the others", (await api(page, "/cases")).length === 2);
  await page.getByRole("button", { name: "Train", exact: true }).click();
  await page.getByText("Nothing to learn from yet").waitFor();
  holds("training on nothing says what to do", true);
  await page.context().close();
  await stop(child);
}

async function loop() {
  let child = await start("demo");
  const page = await open("#mouth-02");
  await page.getByRole("button", { name: "Start painting" }).click();
  await stageOf(page).waitFor();
  await page.waitForTimeout(500);
  const before = (await api(page, "/cases/mouth-02/annotation")).seq;
  await stroke(page);
  holds("a stroke is saved", await until(async () => (await api(page, "/cases/mouth-02/annotation")).seq === before + 1));

  const { width, height } = await api(page, "/cases/mouth-02/annotation");
  const runs = [width * (Math.floor(height / 2) - 20), width * 40];
  const theirs = { id: "c1", client: "colleague", base: before + 1, ops: [{ op: "paint", class: "teeth", value: "negative", runs: [5, 9] }] };
  await api(page, "/cases/mouth-02/edits", theirs);
  await page.waitForTimeout(300);
  holds("another person's edit arrives without a question", (await page.locator("dialog[open]").count()) === 0);

  // The colleague's answer must come while ours is under way: hold ours back.
  const more = { ...theirs, id: "c2", base: before + 2, ops: [{ op: "paint", class: "gum", value: "negative", runs }] };
  const hold = async (route) => {
    await api(page, "/cases/mouth-02/edits", more);
    await route.continue();
  };
  await page.route("**/edits", hold, { times: 1 });
  await stroke(page, 30);
  await page.locator("dialog[open]").waitFor();
  await page.getByRole("button", { name: /mine/i }).click();
  holds("a conflict is asked about, and mine is kept", await until(async () => (await api(page, "/cases/mouth-02/annotation")).seq >= before + 4));

  await page.getByRole("tab", { name: "Learn" }).click();
  await page.getByRole("button", { name: "Train", exact: true }).click();
  await page.getByRole("button", { name: "Stop" }).click();
  await page.getByRole("button", { name: "Resume" }).click();
  holds("training stops and resumes", await until(async () => (await api(page, "/models")).length === 1));
  await page.getByText("Version 1", { exact: true }).waitFor();

  await page.getByRole("tab", { name: "See" }).click();
  await page.getByRole("radio", { name: /classes/ }).check();
  const seq = (await api(page, "/cases/mouth-02/annotation")).seq;
  const box = await stageOf(page).boundingBox();
  await page.keyboard.press("s");
  for (const up of [0.15, 0.14, 0.16]) {
    await page.mouse.click(box.x + box.width / 2, box.y + box.height * (0.5 - up));
    if (await page.getByRole("button", { name: /^Accept/ }).isVisible()) break;
  }
  await page.getByRole("button", { name: /^Accept/ }).click();
  holds("a predicted area is accepted", await until(async () => (await api(page, "/cases/mouth-02/annotation")).seq > seq));

  const here = page.url();
  await page.getByRole("button", { name: /What to paint next/ }).click();
  holds("next leads elsewhere", await until(async () => page.url() !== here));
  await stageOf(page).waitFor();
  await page.waitForTimeout(700);

  await stop(child);
  await page.getByText("Nothing that was acknowledged as saved is lost").waitFor();
  await stroke(page);
  child = await start("demo");
  holds("the banner goes when the server is back", await until(async () => !(await page.getByText("Nothing that was acknowledged").isVisible())));
  const id = decodeURIComponent(new URL(page.url()).hash.slice(1));
  holds("what was painted meanwhile is saved", await until(async () => (await api(page, `/cases/${id}/annotation`)).seq >= 1));
  await page.context().close();
  await stop(child);
}

async function verification() {
  const child = await start("midway");
  const page = await open();
  await page.getByRole("tab", { name: "Verify" }).click();
  await page.getByRole("button", { name: /Verify version 3/ }).click();
  await page.getByText("Is this pixel").waitFor();
  const answered = async () => (await api(page, "/verifications"))[0].answered;
  for (let i = 1; i <= 40; i++) {
    await page.getByText(`Point ${i}`, { exact: true }).waitFor();
    await page.locator("[aria-disabled=false]").first().waitFor();
    await page.keyboard.press("ynu"[i % 3]);
  }
  holds("every key is one answer", await until(async () => (await answered()) === 40));
  await page.keyboard.press("ArrowLeft");
  await page.getByText("You said").waitFor();
  await page.keyboard.press("y");
  await page.getByText("Point 41", { exact: true }).waitFor();
  holds("the last answer is corrected", (await answered()) === 40);
  await page.keyboard.press("Escape");
  await page.getByRole("button", { name: /Continue round/ }).waitFor();
  holds("it pauses and goes on", true);
  await page.context().close();
  await stop(child);
}

for (const [name, work] of Object.entries({ firstRun, loop, verification })) {
  try {
    await work();
  } catch (error) {
    holds(`${name}: ${String(error?.message).split("\n").slice(0, 3).join(" | ")}`, false);
    if (running) await stop(running);
  }
}
await browser.close();
if (running) await stop(running);
process.exit(failures === 0 ? 0 : 1);
