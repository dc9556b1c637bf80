// The views of the app that are photographed: in which folder, over which picture, and what is done there before.
import { drag, place, post, press, saved, stageOf } from "../tests/kit.mjs";

const unpainted = "mouth-010";
const painted = "mouth-004";

async function tab(page, name) {
  const nav = page.locator("nav").getByRole("button", { name, exact: true });
  if (await nav.isVisible()) await nav.click();
  else await page.getByRole("tab", { name, exact: true }).click();
}

/** What lies over the picture on a narrow page. */
async function closeDrawer(page) {
  await page.locator("nav button[aria-expanded=true]").click({ timeout: 500 }).catch(() => {});
  await page.waitForTimeout(300);
}

async function ground(page, label) {
  await tab(page, "See");
  await page.getByRole("radio", { name: label }).check();
}

/** As it begins, and two steps on. */
async function tour(page) {
  await press(page, "F1");
  await page.getByRole("button", { name: "Show me round" }).click();
  const next = page.getByRole("complementary", { name: "Tour" }).getByRole("button", { name: "Next" });
  await next.click();
  await next.click();
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

async function propose(page) {
  await stageOf(page).focus();
  await press(page, "a", "2", "[", "[", "[", "[", "[", "[");
  await drag(page, [0.42, 0.47], [0.56, 0.47]);
  await page.getByText(/pixels suggested/).waitFor();
}

async function region(page, { narrow }) {
  await stageOf(page).focus();
  await press(page, "r");
  await drag(page, [0.16, 0.26], [0.84, 0.72]);
  await saved(page);
  await press(page, "v");
  if (!narrow) await tab(page, "See");
}

async function judge(page) {
  await ground(page, "Model: classes");
  await closeDrawer(page);
  await page.mouse.click(...(await place(page, 0.5, 0.5)));
  await page.getByRole("dialog", { name: /^Prediction of/ }).waitFor();
}

async function verifying(page, person) {
  await post(person, "/verifications", { points: 100, seed: 3 });
  await page.reload();
  await stageOf(page).waitFor();
  await tab(page, "Verify");
  await page.getByRole("button", { name: /Continue round/ }).click();
  for (const key of ["y", "n", "n", "y", "n"]) {
    await page.locator('button.answer[aria-disabled="false"]').first().waitFor();
    await page.waitForTimeout(200);
    await press(page, key);
  }
  await page.locator('button.answer[aria-disabled="false"]').first().waitFor();
}

async function numbers(page, person) {
  const round = await post(person, "/verifications", { points: 60, seed: 5 });
  for (let next = round.next, k = 0; next; k++) {
    // Any answers: what is shown is a view, not a result.
    next = (await post(person, `/verifications/${round.id}/answers`, { index: next.index, answer: k % 3 === 0 ? "no" : "yes" })).next;
  }
  await page.reload();
  await stageOf(page).waitFor();
  await tab(page, "Verify");
  await page.getByText("Precision").first().waitFor();
}

/** The list, of what is begun. */
async function pictures(page, _, { narrow }) {
  if (narrow) await page.locator("nav").getByRole("button", { name: "Pictures" }).click();
  await page.getByRole("combobox", { name: "Show" }).selectOption("Begun");
}

export const VIEWS = [
  { name: "tour", in: "demo", id: painted, run: tour },
  { name: "paint", in: "demo", id: painted, run: paint },
  { name: "propose", in: "demo", id: "mouth-020", run: propose },
  { name: "region", in: "demo", id: "mouth-006", run: (page, _, size) => region(page, size) },
  { name: "belief", in: "demo", id: "mouth-000", run: (page) => ground(page, "What training believes") },
  { name: "prediction", in: "demo", id: unpainted, run: async (page) => (await ground(page, "Model: classes"), closeDrawer(page)) },
  { name: "judge", in: "demo", id: unpainted, run: judge },
  { name: "pictures", in: "demo", id: unpainted, run: pictures },
  { name: "learn", in: "demo", id: unpainted, run: (page) => tab(page, "Learn") },
  { name: "verifying", in: "demo", id: unpainted, run: verifying },
  { name: "numbers", in: "demo", id: unpainted, run: numbers },
  { name: "classes", in: "demo", id: unpainted, run: (page) => page.getByRole("button", { name: "Classes" }).click() },
  { name: "keys", in: "demo", id: unpainted, run: (page) => press(page, "?") },
  { name: "help", in: "demo", id: unpainted, run: async (page) => (await stageOf(page).focus(), press(page, "F1")) },
  { name: "no-pictures", in: "empty" },
  { name: "people", in: "team", who: "Olga", id: unpainted, run: (page) => page.getByRole("button", { name: "People" }).click() },
  { name: "regions-only", in: "team", who: "Nils", id: unpainted },
  { name: "reader", in: "team", who: "Rosa", id: "mouth-000" },
];
