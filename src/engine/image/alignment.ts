import { flatten } from './alpha.ts';
import { gaussianBlur } from './box-blur.ts';
import { colorDifference, medianOf } from './color-difference.ts';
import { type Picture, type Region, type Size, sizeOfRegion, wholeOf } from './picture.ts';
import { resampleRegion } from './resample.ts';

/** Aspects that differ by no more are the same: messengers round sizes. */
const SAME_ASPECT = 0.01;
/** A screenshot cuts off no more than this of a side. */
const CROPPED = 0.03;
/** Pixels that are compared at most; strokes are thick, so larger pictures are shrunk to that. */
const MOST_PIXELS = 1_572_864;

/** Which part of the one picture is which part of the other. */
interface Alignment {
  readonly base: Region;
  readonly marked: Region;
}

/** Two pictures of one thing, RGB, brought to one size and compared. */
export interface Compared {
  /** The part of the base that was compared, px of the base. */
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

/** The three parts of a picture that have another aspect: at the beginning of the side that is too long, in its middle, at its end. */
function cutTo({ width, height }: Size, wanted: number): readonly Region[] {
  const kept = {
    width: Math.min(width, Math.round(height * wanted)),
    height: Math.min(height, Math.round(width / wanted)),
  };
  return [0, 0.5, 1].map((share) => {
    const [x1, y1] = [Math.round((width - kept.width) * share), Math.round((height - kept.height) * share)];
    return { x1, y1, x2: x1 + kept.width, y2: y1 + kept.height };
  });
}

/** How the pictures may lie on each other; none when the aspects differ too much. */
function alignmentsOf(base: Size, marked: Size): readonly Alignment[] {
  const off = Math.abs(aspect(marked) / aspect(base) - 1);
  if (off <= SAME_ASPECT) return [{ base: wholeOf(base), marked: wholeOf(marked) }];
  if (off > CROPPED + SAME_ASPECT) return [];
  return [
    ...cutTo(base, aspect(marked)).map((region) => ({ base: region, marked: wholeOf(marked) })),
    ...cutTo(marked, aspect(base)).map((region) => ({ base: wholeOf(base), marked: region })),
  ];
}

/** The smaller of the two, so that what a messenger took away makes no false edges. */
function workingSize({ base, marked }: Alignment): Size {
  const [a, b] = [sizeOfRegion(base), sizeOfRegion(marked)];
  const { width, height } = a.width * a.height <= b.width * b.height ? a : b;
  const scale = Math.min(1, Math.sqrt(MOST_PIXELS / (width * height)));
  return { width: Math.max(1, Math.round(width * scale)), height: Math.max(1, Math.round(height * scale)) };
}

function compareAt(base: Picture, marked: Picture, alignment: Alignment): Compared {
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
  const ways = alignmentsOf(before, after).map((alignment) => compareAt(before, after, alignment));
  return ways.reduce<Compared | undefined>((best, way) => (best && best.median <= way.median ? best : way), undefined);
}
