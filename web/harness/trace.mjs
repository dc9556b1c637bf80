// What a Chromium trace says of the main thread while somebody paints.

const CATEGORIES = ["toplevel", "devtools.timeline", "disabled-by-default-devtools.timeline", "blink.user_timing", "v8"];
const STROKE_EVENTS = new Set(["pointerdown", "pointermove", "pointerup", "pointerrawupdate"]);

/** Records while `work` runs and answers the events. */
export async function recorded(page, work) {
  const session = await page.context().browser().newBrowserCDPSession();
  const events = [];
  session.on("Tracing.dataCollected", ({ value }) => events.push(...value));
  await session.send("Tracing.start", { transferMode: "ReportEvents", traceConfig: { includedCategories: CATEGORIES } });
  await work();
  const complete = new Promise((resolve) => session.once("Tracing.tracingComplete", resolve));
  await session.send("Tracing.end");
  await complete;
  await session.detach();
  return events;
}

/**
 * What each frame of the stroke took, in milliseconds: the tasks of the page's main thread in which a pointer event was
 * handled or an animation frame ran, whole (with style, paint, commit and garbage collection in them), added up to and
 * with the task that hands the frame to the compositor. `script` is what of it the app's own handlers and frame callbacks took.
 */
export function strokeFrames(events) {
  const frames = [];
  let frame = { wall: 0, cpu: 0, script: 0 };
  for (const { wall, cpu, script, drawn } of strokeTasks(events)) {
    frame = { wall: frame.wall + wall, cpu: frame.cpu + cpu, script: frame.script + script };
    if (!drawn) continue;
    frames.push(frame);
    frame = { wall: 0, cpu: 0, script: 0 };
  }
  return frames;
}

function strokeTasks(events) {
  const own = events.filter(isAppWork);
  const { pid, tid } = mainThread(own);
  const here = (event) => event.pid === pid && event.tid === tid && event.ph === "X";
  const works = own.filter(here).sort((a, b) => a.ts - b.ts);
  const tasks = events.filter((event) => here(event) && event.name === "RunTask").sort((a, b) => a.ts - b.ts);
  const commits = events.filter((event) => here(event) && event.name === "Commit");
  return tasks.flatMap((task) => {
    const inside = works.filter(({ ts, dur }) => ts >= task.ts && ts + dur <= task.ts + task.dur);
    if (inside.length === 0) return [];
    const drawn = commits.some(({ ts, dur }) => ts >= task.ts && ts + dur <= task.ts + task.dur);
    return [{ drawn, wall: task.dur / 1000, cpu: (task.tdur ?? task.dur) / 1000, script: sum(inside.map(({ dur, tdur }) => tdur ?? dur)) / 1000 }];
  });
}

function isAppWork({ name, args }) {
  return name === "FireAnimationFrame" || (name === "EventDispatch" && STROKE_EVENTS.has(args?.data?.type));
}

function mainThread(works) {
  const moves = works.filter(({ args }) => args?.data?.type === "pointermove");
  if (moves.length === 0) throw new Error("The trace holds no pointer events.");
  return moves[0];
}

function sum(numbers) {
  return numbers.reduce((total, number) => total + number, 0);
}

export function quantile(numbers, q) {
  const sorted = [...numbers].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.ceil(q * sorted.length) - 1)];
}
