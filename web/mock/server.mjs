// The whole contract in memory, to try and photograph the app without the real server:
//   node mock/server.mjs --port 4173 --state demo|midway|empty|classes|locked --beat 120
import { createReadStream, existsSync, statSync } from "node:fs";
import { createServer } from "node:http";
import { extname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";
import { Events } from "./events.mjs";
import { encodePng } from "./png.mjs";
import { picture, probability, proposal } from "./prediction.mjs";
import { MockProject } from "./project.mjs";
import { Refusal } from "./refusal.mjs";

const option = (name, fallback) => {
  const at = process.argv.indexOf(`--${name}`);
  return at > 0 ? process.argv[at + 1] : fallback;
};
const port = Number(option("port", "4173"));
const state = option("state", "demo");
const beat = Number(option("beat", "120"));
const dist = fileURLToPath(new URL("../dist", import.meta.url));

const events = new Events();
const project = new MockProject(state === "locked" ? "demo" : state, events, beat);

const policy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' blob: data:",
  "connect-src 'self'",
  "worker-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ");

const types = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript",
  ".css": "text/css",
  ".svg": "image/svg+xml",
};

const json = (value, status = 200) => ({ status, type: "application/json", body: JSON.stringify(value) });
const file = (type, body) => ({ status: 200, type, body });

const routes = [
  ["GET", /^\/project$/, () => json(project.json())],
  ["POST", /^\/classes$/, ({ body }) => (project.addClass(body), changed())],
  ["PUT", /^\/classes\/([^/]+)$/, ({ at, body }) => (project.recolor(at[0], body.color), changed())],
  ["PUT", /^\/exclusive$/, ({ body }) => (project.exclude(body), changed())],
  ["GET", /^\/cases$/, () => json(project.summaries())],
  ["POST", /^\/cases$/, ({ raw, query }) => json(project.addUpload(query.get("name") ?? "picture", raw), 201)],
  ["GET", /^\/cases\/([^/]+)\/image$/, ({ at }) => image(project.find(at[0]), 1)],
  ["GET", /^\/cases\/([^/]+)\/thumbnail$/, ({ at }) => image(project.find(at[0]), 4)],
  ["GET", /^\/cases\/([^/]+)\/annotation$/, ({ at }) => json(project.find(at[0]).annotation(project.classes))],
  ["GET", /^\/cases\/([^/]+)\/evidence$/, ({ at }) => json(project.find(at[0]).evidence(project))],
  ["POST", /^\/cases\/([^/]+)\/edits$/, ({ at, body }) => {
    const { seq, missed } = project.edit(project.find(at[0]), body);
    return json({ seq, missed });
  }],
  ["POST", /^\/cases\/([^/]+)\/suggestions$/, ({ at, body }) => json(project.decide(project.find(at[0]), body))],
  ["GET", /^\/cases\/([^/]+)\/prediction\/([^/]+)\.png$/, ({ at, query }) => {
    const model = project.training.current;
    if (!model) throw new Refusal(404, "not-found", "No model yet", "Train once to see predictions.");
    const item = project.find(at[0]);
    const version = Number(query.get("version") ?? model.version);
    const asked = project.training.models.find((known) => known.version === version);
    if (!asked || !(at[1] in asked.dice)) throw new Refusal(404, "not-found", "Not known", `Version ${version} does not know “${at[1]}”.`);
    return file("image/png", encodePng(probability(item, at[1], version), item.width, item.height, 1));
  }],
  ["POST", /^\/cases\/([^/]+)\/proposals$/, ({ at, body }) => json(proposal(project.find(at[0]), body))],
  ["GET", /^\/readings$/, () => json([])],
  ["GET", /^\/queue$/, ({ query }) => json(project.queue(query.get("strategy") ?? undefined))],
  ["GET", /^\/training$/, () => json(project.training.json())],
  ["GET", /^\/training\/log$/, () => json(project.training.log)],
  ["POST", /^\/training$/, () => json(project.training.start(), 202)],
  ["POST", /^\/training\/stop$/, () => (project.training.stop(), json(project.training.json(), 202))],
  ["POST", /^\/training\/resume$/, () => (project.training.resume(), json(project.training.json(), 202))],
  ["PUT", /^\/training\/auto$/, ({ body }) => ((project.training.autoAfter = body.after), json(project.training.json()))],
  ["GET", /^\/models$/, () => json(project.training.models)],
  ["PUT", /^\/models\/current$/, ({ body }) => json(project.training.use(body.version))],
  ["GET", /^\/verifications$/, () => json(project.verifications.map((round) => round.json()))],
  ["POST", /^\/verifications$/, ({ body }) => json(project.verify(body ?? {}).json(), 201)],
  ["GET", /^\/verifications\/([^/]+)$/, ({ at }) => json(round(at[0]).json())],
  ["GET", /^\/verifications\/([^/]+)\/answers$/, ({ at }) => json(round(at[0]).answered())],
  ["POST", /^\/verifications\/([^/]+)\/answers$/, ({ at, body }) => {
    round(at[0]).answer(body.index, body.answer);
    return json(round(at[0]).json());
  }],
];

function changed() {
  events.emit("project", {});
  return json(project.json());
}

function round(id) {
  const found = project.verifications.find((known) => known.id === id);
  if (!found) throw new Refusal(404, "not-found", "No such verification", `There is no verification “${id}”.`);
  return found;
}

function image(item, shrink) {
  if (item.bytes) return file(item.type, item.bytes);
  const { pixels } = picture(item);
  if (shrink === 1) return file("image/png", encodePng(pixels, item.width, item.height, 3));
  const width = Math.floor(item.width / shrink);
  const height = Math.floor(item.height / shrink);
  const small = new Uint8Array(width * height * 3);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      for (let c = 0; c < 3; c++) {
        let sum = 0;
        for (let k = 0; k < shrink * shrink; k++) {
          const from = (y * shrink + Math.floor(k / shrink)) * item.width + x * shrink + (k % shrink);
          sum += pixels[from * 3 + c];
        }
        small[(y * width + x) * 3 + c] = sum / (shrink * shrink);
      }
    }
  }
  return file("image/png", encodePng(small, width, height, 3));
}

async function bodyOf(request) {
  const chunks = [];
  for await (const piece of request) chunks.push(piece);
  return Buffer.concat(chunks);
}

async function api(request, response, url) {
  if (state === "locked") throw new Refusal(401, "unauthorized", "Not signed in", "Open the link that the terminal shows.");
  const path = url.pathname.slice("/api".length);
  if (path === "/events") return events.attach(request, response);
  const raw = await bodyOf(request);
  for (const [method, pattern, handle] of routes) {
    const found = method === request.method && pattern.exec(path);
    if (!found) continue;
    const isJson = request.headers["content-type"] === "application/json" && raw.length > 0;
    const body = isJson ? JSON.parse(raw.toString("utf8")) : undefined;
    const answer = handle({ at: found.slice(1).map(decodeURIComponent), query: url.searchParams, body, raw });
    response.writeHead(answer.status, { "content-type": answer.type, "cache-control": "no-store" });
    return response.end(answer.body);
  }
  throw new Refusal(404, "not-found", "Not found", `${request.method} ${url.pathname} does not exist.`);
}

function page(response, url) {
  const wanted = normalize(join(dist, url.pathname));
  const found = wanted.startsWith(dist) && existsSync(wanted) && statSync(wanted).isFile() ? wanted : join(dist, "index.html");
  response.writeHead(200, {
    "content-type": types[extname(found)] ?? "application/octet-stream",
    "content-security-policy": policy,
    "x-content-type-options": "nosniff",
  });
  createReadStream(found).pipe(response);
}

createServer((request, response) => {
  const url = new URL(request.url, "http://mock");
  if (!url.pathname.startsWith("/api/")) return page(response, url);
  api(request, response, url).catch((error) => {
    const problem = error.problem ?? { type: "unexpected", title: "The mock broke", status: 500, detail: error.stack };
    if (response.headersSent) return response.destroy();
    response.writeHead(problem.status, { "content-type": "application/problem+json" });
    response.end(JSON.stringify(problem));
  });
}).listen(port, "127.0.0.1", () => console.log(`mock (${state}) on http://127.0.0.1:${port}`));
