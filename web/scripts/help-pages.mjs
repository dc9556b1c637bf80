// The help of the app is the documentation: its pages, as HTML, by section. `helpPages` is a plugin of the build that
// offers them as the module `virtual:help-pages`.
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import markdownIt from "markdown-it";

const docs = fileURLToPath(new URL("../../docs/", import.meta.url));
export const PAGES = ["app", "concepts", "scores", "team", "label-studio", "detection", "first-project", "troubleshooting"];

// HTML in the Markdown stays text, and addresses such as `javascript:` are refused.
const markdown = markdownIt({ html: false });

/** GitHub's names of headings, which the links in the documentation use. */
export function slug(title) {
  return title.toLowerCase().replace(/[^\p{L}\p{N}_ -]/gu, "").replaceAll(" ", "-");
}

/** A page in sections, of which the first has what stands before the second heading. */
export function renderPage(name, text) {
  const env = { page: name };
  const tokens = markdown.parse(text, env);
  const starts = tokens.flatMap((token, i) => (token.type === "heading_open" ? [i] : []));
  const sections = starts.map((start, k) => renderSection(tokens.slice(start, starts[k + 1]), env));
  return { name, title: sections[0]?.title ?? name, sections };
}

function renderSection([open, inline, , ...rest], env) {
  const title = plain(inline);
  return { id: slug(title), title, level: Number(open.tag.slice(1)), html: markdown.renderer.render(rest, markdown.options, env) };
}

function plain({ children }) {
  return children.map(({ content }) => content).join("");
}

export function renderPages() {
  return PAGES.map((name) => renderPage(name, readFileSync(`${docs}${name}.md`, "utf8")));
}

const { rules } = markdown.renderer;
// They would have to be sent along; the text says everything.
rules.image = () => "";
// Wide ones scroll by themselves, also by keyboard.
rules.table_open = () => '<div class="wide" tabindex="0" role="group" aria-label="Table"><table>\n';
rules.table_close = () => "</table></div>\n";
rules.fence = rules.code_block = (tokens, i) => `<pre tabindex="0"><code>${markdown.utils.escapeHtml(tokens[i].content)}</code></pre>\n`;

// A heading of nothing is no heading.
markdown.core.ruler.push("empty-headings", ({ tokens }) => {
  tokens.forEach(({ type }, i) => {
    if (type === "th_open" && tokens[i + 1].content === "") tokens[i].tag = tokens[i + 2].tag = "td";
  });
});

// Inline styles are not allowed on the page.
for (const cell of ["th_open", "td_open"]) {
  rules[cell] = (tokens, i) => {
    const align = /text-align:(right|center)/.exec(tokens[i].attrGet("style") ?? "")?.[1];
    return align ? `<${tokens[i].tag} class="${align}">` : `<${tokens[i].tag}>`;
  };
}

rules.link_open = (tokens, i, options, env) => {
  const opened = opening(tokens[i].attrGet("href") ?? "", env.page);
  // What ends it is as far in as what begins it.
  const end = tokens.slice(i).find(({ type, level }) => type === "link_close" && level === tokens[i].level);
  if (end) end.meta = { tag: opened.tag };
  return opened.html;
};
rules.link_close = (tokens, i) => `</${tokens[i].meta?.tag ?? "span"}>`;

/** Other pages of the help, other sites in a tab of their own; a page that is not in the help is only named. */
function opening(href, page) {
  if (/^https?:/.test(href)) return { tag: "a", html: `<a href="${markdown.utils.escapeHtml(href)}" target="_blank" rel="noopener noreferrer">` };
  const [, name, section] = /^(?:([\w-]+)\.md)?(?:#(.+))?$/.exec(href) ?? [];
  const to = name ?? (section ? page : undefined);
  if (!to || !PAGES.includes(to)) return { tag: "span", html: "<span>" };
  const place = section ? `${to}#${section}` : to;
  return { tag: "a", html: `<a href="/?help=${encodeURIComponent(place)}" data-place="${place}">` };
}

const NAME = "virtual:help-pages";

export function helpPages() {
  return {
    name: "help-pages",
    resolveId: (id) => (id === NAME ? `\0${NAME}` : undefined),
    load(id) {
      if (id !== `\0${NAME}`) return undefined;
      for (const page of PAGES) this.addWatchFile(`${docs}${page}.md`);
      return `export default ${JSON.stringify(renderPages())};`;
    },
  };
}
