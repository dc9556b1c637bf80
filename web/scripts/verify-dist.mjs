// Builds the app and its types into a temporary folder and says whether the committed ones are the same:
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

const made = mkdtempSync(join(tmpdir(), "verify-dist-"));
const complaints = [];
try {
  await build({ logLevel: "warn", build: { outDir: join(made, "dist"), emptyOutDir: true } });
  compareFolders("dist", join(made, "dist"));
  compareTypes();
  const scripts = files("dist").filter((name) => name.endsWith(".js"));
  const size = scripts.reduce((sum, name) => sum + readFileSync(join("dist", name)).length, 0);
  if (size >= LARGEST_SCRIPTS) complaints.push(`the scripts have ${size} bytes, at most ${LARGEST_SCRIPTS} are allowed`);
  else if (complaints.length === 0) console.log(`dist and schema.d.ts are what the sources give; scripts: ${size} bytes`);
} finally {
  rmSync(made, { recursive: true });
}
for (const complaint of complaints) console.error(complaint);
process.exitCode = complaints.length > 0 ? 1 : 0;

function compareFolders(committed, fresh) {
  const names = new Set([...files(committed), ...files(fresh)]);
  const differing = [...names].filter((name) => !sameBytes(join(committed, name), join(fresh, name))).sort();
  if (differing.length === 0) return;
  complaints.push(`web/dist is not what the sources give; run \`npm run build\` and commit it. Differing:\n  ${differing.join("\n  ")}`);
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
