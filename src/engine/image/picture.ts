/**
 * 8-bit pixels, interleaved [y][x][channel], row-major, no padding. Immutable once returned from a function.
 * 1 channel: L (grey, masks: 255 = repaint); 3: RGB; 4: RGBA, colour not premultiplied.
 */
export interface Picture {
  readonly width: number;
  readonly height: number;
  readonly channels: 1 | 3 | 4;
  readonly data: Uint8Array;
}

/** Width and height, px. A picture is a size too. */
export interface Size {
  readonly width: number;
  readonly height: number;
}

/** A rectangle in pixels, half-open: x1 ≤ x < x2, y1 ≤ y < y2. May reach outside a picture where a function says so. */
export interface Region {
  readonly x1: number;
  readonly y1: number;
  readonly x2: number;
  readonly y2: number;
}

/** Colour of a solid background, 0…255 each. */
export type Rgb = readonly [red: number, green: number, blue: number];

/** @throws RangeError when `data` does not hold exactly width × height × channels bytes. */
export function picture(size: Size, channels: Picture['channels'], data: Uint8Array): Picture {
  const { width, height } = size;
  if (data.length !== width * height * channels) {
    throw new RangeError(`${data.length} bytes are not a ${width}×${height} picture of ${channels} channels`);
  }
  return { width, height, channels, data };
}

/** All zero: black, and transparent where there is an alpha. */
export function blank({ width, height }: Size, channels: Picture['channels']): Picture {
  return { width, height, channels, data: new Uint8Array(width * height * channels) };
}

/** The same in both sides. */
export function sameSize(a: Size, b: Size): boolean {
  return a.width === b.width && a.height === b.height;
}

/** The rectangle a picture fills. */
export function wholeOf({ width, height }: Size): Region {
  return { x1: 0, y1: 0, x2: width, y2: height };
}

/** Width and height of a rectangle. */
export function sizeOfRegion({ x1, y1, x2, y2 }: Region): Size {
  return { width: x2 - x1, height: y2 - y1 };
}
