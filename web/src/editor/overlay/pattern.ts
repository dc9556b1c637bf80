import { mix, word, type Rgb } from "./color";

// Meanings differ by texture, not only by colour, so that they can be told apart without seeing colours and on any
// photo. A pattern is a square that repeats; line and gap carry a dark edge, which keeps them visible on bright enamel
// as on dark gaps.
export type Texture =
  | "solid"
  | "dotted-solid"
  | "hatch"
  | "thin-hatch"
  | "dashed-hatch"
  | "cross-hatch"
  | "thin-cross"
  | "dots"
  | "horizontal"
  | "vertical"
  | "checker";

export interface Style {
  texture: Texture;
  color: Rgb;
}

/** CSS pixels a side. */
const SIDE = 8;
const DARK: Rgb = [16, 20, 24];

type Ink = "line" | "edge" | "gap";

const INKS: Record<Texture, (x: number, y: number) => Ink> = {
  solid: () => "line",
  "dotted-solid": (x, y) => (x % 4 < 2 && y % 4 < 2 ? "edge" : "line"),
  hatch: (x, y) => stripe((x + y) % 8, 3),
  "thin-hatch": (x, y) => stripe((x + y) % 8, 2),
  "dashed-hatch": (x, y) => (y % 8 < 5 ? stripe((x + y) % 8, 2) : "gap"),
  "cross-hatch": (x, y) => crossing(x, y, 2),
  "thin-cross": (x, y) => crossing(x, y, 1),
  dots: (x, y) => dot(x, y),
  horizontal: (_, y) => stripe(y % 8, 2),
  vertical: (x) => stripe(x % 8, 3),
  checker: (x, y) => (Math.floor(x / 4) % 2 === Math.floor(y / 4) % 2 ? "line" : "edge"),
};

function stripe(at: number, width: number): Ink {
  if (at < width) return "line";
  return at < width + 1 ? "edge" : "gap";
}

function crossing(x: number, y: number, width: number): Ink {
  const [falling, rising] = [stripe((x + y) % 8, width), stripe((x - y + 8) % 8, width)];
  if (falling === "line" || rising === "line") return "line";
  return width > 1 && (falling === "edge" || rising === "edge") ? "edge" : "gap";
}

function dot(x: number, y: number): Ink {
  const distance = Math.max(Math.abs((x % 8) - 3), Math.abs((y % 8) - 3));
  if (distance < 1.5) return "line";
  return distance < 2.5 ? "edge" : "gap";
}

/** A square of device pixels that repeats; its side is a power of two. */
export class Pattern {
  readonly words: Uint32Array;
  readonly mask: number;
  readonly shift: number;

  constructor(style: Style, density: number) {
    const factor = density > 1.4 ? 2 : 1;
    const side = SIDE * factor;
    this.mask = side - 1;
    this.shift = Math.log2(side);
    const ink = INKS[style.texture];
    const colors = inks(style);
    this.words = Uint32Array.from({ length: side * side }, (_, i) => {
      return colors[ink(Math.floor((i % side) / factor), Math.floor(i / side / factor))];
    });
  }
}

function inks({ texture, color }: Style): Record<Ink, number> {
  const edge = texture === "dotted-solid" ? word(mix(color, DARK, 0.75), 0.9) : word(DARK, texture === "checker" ? 1 : 0.6);
  return { line: word(color, 1), edge, gap: word(color, 0.16) };
}
