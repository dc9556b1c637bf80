import assert from "node:assert/strict";
import axe from "axe-core";

/** Fails with what axe finds. */
export async function accessible(page, state) {
  // Colours that are on their way to others have no contrast yet.
  await page.waitForTimeout(250);
  if (!(await page.evaluate(() => "axe" in window))) await page.evaluate(axe.source);
  const tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
  const { violations } = await page.evaluate((values) => window.axe.run({ runOnly: { type: "tag", values } }), tags);
  const found = violations.flatMap(({ id: rule, nodes }) => nodes.map(({ html }) => `${rule}: ${html.slice(0, 160)}`));
  assert.deepEqual(found, [], state);
}
