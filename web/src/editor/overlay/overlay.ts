import type { Rect } from "../labels/planes";
import type { Viewport } from "../view/viewport";
import type { Layer, Patch } from "./layer";

const SIDE = 256;
/** Tiles off the screen that are kept: 256 KiB each. */
const SPARE_TILES = 96;
/** Milliseconds a frame for tiles that are seen for the first time. */
const NEW_TILES_TIME = 10;

interface Tile {
  column: number;
  row: number;
  image: ImageData;
  words: Uint32Array;
  /** What is out of date, inside the tile; null when nothing is. */
  dirty: Rect | null;
  /** Once at least. */
  painted: boolean;
}

/**
 * The layers over the picture, in tiles of 256 device pixels that lie fast on the scaled picture. A stroke repaints the
 * part of a tile that it touched; panning moves tiles; only zooming paints all that are seen.
 */
export class Overlay {
  layers: readonly Layer[] = [];
  private readonly tiles = new Map<string, Tile>();
  private drawn = { left: NaN, top: NaN, scale: NaN, width: 0, height: 0 };

  constructor(
    private readonly context: CanvasRenderingContext2D,
    private readonly view: Viewport,
  ) {}

  invalidate(): void {
    for (const tile of this.tiles.values()) tile.dirty = wholeTile();
  }

  /** Marks picture pixels as changed. */
  invalidateRect(rect: Rect): void {
    const scaled = this.scaled(rect);
    for (const tile of this.tiles.values()) {
      const part = clip(scaled, tile);
      if (part) tile.dirty = tile.dirty ? enclosing(tile.dirty, part) : part;
    }
  }

  /** The canvas was emptied: everything is to be put on it again. */
  forgetDrawn(): void {
    this.drawn.left = NaN;
  }

  /** Answers whether all is drawn: what comes into sight at once may take more than one frame. */
  draw(): boolean {
    const moved = this.hasMoved();
    if (moved) this.startAgain();
    const tiles = this.visibleTiles();
    // What a stroke changed is painted in any case, and first.
    for (const tile of tiles) if (tile.painted) this.drawTile(tile, moved);
    const end = performance.now() + NEW_TILES_TIME;
    const fresh = tiles.filter((tile) => !tile.painted);
    while (fresh.length > 0 && performance.now() < end) this.drawTile(fresh.shift()!, true);
    if (moved) this.dropSpares();
    return fresh.length === 0;
  }

  private hasMoved(): boolean {
    const { left, top, scale, screen } = this.view;
    const last = this.drawn;
    this.drawn = { left, top, scale, ...screen };
    if (scale !== last.scale) this.tiles.clear();
    return left !== last.left || top !== last.top || scale !== last.scale || screen.width !== last.width || screen.height !== last.height;
  }

  private startAgain(): void {
    this.context.clearRect(0, 0, this.view.screen.width, this.view.screen.height);
  }

  private drawTile(tile: Tile, whole: boolean): void {
    const part = tile.dirty;
    if (part) this.paintTile(tile, part);
    const shown = whole ? wholeTile() : part;
    if (!shown) return;
    const x = this.view.left + tile.column * SIDE;
    const y = this.view.top + tile.row * SIDE;
    this.context.putImageData(tile.image, x, y, shown.x0, shown.y0, shown.x1 - shown.x0, shown.y1 - shown.y0);
  }

  private paintTile(tile: Tile, part: Rect): void {
    tile.dirty = null;
    tile.painted = true;
    for (let y = part.y0; y < part.y1; y++) tile.words.fill(0, y * SIDE + part.x0, y * SIDE + part.x1);
    const { scale, picture } = this.view;
    const place = { left: tile.column * SIDE, top: tile.row * SIDE, scale, picture };
    const patch: Patch = { words: tile.words, stride: SIDE, ...part, ...place };
    for (const layer of this.layers) layer.paint(patch);
  }

  private visibleTiles(): Tile[] {
    const { left, top, scale, screen, picture } = this.view;
    const columns = seen(left, screen.width, picture.width * scale);
    const rows = seen(top, screen.height, picture.height * scale);
    return rows.flatMap((row) => columns.map((column) => this.tileAt(column, row)));
  }

  private tileAt(column: number, row: number): Tile {
    const key = `${column} ${row}`;
    const known = this.tiles.get(key);
    // Taken out and put back, so that the map is in order of use.
    if (known) this.tiles.delete(key);
    const tile = known ?? newTile(column, row);
    this.tiles.set(key, tile);
    return tile;
  }

  private dropSpares(): void {
    const { width, height } = this.view.screen;
    const limit = Math.ceil(width / SIDE + 1) * Math.ceil(height / SIDE + 1) + SPARE_TILES;
    for (const key of this.tiles.keys()) {
      if (this.tiles.size <= limit) return;
      this.tiles.delete(key);
    }
  }

  /** One more pixel on each side: a pooled cell reaches beyond the pixels in it. */
  private scaled(rect: Rect): Rect {
    const { scale } = this.view;
    const margin = 2 + scale;
    return {
      x0: Math.floor(rect.x0 * scale - margin),
      y0: Math.floor(rect.y0 * scale - margin),
      x1: Math.ceil(rect.x1 * scale + margin),
      y1: Math.ceil(rect.y1 * scale + margin),
    };
  }
}

function newTile(column: number, row: number): Tile {
  const image = new ImageData(SIDE, SIDE);
  return { column, row, image, words: new Uint32Array(image.data.buffer), dirty: wholeTile(), painted: false };
}

function wholeTile(): Rect {
  return { x0: 0, y0: 0, x1: SIDE, y1: SIDE };
}

function clip(rect: Rect, tile: Tile): Rect | null {
  const x0 = Math.max(rect.x0 - tile.column * SIDE, 0);
  const y0 = Math.max(rect.y0 - tile.row * SIDE, 0);
  const x1 = Math.min(rect.x1 - tile.column * SIDE, SIDE);
  const y1 = Math.min(rect.y1 - tile.row * SIDE, SIDE);
  return x0 < x1 && y0 < y1 ? { x0, y0, x1, y1 } : null;
}

function enclosing(a: Rect, b: Rect): Rect {
  return {
    x0: Math.min(a.x0, b.x0),
    y0: Math.min(a.y0, b.y0),
    x1: Math.max(a.x1, b.x1),
    y1: Math.max(a.y1, b.y1),
  };
}

/** Columns (or rows) of tiles between the screen's edges and inside the picture. */
function seen(offset: number, screen: number, picture: number): number[] {
  const first = Math.max(0, Math.floor(-offset / SIDE));
  const last = Math.min(Math.ceil(picture / SIDE), Math.ceil((screen - offset) / SIDE)) - 1;
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, i) => first + i);
}
