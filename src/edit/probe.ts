import type { ImageHash } from './image-hash.ts';
import type { Operation } from './lineage.ts';
import type { Placement } from './placement.ts';
import type { Size } from './size.ts';

/** A picture that was looked into. */
export interface Probed extends Size {
  /** What is kept: a PNG of the same pixels, turned upright, without metadata but its infotext. */
  readonly bytes: Uint8Array;
  /** A1111's parameters, when the file carries them. */
  readonly infotext: string | null;
  /** Some pixel is not opaque. */
  readonly transparent: boolean;
}

/** What a picture would be as a mask. */
export interface MaskCheck {
  /** Share of pixels within 12 of black or white, 0…1. */
  readonly blackAndWhite: number;
  /** Share of pixels that are marked, 0…1: where alpha varies by alpha, else by brightness, above 128. */
  readonly covered: number;
  readonly size: Size;
}

/** A picture small enough to be posted. */
export interface Fitted {
  readonly bytes: Uint8Array;
  /** Of the file's name: `png`, `webp`, `jpg`. */
  readonly ending: string;
}

/** What of a picture is the mask: alpha where it varies, else brightness; what is white, what is black, what is opaque. */
export type MaskReading = 'auto' | 'white' | 'black' | 'alpha';
/** How two masks become one. */
export const maskCombinations = ['union', 'intersect', 'subtract', 'xor'] as const;
export type MaskCombination = (typeof maskCombinations)[number];

/** How a mask comes to be. Masks are PNGs, grey, of the picture's size, 255 = repaint. */
export type MaskWork =
  | { readonly kind: 'read'; readonly from: Uint8Array; readonly reading: MaskReading; readonly size: Size }
  | { readonly kind: 'invert'; readonly mask: Uint8Array }
  /** By a disc of so many pixels; a negative number shrinks. */
  | { readonly kind: 'grow'; readonly mask: Uint8Array; readonly by: number }
  | {
      readonly kind: 'combine';
      readonly mask: Uint8Array;
      readonly other: Uint8Array;
      readonly how: MaskCombination;
    }
  /** To where the picture lies in a later one. */
  | { readonly kind: 'move'; readonly mask: Uint8Array; readonly to: Placement }
  /** Bands along the seams that growing a picture leaves, so many pixels to either side. */
  | { readonly kind: 'seams'; readonly placement: Placement; readonly reach: number };

/** A mask, and the share of the picture it marks, 0…1. */
export interface DrawnMask {
  readonly mask: Uint8Array;
  readonly covered: number;
}

/** What somebody drew on a copy of a picture. */
export interface FoundScribble extends DrawnMask {
  /** `mask`: a marker's colour says where; `inpaint sketch`: colours say what. */
  readonly mode: 'mask' | 'inpaint sketch';
  /** The picture itself with the strokes on it, PNG: different from it under the strokes and nowhere else. */
  readonly painted: Uint8Array;
  /** The picture is a sheet of one colour. */
  readonly onBlank: boolean;
}

/** How two pictures are shown together: side by side, one drawn over the other and back, or where they differ. */
export const comparisonStyles = ['side', 'wipe', 'difference'] as const;
export type ComparisonStyle = (typeof comparisonStyles)[number];

/** Two pictures shown together. */
export interface Comparison extends Fitted {
  /** Of `difference`: mean ΔE76, and the share of pixels that anybody would see differ, 0…1. */
  readonly measured: { readonly mean: number; readonly changed: number } | null;
}

/** In which style, and which numbers the pictures have in their history. */
export interface ComparisonHow {
  readonly style: ComparisonStyle;
  readonly numbers: readonly [number, number];
}

/** Colours people are told apart by in the picture of a tree, and the signs that say so in words. */
export const makerColors = [
  { sign: '🔵', color: '#4f9cf2' },
  { sign: '🟢', color: '#6cc04a' },
  { sign: '🔴', color: '#ef5b4f' },
  { sign: '🟣', color: '#b07de8' },
  { sign: '🟠', color: '#f08a34' },
  { sign: '🟤', color: '#9c6b4e' },
  { sign: '⚪', color: '#d8dae0' },
] as const;

/** A picture of a tree, as it is shown small. */
export interface TreeTile {
  /** Null where the picture is gone. */
  readonly bytes: Uint8Array | null;
  readonly number: number;
  /** Number of the picture it was made from; null for a root. */
  readonly parent: number | null;
  readonly op: Operation;
  /** Whose it is, among `makerColors`. */
  readonly maker: number;
  /** Current on `main`, or on another branch. */
  readonly head: 'main' | 'branch' | null;
}

/** Looks at pictures for the chat, which never computes on its own thread. */
export interface PictureProbe {
  /** @throws Refusal 'not-an-image', 'image-broken', 'image-too-large', 'image-sides', 'file-too-big' */
  probe(bytes: Uint8Array): Promise<Probed>;
  /** @throws Refusal as `probe` does */
  checkMask(bytes: Uint8Array): Promise<MaskCheck>;
  /** A small WebP of at most `maxSide` pixels a side. */
  thumbnail(bytes: Uint8Array, maxSide: number): Promise<Uint8Array>;
  /** The picture itself if it fits, else the first that does: lossless WebP, WebP, JPEG, smaller. */
  upload(bytes: Uint8Array, limitBytes: number): Promise<Fitted>;
  /** The picture's difference hash. @throws Refusal as `probe` does */
  hash(bytes: Uint8Array): Promise<ImageHash>;
  /**
   * What was drawn on `marked`, a copy of `base` as a messenger made it; null for nothing.
   * @throws Refusal 'diff-base', 'diff-too-different', and as `probe` does
   */
  scribble(base: Uint8Array, marked: Uint8Array): Promise<FoundScribble | null>;
  /** @throws Refusal 'mask-size' for a mask of another shape than the picture, and as `probe` does */
  drawMask(work: MaskWork): Promise<DrawnMask>;
  /** The picture with a red veil over what the mask marks, JPEG, at most 1024 px a side. */
  veil(bytes: Uint8Array, mask: Uint8Array): Promise<Uint8Array>;
  /** The picture in a larger frame, a chessboard for what will be painted and the new size in a corner; JPEG, at most 1024 px a side. */
  frame(bytes: Uint8Array, placement: Placement): Promise<Uint8Array>;
  /**
   * The picture as PNG in another size: exactly that one, whatever its shape, or the largest with that many megapixels. Reads pictures
   * that are too large for everything else. @throws Refusal 'not-an-image', 'image-broken', 'file-too-big'
   */
  resized(bytes: Uint8Array, to: Size | { readonly megapixels: number }): Promise<Uint8Array>;
  /** A picture of our own to try things on, PNG. */
  sample(): Promise<Uint8Array>;
  /** A white PNG. */
  blank(size: Size): Promise<Uint8Array>;
  /** Two pictures, which may differ in size, with their numbers. @throws Refusal as `probe` does */
  compare(a: Uint8Array, b: Uint8Array, how: ComparisonHow): Promise<Comparison>;
  /** The same PNG with another infotext in place of its own. */
  inscribe(png: Uint8Array, infotext: string): Promise<Uint8Array>;
  /** One to 25 small pictures of a tree, with their numbers and the lines between them; parents before children. WebP. */
  tree(tiles: readonly TreeTile[]): Promise<Uint8Array>;
}
