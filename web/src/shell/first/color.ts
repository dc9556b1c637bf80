type Color = [number, number, number];

/** Told apart also with the common kinds of colour blindness, and seen on skin and on teeth. */
export const palette: Color[] = [
  [213, 62, 79],
  [0, 150, 115],
  [51, 110, 215],
  [230, 159, 0],
  [150, 80, 190],
  [86, 180, 233],
];

export function toHex([red, green, blue]: Color): string {
  return `#${[red, green, blue].map((value) => value.toString(16).padStart(2, "0")).join("")}`;
}

export function fromHex(hex: string): Color {
  const number = Number.parseInt(hex.slice(1), 16);
  return [(number >> 16) & 255, (number >> 8) & 255, number & 255];
}
