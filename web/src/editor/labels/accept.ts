import type { ClassName, Project } from "../../api/types";
import type { PartMask } from "../geometry/flood";
import { ACCEPTED, byteSet, POSITIVE, UNKNOWN, VALUE_BITS } from "./byte";
import type { Change } from "./change";
import type { LabelPlanes } from "./planes";
import { runsOf, SCRIBBLED_NO, SCRIBBLED_YES, SUGGESTED } from "./scribbles";
import { noTargets, paintTargets, yesTargets } from "./target";

/** What no person painted; what was merely accepted may be decided again. */
const FREE = byteSet((byte) => (byte & VALUE_BITS) === UNKNOWN || (byte & ACCEPTED) !== 0);

/**
 * Makes a proposal the person's word: scribbles are paint, and the rest of the region is accepted, where nobody painted
 * this class or one that excludes it.
 */
export function acceptProposal(project: Project, planes: LabelPlanes, name: ClassName, part: PartMask): Change[] {
  const runs = (value: number) => runsOf(part, value, planes.width);
  const suggested = runsOf(withoutRivals(project, planes, name, part), SUGGESTED, planes.width);
  return [
    ...planes.set(name, POSITIVE | ACCEPTED, suggested, FREE),
    ...paintTargets(planes, yesTargets(project, name), runs(SCRIBBLED_YES)),
    ...paintTargets(planes, noTargets(project, name), runs(SCRIBBLED_NO)),
  ];
}

function withoutRivals(project: Project, planes: LabelPlanes, name: ClassName, { rect, data }: PartMask): PartMask {
  const free = data.slice();
  for (const { class: rival } of yesTargets(project, name).slice(1)) {
    const said = planes.plane(rival)?.data;
    if (!said) continue;
    let i = 0;
    for (let y = rect.y0; y < rect.y1; y++) {
      for (let x = rect.x0; x < rect.x1; x++, i++) if ((said[y * planes.width + x] & VALUE_BITS) === POSITIVE) free[i] = 0;
    }
  }
  return { rect, data: free };
}
