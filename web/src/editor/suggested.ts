import type { ClassName, Decision } from "../api/types";

/** What a person says of the predicted area around a pixel. */
export interface Suggested {
  x: number;
  y: number;
  class: ClassName;
  decision: Decision["decision"];
}
