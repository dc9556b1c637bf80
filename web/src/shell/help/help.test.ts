import pages from "virtual:help-pages";
import { describe, expect, it } from "vitest";
import { renderPage } from "../../../scripts/help-pages.mjs";
import { placeOf, sectionAt } from "./pages";
import { fittingPlace, type Doing, type Part } from "./place";
import { search, textOf } from "./search";

const sections = pages.flatMap((page) => page.sections.map((section) => ({ page, section })));
const places = new Set([...pages.map(({ name }) => name), ...sections.map(({ page, section }) => `${page.name}#${section.id}`)]);
const html = sections.map(({ section }) => section.html).join("");

describe("the pages", () => {
  it("are those of the documentation, each with its sections", () => {
    expect(pages.map(({ name }) => name)).toContain("troubleshooting");
    expect(sections.length).toBeGreaterThan(60);
    for (const { sections: own, title } of pages) expect([own[0].level, own[0].title]).toEqual([1, title]);
  });

  it("lead only to places that are there", () => {
    const links = [...html.matchAll(/data-place="([^"]*)"/g)].map(([, place]) => place!);
    expect(links.length).toBeGreaterThan(10);
    expect(links.filter((place) => !places.has(place))).toEqual([]);
  });

  it("need nothing that the page may not do", () => {
    expect(html).not.toMatch(/<(script|style|img|iframe|link)|\sstyle=|\son\w+=/i);
    const outside = [...html.matchAll(/<a ([^>]*)>/g)].map(([, attributes]) => attributes!).filter((each) => !each.includes("data-place"));
    expect(outside.filter((each) => !/^href="https?:[^"]*" target="_blank" rel="noopener noreferrer"$/.test(each))).toEqual([]);
  });
});

describe("renderPage", () => {
  const rows: [string, string, RegExp, RegExp][] = [
    ["HTML stays text", "<img src=x onerror=alert(1)>", /&lt;img/, /<img/],
    ["a script's address is no link", "[a](javascript:alert(1))", /\[a\]/, /<a/],
    ["another site opens a tab of its own", "[a](https://b.example/?c=\"d\")", /target="_blank" rel="noopener noreferrer"/, /"d"/],
    ["a page of the help is opened in it", "[a](concepts.md#neither)", /data-place="concepts#neither"/, /_blank/],
    ["so is a section of the same page", "[a](#b)", /data-place="app#b"/, /_blank/],
    ["a page that is not in it is only named", "[the `x`](formats.md)", /<span>the <code>x<\/code><\/span>/, /<a/],
    ["a picture is left out", "before ![x](y.png) after", /before  ?after/, /<img/],
    ["numbers keep to the right", "| a | b |\n|---|---:|\n| 1 | 2 |", /<td class="right">2/, /style/],
    ["a heading of nothing is none", "| a | |\n|---|---|\n| 1 | 2 |", /<th>a<\/th>\s*<td><\/td>/, /<th><\/th>/],
  ];
  it.each(rows)("%s", (_, text, has, lacks) => {
    const [section] = renderPage("app", `# Title\n\n${text}\n`).sections;
    expect(section.html).toMatch(has);
    expect(section.html).not.toMatch(lacks);
  });
});

describe("where it opens", () => {
  const doing: Doing = {
    phase: "ready",
    project: { access: "expert" },
    view: { tab: "learn", setup: false, team: null },
    verifying: { active: null },
    learning: { running: false },
    pictures: { cases: [1] },
  };
  const rows: [string, Partial<Doing>, Part | null, string][] = [
    ["painting", {}, "picture", "app#paint"],
    ["painting, while a model is trained", { learning: { running: true } }, "picture", "app#learn"],
    ["in the list of pictures", {}, "pictures", "app#what-to-paint-next"],
    ["before Learn", {}, "panel", "app#learn"],
    ["before See", { view: { ...doing.view, tab: "see" } }, null, "app#under-see"],
    ["before Verify", { view: { ...doing.view, tab: "verify" } }, "panel", "app#verify"],
    ["verifying", { verifying: { active: {} } }, "picture", "app#verify"],
    ["choosing classes", { view: { ...doing.view, setup: true } }, null, "concepts#exclusive-part-of"],
    ["without pictures", { pictures: { cases: [] } }, null, "app#pictures-and-classes"],
    ["reading the log", { view: { ...doing.view, team: "changes" } }, null, "team#the-log"],
    ["looking how well people agree", { view: { ...doing.view, team: "agreement" } }, null, "team#two-people-the-same-picture-separately"],
    ["among people", { view: { ...doing.view, team: "people" } }, null, "team#accounts"],
    ["logging in", { phase: "login", project: null }, null, "team#accounts"],
    ["shut out", { phase: "unauthorized", project: null }, null, "app"],
    ["drawing regions only", { project: { access: "non-expert" } }, "picture", "concepts#regions"],
    ["only looking", { project: { access: "reader" } }, "picture", "team#who-may-do-what"],
  ];
  it.each(rows)("%s", (_, change, part, place) => {
    expect(fittingPlace({ ...doing, ...change }, part)).toBe(place);
    expect(places).toContain(place);
  });
});

describe("sectionAt", () => {
  it("finds a section, else the page's beginning, else nothing", () => {
    const found = sectionAt(pages, "app#verify");
    expect(found && placeOf(found.page, found.section)).toBe("app#verify");
    expect(sectionAt(pages, "app#gone")?.section.level).toBe(1);
    expect(sectionAt(pages, "gone")).toBeNull();
  });
});

describe("search", () => {
  const two = [
    { name: "a", title: "A", sections: [{ id: "a", title: "A", level: 1, html: "<p>one &amp; two</p>" }, { id: "b", title: "Two things", level: 2, html: "<p>of one</p>" }] },
  ];
  it("wants all words, and shows headings first", () => {
    expect(search(two, "two ONE").map(({ place }) => place)).toEqual(["a", "a#b"]);
    expect(search(two, "two").map(({ place }) => place)).toEqual(["a#b", "a"]);
    expect(search(two, "thi").map(({ place }) => place)).toEqual(["a#b"]);
    expect(search(two, "hings")).toEqual([]);
    expect(search(two, "two three")).toEqual([]);
    expect(search(two, "  ")).toEqual([]);
  });

  it("shows what stands around a word", () => {
    expect(search(two, "&")[0].around).toEqual(["one ", "&", " two …"]);
    expect(textOf("<p>a&lt;b</p><p>c</p>")).toBe("a<b c");
  });

  it("finds in the documentation what people ask for", () => {
    expect(search(pages, "neither")[0].place).toBe("concepts#neither");
    expect(search(pages, "lasso").map(({ place }) => place)).toContain("app#paint");
  });
});
