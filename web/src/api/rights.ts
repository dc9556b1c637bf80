import type { Access } from "./types";

/** What somebody may do. The server decides; this is only about what is worth showing. */
export interface Rights {
  readonly paint: boolean;
  readonly draw: boolean;
  /** Models and verifications. */
  readonly train: boolean;
  /** Classes, pictures, people. */
  readonly manage: boolean;
}

export const RIGHTS: Readonly<Record<Access, Rights>> = {
  owner: { paint: true, draw: true, train: true, manage: true },
  expert: { paint: true, draw: true, train: true, manage: false },
  "non-expert": { paint: false, draw: true, train: false, manage: false },
  reader: { paint: false, draw: false, train: false, manage: false },
};

export const NOBODY: Rights = RIGHTS.reader;
