import { parseProblem, RequestError, unreachable } from "./problem";
import type {
  Access,
  AgreementTable,
  Annotation,
  Answer,
  AnsweredPoint,
  CaseSummary,
  Class,
  ClassName,
  Decided,
  Decision,
  Edit,
  Evidence,
  FreshPassword,
  LoggedChange,
  LogLine,
  Member,
  Model,
  PictureDifference,
  Project,
  ProposalQuestion,
  Proposed,
  Queue,
  Reading,
  Saved,
  Strategy,
  Taken,
  Training,
  Gains,
  Verification,
} from "./types";

const root = "/api";

type Method = "GET" | "POST" | "PUT" | "DELETE";

/** In whose name this page speaks: the server refuses when somebody else has logged in in this browser since. */
let person: string | null = null;

export function speakAs(id: string): void {
  person = id;
}

async function send(method: Method, path: string, body?: BodyInit, type?: string, signal?: AbortSignal): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(root + path, {
      method,
      body: body ?? null,
      headers: { ...(type && { "content-type": type }), ...(person !== null && { "lacuna-person": person }) },
      credentials: "same-origin",
      signal: signal ?? null,
    });
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw new RequestError(unreachable());
  }
  if (!response.ok) throw new RequestError(parseProblem(response.status, await response.text().catch(() => "")));
  return response;
}

async function get<T>(path: string, signal?: AbortSignal): Promise<T> {
  return (await (await send("GET", path, undefined, undefined, signal)).json()) as T;
}

async function change<T>(method: "POST" | "PUT" | "DELETE", path: string, body?: unknown): Promise<T> {
  // Without a body the server must not be told that there is JSON.
  const content: [string?, string?] = body === undefined ? [] : [JSON.stringify(body), "application/json"];
  const response = await send(method, path, ...content);
  const text = await response.text();
  return (text === "" ? undefined : JSON.parse(text)) as T;
}

const part = encodeURIComponent;

export function getProject(): Promise<Project> {
  return get("/project");
}

export function addClass(added: Pick<Class, "name"> & Partial<Class>): Promise<Project> {
  return change("POST", "/classes", added);
}

export function setColor(name: ClassName, color: Class["color"]): Promise<Project> {
  return change("PUT", `/classes/${part(name)}`, { color });
}

export function setExclusive(groups: ClassName[][]): Promise<Project> {
  return change("PUT", "/exclusive", groups);
}

export function getCases(): Promise<CaseSummary[]> {
  return get("/cases");
}

export async function addCase(file: File): Promise<CaseSummary> {
  const response = await send("POST", `/cases?name=${part(file.name)}`, file, file.type || "application/octet-stream");
  return (await response.json()) as CaseSummary;
}

export function imageUrl(id: string): string {
  return `${root}/cases/${part(id)}/image`;
}

export function thumbnailUrl(id: string): string {
  return `${root}/cases/${part(id)}/thumbnail`;
}

export function getAnnotation(id: string, signal?: AbortSignal): Promise<Annotation> {
  return get(`/cases/${part(id)}/annotation`, signal);
}

export function saveEdit(id: string, edit: Edit): Promise<Saved> {
  return change("POST", `/cases/${part(id)}/edits`, edit);
}

/** Nobody paints there any more: its journal can be folded. */
export async function leaveCase(id: string): Promise<void> {
  await change("POST", `/cases/${part(id)}/leave`);
}

export function getEvidence(id: string, signal?: AbortSignal): Promise<Evidence> {
  return get(`/cases/${part(id)}/evidence`, signal);
}

export function predictionUrl(id: string, name: ClassName, version: number): string {
  return `${root}/cases/${part(id)}/prediction/${part(name)}.png?version=${version}`;
}

/** Null when that model does not know the class. */
export async function getPrediction(
  id: string,
  name: ClassName,
  version: number,
  signal?: AbortSignal,
): Promise<Blob | null> {
  const path = predictionUrl(id, name, version).slice(root.length);
  try {
    return await (await send("GET", path, undefined, undefined, signal)).blob();
  } catch (error) {
    if (error instanceof RequestError && error.problem.status === 404) return null;
    throw error;
  }
}

export function decide(id: string, decision: Decision): Promise<Decided> {
  return change("POST", `/cases/${part(id)}/suggestions`, decision);
}

/** Which region may be meant. Changes nothing on the server. */
export async function propose(id: string, question: ProposalQuestion, signal: AbortSignal): Promise<Proposed> {
  const body = JSON.stringify(question);
  return (await (await send("POST", `/cases/${part(id)}/proposals`, body, "application/json", signal)).json()) as Proposed;
}

export function getQueue(strategy?: Strategy): Promise<Queue> {
  return get(strategy ? `/queue?strategy=${strategy}` : "/queue");
}

export function getTraining(): Promise<Training> {
  return get("/training");
}

export function getTrainingLog(): Promise<LogLine[]> {
  return get("/training/log");
}

export function startTraining(): Promise<Training> {
  return change("POST", "/training");
}

export async function stopTraining(): Promise<void> {
  await change("POST", "/training/stop");
}

export async function resumeTraining(): Promise<void> {
  await change("POST", "/training/resume");
}

export function setAutoTraining(after: number | null): Promise<Training> {
  return change("PUT", "/training/auto", { after });
}

export function getModels(): Promise<Model[]> {
  return get("/models");
}

export function setCurrentModel(version: number): Promise<Model[]> {
  return change("PUT", "/models/current", { version });
}

export function getVerifications(): Promise<Verification[]> {
  return get("/verifications");
}

export function startVerification(points?: number, seed?: number): Promise<Verification> {
  return change("POST", "/verifications", { points, seed });
}

export function getVerification(id: string): Promise<Verification> {
  return get(`/verifications/${part(id)}`);
}

export function getAnswers(id: string): Promise<AnsweredPoint[]> {
  return get(`/verifications/${part(id)}/answers`);
}

/** How much better the current model is than the one that was verified. */
export function getGain(id: string): Promise<Gains> {
  return get(`/verifications/${part(id)}/gain`);
}

export function answerPoint(id: string, index: number, answer: Answer): Promise<Verification> {
  return change("POST", `/verifications/${part(id)}/answers`, { index, answer });
}

export async function logIn(name: string, password: string): Promise<void> {
  await change("POST", "/login", { name, password });
}

export async function logOut(): Promise<void> {
  await change("POST", "/logout");
}

export async function changePassword(present: string, wanted: string): Promise<void> {
  await change("PUT", "/password", { present, new: wanted });
}

export function getPeople(): Promise<Member[]> {
  return get("/people");
}

export function addPerson(name: string, role: Access): Promise<FreshPassword> {
  return change("POST", "/people", { name, role });
}

export function removePerson(name: string): Promise<Member[]> {
  return change("DELETE", `/people/${part(name)}`);
}

export function setRole(name: string, role: Access): Promise<Member[]> {
  return change("PUT", `/people/${part(name)}/role`, { role });
}

export function resetPassword(name: string): Promise<FreshPassword> {
  return change("POST", `/people/${part(name)}/password`);
}

export function endLogins(name: string): Promise<Member[]> {
  return change("DELETE", `/people/${part(name)}/logins`);
}

export async function assign(cases: string[], people: string[]): Promise<void> {
  await change("PUT", "/assignments", { cases, people });
}

/** What two people read, each without seeing what the other says. */
export function getReadings(): Promise<Reading[]> {
  return get("/readings");
}

/** To two people separately; to nobody: taken back. */
export async function giveReadings(cases: string[], people: string[]): Promise<void> {
  await change("PUT", "/readings", { cases, people });
}

export async function finishReading(id: string, done: boolean): Promise<void> {
  await change("PUT", `/cases/${part(id)}/reading`, { done });
}

/** Where the two differ who have read it. */
export function getDifference(id: string): Promise<PictureDifference> {
  return get(`/cases/${part(id)}/reading`);
}

export async function decideReading(id: string, take: Taken): Promise<void> {
  await change("POST", `/cases/${part(id)}/reading/decision`, { take });
}

export function getAgreement(): Promise<AgreementTable> {
  return get("/agreement");
}

export interface ChangesWanted {
  before?: number;
  who?: string;
  picture?: string;
  limit?: number;
}

/** Newest first. */
export function getChanges(wanted: ChangesWanted): Promise<LoggedChange[]> {
  const query = new URLSearchParams(Object.entries(wanted).map(([key, value]) => [key, `${value}`]));
  return get(`/changes?${query}`);
}

export function changesUrl(kind: "csv" | "jsonl"): string {
  return `${root}/changes.${kind}`;
}
