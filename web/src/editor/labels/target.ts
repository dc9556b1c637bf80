import type { ClassName, Project, Runs } from "../../api/types";
import { ANY_BYTE, NEGATIVE, POSITIVE, POSITIVES, UNKNOWN, type ByteSet } from "./byte";
import type { Change } from "./change";
import type { LabelPlanes } from "./planes";

/** What a stroke does to the pixels of one class. */
export interface Target {
  class: ClassName;
  to: number;
  /** Only pixels that hold one of these. */
  where: ByteSet;
}

/** The class that is painted, or all of them at once. */
export type Subject = ClassName | "neither";

/**
 * A "yes" takes back the "yes" of classes that exclude this one: two of them on a pixel contradict each other and count
 * as unknown in training, which is not what somebody who paints over means.
 */
export function yesTargets(project: Project, name: ClassName): Target[] {
  const rivals = rivalsOf(project, name).map((rival) => ({ class: rival, to: UNKNOWN, where: POSITIVES }));
  return [{ class: name, to: POSITIVE, where: ANY_BYTE }, ...rivals];
}

export function noTargets(project: Project, subject: Subject): Target[] {
  return subjectClasses(project, subject).map((name) => ({ class: name, to: NEGATIVE, where: ANY_BYTE }));
}

export function eraserTargets(project: Project, subject: Subject): Target[] {
  return subjectClasses(project, subject).map((name) => ({ class: name, to: UNKNOWN, where: ANY_BYTE }));
}

export function paintTargets(planes: LabelPlanes, targets: readonly Target[], runs: Runs): Change[] {
  return targets.flatMap((target) => planes.set(target.class, target.to, runs, target.where));
}

function subjectClasses(project: Project, subject: Subject): ClassName[] {
  return subject === "neither" ? project.classes.map((each) => each.name) : [subject];
}

function rivalsOf(project: Project, name: ClassName): ClassName[] {
  const rivals = project.exclusive.filter((group) => group.includes(name)).flat();
  return [...new Set(rivals)].filter((rival) => rival !== name);
}
