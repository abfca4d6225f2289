import { flatten } from './alpha.ts';
import { gaussianBlur } from './box-blur.ts';
import { colorDifference, medianOf } from './color-difference.ts';
import { type Picture, type Region, type Size, sizeOfRegion, wholeOf } from './picture.ts';
import { type Overlap, register } from './registration.ts';
import { resampleRegion } from './resample.ts';

/** Aspects that differ by no more are the same: messengers round sizes. */
const SAME_ASPECT = 0.01;
/** A screenshot cuts off no more than this of a side. */
const CROPPED = 0.03;
/** Pixels that are compared at most; strokes are thick, so larger pictures are shrunk to that. */
const MOST_PIXELS = 1_572_864;

/** Two pictures of one thing, RGB, brought to one size and compared. */
export interface Compared {
  /** The part of the base that was compared, px of the base, fractions included. */
  readonly region: Region;
  /** The part of the marked picture, px of the marked picture. */
  readonly markedRegion: Region;
  /** The marked picture at the size of the comparison. */
  readonly marked: Picture;
  /** ΔE*ab of each pixel, both pictures slightly blurred. */
  readonly distance: Float32Array;
  readonly median: number;
}

const aspect = ({ width, height }: Size) => width / height;

/** How the pictures may lie on each other; in no way when the aspects differ by more than a screenshot cuts off. */
function overlapsOf(base: Picture, marked: Picture): readonly Overlap[] {
  const off = Math.abs(aspect(marked) / aspect(base) - 1);
  if (off > CROPPED + SAME_ASPECT) return [];
  const isCut = off > SAME_ASPECT;
  const whole = { base: wholeOf(base), marked: wholeOf(marked) };
  const found = register(base, marked, { mustSearch: isCut });
  return found ? [found, ...(isCut ? [] : [whole])] : [whole];
}

/** Beyond this a difference is something drawn, which says nothing about how the pictures lie. */
const DRAWN = 20;

/** How well the pictures lie on each other. */
const misfitOf = ({ distance }: Compared): number =>
  distance.reduce((sum, d) => sum + Math.min(d, DRAWN), 0) / distance.length;

/** The smaller of the two, so that what a messenger took away makes no false edges. */
function workingSize({ base, marked }: Overlap): Size {
  const [a, b] = [sizeOfRegion(base), sizeOfRegion(marked)];
  const { width, height } = a.width * a.height <= b.width * b.height ? a : b;
  const scale = Math.min(1, Math.sqrt(MOST_PIXELS / (width * height)));
  return { width: Math.max(1, Math.round(width * scale)), height: Math.max(1, Math.round(height * scale)) };
}

function compareAt(base: Picture, marked: Picture, alignment: Overlap): Compared {
  const size = workingSize(alignment);
  const [before, after] = [
    resampleRegion(base, size, { filter: 'lanczos', region: alignment.base }),
    resampleRegion(marked, size, { filter: 'lanczos', region: alignment.marked }),
  ];
  const distance = colorDifference(gaussianBlur(before, 1), gaussianBlur(after, 1));
  return {
    region: alignment.base,
    markedRegion: alignment.marked,
    marked: after,
    distance,
    median: medianOf(distance),
  };
}

const white = [255, 255, 255] as const;

/** The best way to lay a picture on its base; undefined when their aspects differ by more than a screenshot cuts off. */
export function compared(base: Picture, marked: Picture): Compared | undefined {
  const [before, after] = [flatten(base, white), flatten(marked, white)];
  const ways = overlapsOf(before, after).map((overlap) => compareAt(before, after, overlap));
  return ways.sort((a, b) => misfitOf(a) - misfitOf(b))[0];
}
