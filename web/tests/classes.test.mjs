import assert from "node:assert/strict";
import { after, test } from "node:test";
import { CLASSES, closeBrowser, get, photos, open, post, stageOf, until, visit } from "./kit.mjs";

after(closeBrowser);

const id = "photo-0";
const names = (project) => project.classes.map(({ name }) => name);

test("a class is added: the groups stay, and so does what is typed while somebody else adds one", () =>
  visit(photos(2), { args: CLASSES }, async (person) => {
    const page = await open(person, id);
    await page.getByRole("button", { name: "Classes" }).click();
    const dialog = page.getByRole("dialog", { name: "Classes" });
    await dialog.getByRole("button", { name: "Another class" }).click();
    await dialog.getByLabel("Name of class 3").fill("tongue tip");
    const save = dialog.getByRole("button", { name: "Save" });
    assert.equal(await save.isDisabled(), true);
    await post(person, "/classes", { name: "lip" });
    await page.getByRole("button", { name: /^lip/, includeHidden: true }).waitFor({ state: "attached" });
    await dialog.getByRole("button", { name: "Use “tongue-tip”" }).click();
    await dialog.getByLabel("Colour of class 1").fill("#112233");
    await save.click();
    await dialog.waitFor({ state: "hidden" });
    const project = await get(person, "/project");
    assert.deepEqual(names(project), ["gum", "teeth", "lip", "tongue-tip"]);
    assert.deepEqual(project.exclusive, [["gum", "teeth"]]);
    assert.deepEqual(project.classes[0].color, [17, 34, 51]);
    assert.notDeepEqual(project.classes[3].color, [128, 128, 128], "nobody chose one");
  }));

test("the first dialog stays open until every class is saved", () =>
  visit(photos(2), { expected: /status of 409/ }, async (person) => {
    const page = await person.context.newPage();
    await page.goto(person.server.origin);
    await page.getByLabel("Name of class 1").fill("gum");
    await page.getByLabel("Name of class 2").fill("gum");
    const create = page.getByRole("button", { name: "Create and go on" });
    await page.getByText("Another class has this name.").waitFor();
    assert.equal(await create.isDisabled(), true);
    await page.getByLabel("Name of class 2").fill("teeth");
    const problem = { type: "busy", title: "Busy", status: 409, detail: "a model is being trained" };
    let asked = 0;
    await page.route("**/api/classes", (route) =>
      ++asked === 2 ? route.fulfill({ status: 409, contentType: "application/problem+json", body: JSON.stringify(problem) }) : route.continue(),
    );
    await create.click();
    const dialog = page.getByRole("dialog", { name: "Classes" });
    await dialog.getByText("a model is being trained").waitFor();
    assert.deepEqual(names(await get(person, "/project")), ["gum"]);
    assert.equal(await dialog.getByLabel("Name of class 2").inputValue(), "teeth");
    await dialog.getByRole("button", { name: "Save" }).click();
    await dialog.waitFor({ state: "hidden" });
    await stageOf(page).waitFor();
    const project = await until("both are there", async () => (await get(person, "/project")).exclusive.length > 0 && get(person, "/project"));
    assert.deepEqual([names(project), project.exclusive], [["gum", "teeth"], [["gum", "teeth"]]]);
  }));
