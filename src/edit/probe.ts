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

/** A picture on a contact sheet. */
export interface SheetTile {
  /** Null where the picture is gone. */
  readonly bytes: Uint8Array | null;
  readonly number: number;
  /** Framed. */
  readonly marked: boolean;
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
  /** Two pictures, which may differ in size, with their numbers. @throws Refusal as `probe` does */
  compare(a: Uint8Array, b: Uint8Array, how: ComparisonHow): Promise<Comparison>;
  /** One to 25 small pictures with their numbers; WebP. */
  sheet(tiles: readonly SheetTile[]): Promise<Uint8Array>;
}
