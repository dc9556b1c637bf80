// Paints, undoes, uses neither, draws regions, works by keyboard alone, and takes pictures of it: `node harness/drive.mjs`
import axe from "axe-core";
import { join } from "node:path";
import { launch, openEditor, outFolder, serveHarness } from "./browser.mjs";
import { scenarios } from "./scenarios.mjs";

const out = await outFolder();
const server = await serveHarness();
const browser = await launch();
let failures = 0;
for (const { name, query, context, run } of scenarios) {
  const { page, trouble } = await openEditor(browser, server.url, query, context);
  try {
    await run(page);
    await checkAccessibility(page);
    if (trouble.length > 0) throw new Error(trouble.join("\n"));
    console.log(`ok      ${name}`);
  } catch (error) {
    failures += 1;
    console.log(`FAILED  ${name}\n        ${error.message.split("\n").slice(0, 6).join("\n        ")}`);
  }
  await page.screenshot({ path: join(out, `${name.replaceAll(" ", "-")}.png`) });
  await page.close();
}
await browser.close();
await server.close();
console.log(`pictures in ${out}`);
process.exitCode = failures > 0 ? 1 : 0;

async function checkAccessibility(page) {
  await page.evaluate(axe.source);
  const tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"];
  const { violations } = await page.evaluate((values) => window.axe.run({ runOnly: { type: "tag", values } }), tags);
  const found = violations.flatMap(({ id, nodes }) => nodes.map(({ html, failureSummary }) => `${id}: ${html.slice(0, 120)} ${failureSummary}`));
  if (found.length > 0) throw new Error(found.join("\n"));
}
