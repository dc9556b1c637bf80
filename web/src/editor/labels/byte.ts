import type { PaintOp, Ternary } from "../../api/types";

// One pixel of one class is one byte: its ternary value, and a bit that says a person accepted it from a model instead of
// painting it. The pooled levels and the inverse of an edit work on these bytes, so nothing about a pixel gets lost.
export const UNKNOWN = 0;
export const NEGATIVE = 1;
export const POSITIVE = 2;
export const ACCEPTED = 4;
export const VALUE_BITS = 3;
/** One more than the largest byte. */
export const BYTES = 8;

const VALUES: readonly Ternary[] = ["unknown", "negative", "positive"];

export type Origin = NonNullable<PaintOp["origin"]>;

export function byteOf(value: Ternary, origin: Origin = "painted"): number {
  const byte = VALUES.indexOf(value);
  return origin === "accepted" && byte !== UNKNOWN ? byte | ACCEPTED : byte;
}

export function ternaryOf(byte: number): Ternary {
  return VALUES[byte & VALUE_BITS] ?? "unknown";
}

export function originOf(byte: number): Origin {
  return byte & ACCEPTED ? "accepted" : "painted";
}

/** A set of bytes, as a table: 1 where the byte belongs to it. */
export type ByteSet = Uint8Array;

export function byteSet(belongs: (byte: number) => boolean): ByteSet {
  return Uint8Array.from({ length: BYTES }, (_, byte) => Number(belongs(byte)));
}

export const ANY_BYTE = byteSet(() => true);
export const POSITIVES = byteSet((byte) => (byte & VALUE_BITS) === POSITIVE);
