// Photographs the main states of the app against the mock and checks them with axe:
//   CHROMIUM=/path/to/chromium node mock/look.mjs OUT [name of a state …]
import { spawn } from "node:child_process";
import { mkdirSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";

const [out = "screenshots", ...wanted] = process.argv.slice(2);
const server = fileURLToPath(new URL("server.mjs", import.meta.url));
const axe = createRequire(import.meta.url).resolve("axe-core/axe.min.js");
const wide = { width: 1440, height: 900 };
const middle = { width: 1024, height: 768 };
const narrow = { width: 390, height: 844 };
mkdirSync(out, { recursive: true });

const tab = (name) => async (page) => {
  const inNav = page.locator("nav").getByRole("button", { name, exact: true });
  if (await inNav.isVisible()) await inNav.click();
  else await page.getByRole("tab", { name, exact: true }).click();
};
const layer = (name) => async (page) => {
  await tab("See")(page);
  await page.getByRole("radio", { name }).check();
};
const verifying = async (page) => {
  await tab("Verify")(page);
  await page.getByRole("button", { name: /Verify version|Continue round/ }).click();
  await page.getByText("Is this pixel").waitFor();
  for (const key of ["y", "n", "u", "n"]) {
    await page.keyboard.press(key);
    await page.waitForTimeout(400);
  }
};
const training = async (page) => {
  await tab("Learn")(page);
  await page.getByRole("button", { name: /^Train/ }).click();
  await page.waitForTimeout(2500);
};

/** name, state of the mock, what to do, sizes. */
const states = [
  ["welcome", "demo", async () => {}, [wide, narrow]],
  ["classes", "empty", async (page) => {
    await page.getByLabel("Name of class 1").fill("gum");
    await page.getByLabel("Name of class 2").fill("teeth");
  }, [wide, narrow]],
  ["no-pictures", "classes", async () => {}, [wide]],
  ["locked", "locked", async () => {}, [wide]],
  ["paint", "midway", async () => {}, [wide, middle, narrow]],
  ["pictures-drawer", "midway", async (page) => {
    await page.getByRole("button", { name: "Pictures", exact: true }).filter({ visible: true }).click();
  }, [middle, narrow]],
  ["learn", "midway", training, [wide, middle, narrow]],
  ["see", "midway", layer(/probability/), [wide, narrow]],
  ["evidence", "midway", layer(/believe/i), [wide]],
  ["uncertainty", "midway", layer(/uncertainty/), [wide]],
  ["verify-tab", "midway", tab("Verify"), [wide, narrow]],
  ["verifying", "midway", verifying, [wide, middle, narrow]],
  ["shortcuts", "midway", (page) => page.keyboard.press("?"), [wide]],
];

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM,
  args: ["--no-sandbox", "--headless=new"],
});
let port = 4300;
let bad = 0;

/** States that change nothing share a server: drawing the pictures takes a while. */
const servers = new Map();
const changing = ["learn", "verifying", "classes"];

async function serve(name, state, size) {
  const key = changing.includes(name) ? `${name} ${size.width}` : state;
  if (changing.includes(name)) servers.get(key)?.kill();
  if (!servers.has(key) || changing.includes(name)) servers.set(key, await start(state));
  return servers.get(key).address;
}

async function start(state) {
  port++;
  const child = spawn(process.execPath, [server, "--port", `${port}`, "--state", state, "--beat", "60"]);
  child.stderr.on("data", (text) => console.error(`${text}`));
  await new Promise((resolve, reject) => (child.stdout.once("data", resolve), child.once("exit", reject)));
  return { address: `http://127.0.0.1:${port}/`, kill: () => child.kill() };
}

async function photograph(name, state, act, size, scheme) {
  const address = await serve(name, state, size);
  const context = await browser.newContext({ viewport: size, colorScheme: scheme, reducedMotion: "reduce" });
  const page = await context.newPage();
  page.setDefaultTimeout(6000);
  page.on("console", (message) => message.type() === "error" && console.log(`  ${name}: ${message.text()}`));
  page.once("pageerror", (error) => (bad++, console.log(`  ${name}: ${error.stack}`)));
  try {
    await page.goto(`${address}#mouth-02`);
    await page.locator('h1').first().waitFor();
    await page.waitForTimeout(600);
    await act(page);
    await page.waitForTimeout(700);
    await page.screenshot({ path: `${out}/${name}-${size.width}${scheme === "dark" ? "-dark" : ""}.png` });
    await check(page, `${name} ${size.width} ${scheme}`);
  } catch (error) {
    bad++;
    console.log(`  ${name} ${size.width}: ${error.message.split("\n").slice(0, 4).join(" | ")}`);
    await page.screenshot({ path: `${out}/${name}-${size.width}-failed.png` });
  }
  await context.close();
}

async function check(page, label) {
  // Added as a script of the tool, not of the page: the page's policy forbids others.
  const session = await page.context().newCDPSession(page);
  const { readFileSync } = await import("node:fs");
  await session.send("Runtime.evaluate", { expression: readFileSync(axe, "utf8") });
  const violations = await page.evaluate(async () => {
    const result = await globalThis.axe.run(document, {
      runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    });
    return result.violations.map(({ id, help, nodes }) => ({ id, help, where: nodes.slice(0, 4).map(({ html, failureSummary }) => `${html.slice(0, 140)} :: ${failureSummary.split("\n").slice(1, 2)}`) }));
  });
  for (const { id, help, where } of violations) {
    bad++;
    console.log(`  axe ${label}: ${id} (${help})\n    ${where.join("\n    ")}`);
  }
}

for (const [name, state, act, sizes] of states) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  for (const size of sizes) await photograph(name, state, act, size, "light");
  if (sizes.includes(wide)) await photograph(name, state, act, wide, "dark");
}
await browser.close();
for (const server of servers.values()) server.kill();
console.log(bad === 0 ? "nothing to complain about" : `${bad} complaints`);
process.exitCode = bad === 0 ? 0 : 1;
