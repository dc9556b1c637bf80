// Builds the harness, serves it as the real server would (same content-security policy), and opens it in Chromium.
// CHROMIUM names the browser; LACUNA_HARNESS_OUT a folder for what the scripts write.
import { mkdir, mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium } from "playwright-core";
import { build, preview } from "vite";

const CONFIG = "harness/vite.config.ts";

export async function outFolder() {
  const folder = process.env.LACUNA_HARNESS_OUT ?? (await mkdtemp(join(tmpdir(), "harness-")));
  await mkdir(folder, { recursive: true });
  return folder;
}

export async function serveHarness() {
  const outDir = join(await mkdtemp(join(tmpdir(), "harness-build-")), "dist");
  await build({ configFile: CONFIG, logLevel: "warn", build: { outDir } });
  const server = await preview({ configFile: CONFIG, build: { outDir }, preview: { port: 0, host: "127.0.0.1" } });
  return { url: server.resolvedUrls.local[0], close: () => server.close() };
}

export function launch(options = {}) {
  const executablePath = process.env.CHROMIUM ?? "/usr/bin/chromium";
  return chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-gpu"], ...options });
}

/** A page with the editor in it; everything that went wrong in the page is in `trouble`. */
export async function openEditor(browser, url, query = "", context = {}) {
  const page = await browser.newPage({ viewport: { width: 1440, height: 900 }, ...context });
  const trouble = [];
  page.on("pageerror", (error) => trouble.push(error.message));
  page.on("console", (message) => message.type() === "error" && trouble.push(message.text()));
  await page.goto(`${url}?${query}`);
  await page.waitForFunction(() => window.harness && !document.querySelector(".message"), null, { timeout: 90_000 });
  return { page, trouble };
}
