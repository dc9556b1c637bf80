import type { Class } from "../../api/types";

type Color = Class["color"];

export function toHex([red, green, blue]: Color): string {
  return `#${[red, green, blue].map((value) => value.toString(16).padStart(2, "0")).join("")}`;
}

export function fromHex(hex: string): Color {
  const number = Number.parseInt(hex.slice(1), 16);
  return [(number >> 16) & 255, (number >> 8) & 255, number & 255];
}
