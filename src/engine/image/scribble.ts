import { Refusal } from '../../errors.ts';
import { type Compared, compared } from './alignment.ts';
import { flatten } from './alpha.ts';
import { medianOf } from './color-difference.ts';
import { componentsOf, fillHoles, maskOfComponents } from './components.ts';
import { closeDisc, dilateDisc, erodeDisc, openDisc } from './disc-morphology.ts';
import { paste, pasteOnBlank } from './paste.ts';
import { blank, type Picture, type Region, type Size, sizeOfRegion } from './picture.ts';
import { resample, resampleRegion } from './resample.ts';

/** What somebody drew on a picture before they sent it back. */
export interface Scribble {
  /** `mask`: a marker's red, green or magenta says where; `inpaint sketch`: colours say what. */
  readonly mode: 'mask' | 'inpaint sketch';
  /** What to repaint when the strokes say where: strokes, what they encircle, and a little around. Grey, of the base's size. */
  readonly mask: Picture;
  /** The base with the strokes on it, RGB: it differs from the base under the strokes, in every pixel, and nowhere else. */
  readonly painted: Picture;
  /** Share of the picture under the strokes, 0…1. */
  readonly covered: number;
}

/** Beyond these it is another picture, or one that was cropped. */
const MOST_COVERED = 0.6;
const MOST_MEDIAN = 7;
/** A median absolute deviation is this much of a standard deviation. */
const MAD_TO_SIGMA = 1.4826;
/** Largest hole that a circle around something leaves, as a share of the picture. */
const HOLE_SHARE = 0.25;
const MASK_MARGIN = 4;
const SKETCH_MARGIN = 2;

/** From this distance on a pixel was drawn over: well above what recompressing does to the rest. */
function thresholdOf({ distance, median }: Compared): number {
  const deviations = distance.map((d) => Math.abs(d - median));
  return Math.max(12, median + 8 * MAD_TO_SIGMA * medianOf(deviations));
}

/** What recompressing does to a hard edge reaches no further to either side, px; the thinnest stroke is thicker. */
const EDGE = 2;

/** Strokes at the size of the comparison: what differs, without specks, gaps, edges and faint or tiny parts. */
function strokesOf(way: Compared): Picture {
  const { distance, marked } = way;
  const { width, height } = marked;
  const threshold = thresholdOf(way);
  const raw = { ...blank(marked, 1), data: Uint8Array.from(distance, (d) => (d > threshold ? 255 : 0)) };
  const gap = Math.max(2, Math.round(Math.min(width, height) / 256));
  const clean = closeDisc(openDisc(raw, 1), gap);
  const [leastArea, leastPeak] = [Math.max(64, 0.0002 * width * height), Math.max(25, 1.5 * threshold)];
  const inside = erodeDisc(clean, EDGE).data;
  const kept = componentsOf(clean, 8).filter(
    ({ pixels }) =>
      pixels.length >= leastArea && pixels.some((i) => distance[i]! >= leastPeak) && pixels.some((i) => inside[i]! > 0),
  );
  return maskOfComponents(clean, kept);
}

/** Whether a colour is a marker's: red, green or magenta, saturated and bright. */
function isMarker(r: number, g: number, b: number): boolean {
  const most = Math.max(r, g, b);
  const range = most - Math.min(r, g, b);
  if (most <= 0.5 * 255 || range <= 0.6 * most) return false;
  const sector = most === r ? (g - b) / range : most === g ? 2 + (b - r) / range : 4 + (r - g) / range;
  const hue = (sector * 60 + 360) % 360;
  return [0, 120, 300, 360].some((marker) => Math.abs(hue - marker) <= 15);
}

const areaOf = ({ data }: Picture): number => data.reduce((sum, v) => sum + (v > 0 ? 1 : 0), 0);

/**
 * The inside of the strokes, where their edges have not mixed with the picture: as far inside as a tenth of them reaches. Colours
 * bleed further than brightness, for JPEG halves their resolution.
 */
function coreOf(strokes: Picture): Picture {
  const least = 0.1 * areaOf(strokes);
  const cores = [4, 3, 2, 1].map((radius) => erodeDisc(strokes, radius));
  return cores.find((core) => areaOf(core) >= least) ?? strokes;
}

function modeOf({ data }: Picture, strokes: Picture): Scribble['mode'] {
  let [inside, markers] = [0, 0];
  coreOf(strokes).data.forEach((v, i) => {
    if (v === 0) return;
    inside++;
    if (isMarker(data[3 * i]!, data[3 * i + 1]!, data[3 * i + 2]!)) markers++;
  });
  return markers >= 0.9 * inside ? 'mask' : 'inpaint sketch';
}

/** A region of whole pixels. */
const wholePixels = ({ x1, y1, x2, y2 }: Region): Region => ({
  ...{ x1: Math.round(x1), y1: Math.round(y1), x2: Math.round(x2), y2: Math.round(y2) },
});

/** A mask of the comparison at its place in the base. */
function inBase(mask: Picture, base: Size, way: Compared): Picture {
  const region = wholePixels(way.region);
  const enlarged = resample(mask, sizeOfRegion(region), 'nearest');
  return pasteOnBlank(base, enlarged, { x: region.x1, y: region.y1 });
}

/** The base with the marked picture's pixels where the mask is; those that happen to be the same are made to differ by a trace. */
function paintedOver(base: Picture, marked: Picture, { mask, way }: { mask: Picture; way: Compared }): Picture {
  const { markedRegion } = way;
  const region = wholePixels(way.region);
  const fitted = resampleRegion(marked, sizeOfRegion(region), { filter: 'lanczos', region: markedRegion });
  const laid = paste(base, fitted, { x: region.x1, y: region.y1 });
  const data = Uint8Array.from(base.data);
  mask.data.forEach((v, i) => {
    if (v === 0) return;
    const p = 3 * i;
    data.set(laid.data.subarray(p, p + 3), p);
    const isSame = data[p] === base.data[p] && data[p + 1] === base.data[p + 1] && data[p + 2] === base.data[p + 2];
    if (isSame) data[p + 2] = data[p + 2]! ^ 1;
  });
  return { ...base, data };
}

const white = [255, 255, 255] as const;

/**
 * Finds what was drawn on a copy of a picture, however a messenger shrank and recompressed the copy.
 *
 * @returns null when nothing was drawn
 * @throws Refusal 'diff-base' when the shapes differ by more than a screenshot cuts off, 'diff-too-different' when too much is new
 */
export function findScribble(base: Picture, marked: Picture): Scribble | null {
  const way = compared(base, marked);
  if (!way) throw new Refusal('diff-base', {});
  const strokes = strokesOf(way);
  const covered = areaOf(strokes) / strokes.data.length;
  if (way.median > MOST_MEDIAN || covered > MOST_COVERED) throw new Refusal('diff-too-different', {});
  if (covered === 0) return null;
  const before = flatten(base, white);
  const thick = dilateDisc(inBase(strokes, base, way), SKETCH_MARGIN);
  return {
    mode: modeOf(way.marked, strokes),
    mask: dilateDisc(inBase(fillHoles(strokes, HOLE_SHARE), base, way), MASK_MARGIN),
    painted: paintedOver(before, flatten(marked, white), { mask: thick, way }),
    covered,
  };
}
