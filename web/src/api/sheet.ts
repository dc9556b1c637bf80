// Each of two people who read a picture separately has a sheet of their own there, with edits numbered from a number of its
// own on: none is ever taken for one of another sheet.
const numbersEach = 1_000_000_000;

/** Which sheet an edit is on: 0 for the one that everybody shares. */
export function sheetOf(seq: number): number {
  return Math.floor(seq / numbersEach);
}

/** How many edits there are on its sheet. */
export function editsOf(seq: number): number {
  return seq % numbersEach;
}
