// Builds the app, with the help from the documentation, and its types into a temporary folder and says whether the committed ones are the same:
//   node scripts/verify-dist.mjs
import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "vite";

const web = fileURLToPath(new URL("..", import.meta.url));
process.chdir(web);
const LARGEST_SCRIPTS = 300_000;
/** The help's text is a script of its own, fetched when it is asked for. */
const LARGEST_HELP = 120_000;
const isHelp = (name) => /^assets\/HelpPanel-[\w-]+\.js$/.test(name);

const made = mkdtempSync(join(tmpdir(), "verify-dist-"));
const complaints = [];
try {
  await build({ logLevel: "warn", build: { outDir: join(made, "dist"), emptyOutDir: true } });
  compareFolders("dist", join(made, "dist"));
  compareTypes();
  const scripts = files("dist").filter((name) => name.endsWith(".js"));
  const [help, size] = [sizeOf(scripts.filter(isHelp)), sizeOf(scripts.filter((name) => !isHelp(name)))];
  if (help === 0) complaints.push("the help is not a script of its own any more: it would be loaded with every page");
  if (help >= LARGEST_HELP) complaints.push(`the help has ${help} bytes, at most ${LARGEST_HELP} are allowed`);
  if (size >= LARGEST_SCRIPTS) complaints.push(`the scripts have ${size} bytes, at most ${LARGEST_SCRIPTS} are allowed`);
  if (complaints.length === 0) console.log(`dist and schema.d.ts are what the sources and docs give; scripts: ${size} bytes, help: ${help}`);
} finally {
  rmSync(made, { recursive: true });
}
for (const complaint of complaints) console.error(complaint);
process.exitCode = complaints.length > 0 ? 1 : 0;

function sizeOf(names) {
  return names.reduce((sum, name) => sum + readFileSync(join("dist", name)).length, 0);
}

function compareFolders(committed, fresh) {
  const names = new Set([...files(committed), ...files(fresh)]);
  const differing = [...names].filter((name) => !sameBytes(join(committed, name), join(fresh, name))).sort();
  if (differing.length === 0) return;
  complaints.push(`web/dist is not what the sources and docs give; run \`npm run build\` and commit it. Differing:\n  ${differing.join("\n  ")}`);
}

function compareTypes() {
  const fresh = join(made, "schema.d.ts");
  const { status, stderr } = spawnSync("npx", ["openapi-typescript", "openapi.json", "--output", fresh], { encoding: "utf8" });
  if (status !== 0) complaints.push(`openapi-typescript failed: ${stderr}`);
  else if (!sameBytes("src/api/schema.d.ts", fresh)) complaints.push("web/src/api/schema.d.ts is not what openapi.json gives; run `npm run types`");
}

function files(folder) {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return entries.map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1));
}

function sameBytes(a, b) {
  try {
    return readFileSync(a).equals(readFileSync(b));
  } catch {
    // One of them is missing.
    return false;
  }
}
