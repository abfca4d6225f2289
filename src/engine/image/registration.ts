import { gaussianBlur } from './box-blur.ts';
import { toLuma } from './convert.ts';
import type { Picture, Region, Size } from './picture.ts';
import { resample } from './resample.ts';

/** How one picture lies on another: enlarged about its centre, then moved, px of the base's plane. */
interface Pose {
  readonly zoom: number;
  readonly dx: number;
  readonly dy: number;
}

const asItIs: Pose = { zoom: 1, dx: 0, dy: 0 };

/** A screenshot shows from so much less of a picture to so much more of what is around it, as shares of its sides. */
const zooms = { least: 0.945, most: 1.035 } as const;
const FARTHEST = 0.03;

/** A brightness further off than that is a stroke, or something else that does not tell where the picture lies. */
const OUTLIER = 32;
/** A pose is better at all when its misfit is less than so much of that of the simplest one. */
const AT_ALL = 0.98;
/** So much of a picture lies on the base at least. */
const LEAST_OVERLAP = 0.85;

/** Both pictures in grey, small and smooth, at one scale. */
interface Planes {
  readonly base: Picture;
  readonly marked: Picture;
  /** How large the marked picture is, px of the base's plane, fractions included: its own plane is of whole pixels. */
  readonly extent: Size;
}

const small = (im: Picture, { width, height }: Size): Picture =>
  gaussianBlur(
    toLuma(
      resample(im, { width: Math.max(8, Math.round(width)), height: Math.max(8, Math.round(height)) }, 'bilinear'),
    ),
    1,
  );

function planesOf(base: Picture, marked: Picture, longest: number): Planes {
  const scale = Math.min(1, longest / Math.max(base.width, base.height));
  const ratio = Math.sqrt((base.width * base.height) / (marked.width * marked.height));
  const times = (by: number) => (size: Size) => ({ width: size.width * by, height: size.height * by });
  const [plane, extent] = [small(base, times(scale)(base)), times(ratio)(marked)];
  return {
    base: plane,
    marked: small(marked, times(scale * ratio)(marked)),
    extent: {
      width: (extent.width * plane.width) / base.width,
      height: (extent.height * plane.height) / base.height,
    },
  };
}

/** Mean difference of brightness at a pose, 0…32; infinite when too little of the one lies on the other. */
function misfit({ base, marked, extent }: Planes, { zoom, dx, dy }: Pose, stride: number): number {
  const { width, height, data } = base;
  const [stepX, stepY] = [(zoom * extent.width) / marked.width, (zoom * extent.height) / marked.height];
  const [left, top] = [
    width / 2 + (0.5 - marked.width / 2) * stepX + dx - 0.5,
    height / 2 + (0.5 - marked.height / 2) * stepY + dy - 0.5,
  ];
  let [sum, count, all] = [0, 0, 0];
  for (let v = 0; v < marked.height; v += stride) {
    const y = top + v * stepY;
    const y0 = Math.floor(y);
    const fy = y - y0;
    for (let u = 0; u < marked.width; u += stride) {
      all++;
      const x = left + u * stepX;
      const x0 = Math.floor(x);
      if (x0 < 0 || y0 < 0 || x0 >= width - 1 || y0 >= height - 1) continue;
      const fx = x - x0;
      const p = y0 * width + x0;
      const above = data[p]! + (data[p + 1]! - data[p]!) * fx;
      const below = data[p + width]! + (data[p + width + 1]! - data[p + width]!) * fx;
      sum += Math.min(OUTLIER, Math.abs(above + (below - above) * fy - marked.data[v * marked.width + u]!));
      count++;
    }
  }
  return count < LEAST_OVERLAP * all ? Number.POSITIVE_INFINITY : sum / count;
}

interface Found {
  readonly pose: Pose;
  readonly misfit: number;
}

/** One step away from a pose in each direction. */
const around = ({ zoom, dx, dy }: Pose, px: number, scale: number): readonly Pose[] => [
  ...[-1, 1].flatMap((sign) => [
    { zoom: zoom + sign * scale, dx, dy },
    { zoom, dx: dx + sign * px, dy },
    { zoom, dx, dy: dy + sign * px },
  ]),
];

function best(planes: Planes, poses: readonly Pose[], stride: number): Found {
  return poses
    .map((pose) => ({ pose, misfit: misfit(planes, pose, stride) }))
    .reduce((least, one) => (one.misfit < least.misfit ? one : least));
}

/** Goes downhill from a pose, with steps from `px` down to an eighth of it. */
function refined(planes: Planes, from: Pose, px: number, stride: number): Found {
  const longest = Math.max(planes.base.width, planes.base.height);
  let at: Found = { pose: from, misfit: misfit(planes, from, stride) };
  for (let step = px; step >= px / 8; ) {
    const next = best(planes, around(at.pose, step, (2 * step) / longest), stride);
    if (next.misfit < at.misfit) at = next;
    else step /= 2;
  }
  return at;
}

const range = (from: number, to: number, step: number) =>
  Array.from({ length: Math.floor((to - from) / step + 1e-9) + 1 }, (_, i) => from + i * step);

/** Every pose a screenshot may have, a pixel of a small plane apart. */
function coarsely(planes: Planes): Pose {
  const { width, height } = planes.base;
  const [reachX, reachY] = [Math.ceil(FARTHEST * width), Math.ceil(FARTHEST * height)];
  const poses = range(zooms.least, zooms.most, 2 / Math.max(width, height)).flatMap((zoom) =>
    range(-reachX, reachX, 1).flatMap((dx) => range(-reachY, reachY, 1).map((dy) => ({ zoom, dx, dy }))),
  );
  return best(planes, poses, 1).pose;
}

/** The same place on planes of another size. */
const onto = ({ zoom, dx, dy }: Pose, from: Planes, to: Planes): Pose => ({
  zoom,
  dx: (dx * to.base.width) / from.base.width,
  dy: (dy * to.base.height) / from.base.height,
});

/** Which part of the one picture is which part of the other, px of each, fractions included. */
export interface Overlap {
  readonly base: Region;
  readonly marked: Region;
}

/** What two pictures share along one axis. */
function sharedSpan(
  base: number,
  marked: number,
  plane: { base: number; extent: number; zoom: number; shift: number },
) {
  const first = plane.base / 2 - (plane.extent / 2) * plane.zoom + plane.shift; // where the marked picture begins
  const toBase = base / plane.base;
  const toMarked = marked / plane.extent;
  const [from, to] = [Math.max(0, first), Math.min(plane.base, first + plane.extent * plane.zoom)];
  return {
    base: [from * toBase, to * toBase],
    marked: [((from - first) / plane.zoom) * toMarked, ((to - first) / plane.zoom) * toMarked],
  } as const;
}

/** The best of all the poses a screenshot may have, on the largest planes. */
function anywhere(tiny: Planes, middle: Planes, large: Planes): Found {
  const near = refined(middle, onto(coarsely(tiny), tiny, middle), 1, 1);
  return refined(large, onto(near.pose, middle, large), 1, 2);
}

/** Whether a step of half a pixel makes it better at all: it may lie anywhere. */
const isElsewhere = (planes: Planes): boolean =>
  best(planes, around(asItIs, 0.5, 1 / 192), 1).misfit < AT_ALL * misfit(planes, asItIs, 1);

/**
 * Where a screenshot of a picture lies on it, when it was cut or shows a little around it: by the brightness of both, to a fraction of
 * a pixel, whatever was drawn on it. Null when it lies as it is, corner on corner, which with `mustSearch` it does not.
 */
export function register(base: Picture, marked: Picture, { mustSearch }: { mustSearch: boolean }): Overlap | null {
  const [middle, large] = [planesOf(base, marked, 192), planesOf(base, marked, 512)];
  const close = refined(large, asItIs, 0.5, 2);
  const isFar = mustSearch || isElsewhere(middle);
  if (!isFar && close.misfit >= AT_ALL * misfit(large, asItIs, 2)) return null;
  const far = isFar ? anywhere(planesOf(base, marked, 96), middle, large) : close;
  const { zoom, dx, dy } = refined(large, (far.misfit < close.misfit ? far : close).pose, 0.25, 1).pose;
  const { base: b, extent } = large;
  const x = sharedSpan(base.width, marked.width, { base: b.width, extent: extent.width, zoom, shift: dx });
  const y = sharedSpan(base.height, marked.height, { base: b.height, extent: extent.height, zoom, shift: dy });
  return {
    base: { x1: x.base[0], y1: y.base[0], x2: x.base[1], y2: y.base[1] },
    marked: { x1: x.marked[0], y1: y.marked[0], x2: x.marked[1], y2: y.marked[1] },
  };
}
