import fc from 'fast-check';
import type { Picture, Region, Size } from '../../../src/engine/image/picture.ts';

/** Equal to the byte; told at once, where comparing byte by byte with a report would take seconds. */
export const samePicture = (a: Picture, b: Picture): boolean =>
  a.width === b.width && a.height === b.height && a.channels === b.channels && Buffer.compare(a.data, b.data) === 0;

/** Sizes small enough for a slow reference. */
export const someSize = (min = 1, max = 24): fc.Arbitrary<Size> =>
  fc.record({ width: fc.integer({ min, max }), height: fc.integer({ min, max }) });

/** Any pixels of any small size. */
export const somePicture = (channels: Picture['channels'], size = someSize()): fc.Arbitrary<Picture> =>
  size.chain(({ width, height }) => {
    const length = width * height * channels;
    return fc
      .uint8Array({ minLength: length, maxLength: length })
      .map((data) => ({ width, height, channels, data: Uint8Array.from(data) }));
  });

/** A rectangle with at least one pixel inside a size. */
export const someRegion = ({ width, height }: Size): fc.Arbitrary<Region> =>
  fc
    .tuple(
      fc.integer({ min: 0, max: width - 1 }),
      fc.integer({ min: 0, max: height - 1 }),
      fc.integer({ min: 1, max: width }),
      fc.integer({ min: 1, max: height }),
    )
    .map(([x1, y1, w, h]) => ({ x1, y1, x2: Math.min(width, x1 + w), y2: Math.min(height, y1 + h) }));

/** Black, with one white rectangle. */
export const rectangleMask = (size: Size, { x1, y1, x2, y2 }: Region): Picture => {
  const data = Uint8Array.from({ length: size.width * size.height }, (_, i) => {
    const [x, y] = [i % size.width, Math.floor(i / size.width)];
    return x >= x1 && x < x2 && y >= y1 && y < y2 ? 255 : 0;
  });
  return { width: size.width, height: size.height, channels: 1, data };
};
