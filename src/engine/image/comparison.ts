import sharp from 'sharp';
import { composeOver, type Layer } from './compose.ts';
import { decodePicture } from './decode.ts';
import { type Difference, heatMap } from './heat-map.ts';
import { labelled } from './labelled.ts';
import { plate, svg } from './marks.ts';
import { type Picture, picture, type Size } from './picture.ts';

/** Two pictures that are compared, and what is written on them. */
export interface Pair {
  readonly files: readonly [Uint8Array, Uint8Array];
  readonly labels: readonly [string, string];
}

/** px */
const widest = 2048;
const gap = 12;
const wipeSide = 512;
const heatSide = 1024;
/** Letters are as high as this share of a picture's width, and no lower than that: messengers show pictures small. */
const letters = { share: 1 / 36, least: 10 } as const;
const ground = '#16171c';
const groundColor = [22, 23, 28] as const;
/** Aspects that differ by no more are the same picture at two sizes. */
const sameAspect = 0.015;

const FRAMES = 24;
const FRAME_MS = 80;
/** Bytes of an animation. */
const heaviest = 8_000_000;

/** Two pictures of one size each. */
type Two = readonly [Picture, Picture];

async function decoded({ files }: Pair): Promise<Two> {
  const [a, b] = await Promise.all(files.map((file) => decodePicture(file).then(opaque)));
  return [a!, b!];
}

/** RGB, transparency on white. */
const opaque = (picture: Picture) => resized(picture, picture);

async function resized({ data, width, height, channels }: Picture, to: Size): Promise<Picture> {
  const raw = sharp(data, { raw: { width, height, channels }, limitInputPixels: false });
  const small = raw.flatten({ background: '#fff' }).toColourspace('srgb');
  const sized = to.width === width && to.height === height ? small : small.resize(to.width, to.height, { fit: 'fill' });
  const out = await sized.raw().toBuffer();
  return picture(to, 3, out);
}

const scaled = ({ width, height }: Size, by: number): Size => ({
  width: Math.max(1, Math.round(width * by)),
  height: Math.max(1, Math.round(height * by)),
});

function haveSameAspect(a: Size, b: Size): boolean {
  return Math.abs((a.width * b.height) / (a.height * b.width) - 1) <= sameAspect;
}

/** Sizes to show both at: equally high when they have the same shape, else pixel for pixel; together no larger than `most`. */
function shownSizes([a, b]: Two, fits: (a: Size, b: Size) => number): readonly [Size, Size] {
  const height = Math.max(a.height, b.height);
  const [one, other] = haveSameAspect(a, b)
    ? [scaled(a, height / a.height), scaled(b, height / b.height)]
    : [a as Size, b as Size];
  const by = Math.min(1, fits(one, other));
  return [scaled(one, by), scaled(other, by)];
}

async function encoded({ width, height, data }: Picture): Promise<Buffer> {
  return await sharp(data, { raw: { width, height, channels: 3 } })
    .png({ compressionLevel: 1 })
    .toBuffer();
}

/** Both beside each other, at most 2048 pixels wide; PNG. */
export async function sideBySide(pair: Pair): Promise<Uint8Array> {
  const two = await decoded(pair);
  const [a, b] = shownSizes(two, (x, y) => (widest - 3 * gap) / (x.width + y.width));
  const [left, right] = await Promise.all([resized(two[0], a).then(encoded), resized(two[1], b).then(encoded)]);
  const size = { width: 3 * gap + a.width + b.width, height: 2 * gap + Math.max(a.height, b.height) };
  const top = (of: Size) => Math.floor((size.height - of.height) / 2);
  const height = Math.max(letters.least, Math.round(size.width * letters.share));
  const labels = [
    plate(pair.labels[0], { x: gap + height / 2, y: top(a) + height / 2, height }),
    plate(pair.labels[1], { x: size.width - gap - height / 2, y: top(b) + height / 2, height, right: true }),
  ];
  return await sharp({ create: { ...size, channels: 3, background: ground } })
    .composite([
      { input: left, left: gap, top: top(a) },
      { input: right, left: 2 * gap + a.width, top: top(b) },
      { input: svg(size.width, size.height, labels.join('')), left: 0, top: 0 },
    ])
    .png({ compressionLevel: 6 })
    .toBuffer();
}

/** Both on one canvas, which the larger of each side spans; where one of them is not, nothing is. */
async function onOneCanvas(
  two: Two,
  side: number,
): Promise<{ readonly size: Size; readonly layers: readonly [Layer, Layer] }> {
  const longest = (a: Size, b: Size) => side / Math.max(a.width, a.height, b.width, b.height);
  const [a, b] = haveSameAspect(...two)
    ? Array.from({ length: 2 }, () => scaled(two[0], Math.min(1, side / Math.max(two[0].width, two[0].height))))
    : shownSizes(two, longest);
  const size = { width: Math.max(a!.width, b!.width), height: Math.max(a!.height, b!.height) };
  const layer = async (im: Picture, as: Size): Promise<Layer> => ({
    picture: await resized(im, as),
    left: Math.floor((size.width - as.width) / 2),
    top: Math.floor((size.height - as.height) / 2),
  });
  return { size, layers: [await layer(two[0], a!), await layer(two[1], b!)] };
}

/** The second picture drawn over the first and back again, in 24 frames of at most 512 pixels; GIF of at most 8 MB. */
export async function wipe(pair: Pair): Promise<Uint8Array> {
  const two = await decoded(pair);
  for (const [side, colours] of [
    [wipeSide, 256],
    [wipeSide, 96],
    [wipeSide / 2, 96],
    [wipeSide / 4, 64],
  ] as const) {
    const gif = await wipeAt(pair, two, side, colours);
    if (gif.length <= heaviest) return gif;
  }
  throw new RangeError(`an animation of ${wipeSide / 4} pixels is heavier than ${heaviest} bytes`);
}

async function wipeAt({ labels }: Pair, two: Two, side: number, colours: number): Promise<Uint8Array> {
  const { size, layers } = await onOneCanvas(two, side);
  const [a, b] = layers.map((layer) => composeOver(size, [layer], groundColor)) as [Picture, Picture];
  const height = Math.max(8, Math.round(size.width / 28));
  const [one, other] = await Promise.all([
    labelled(a, labels[0], { right: true, bottom: false, height }),
    labelled(b, labels[1], { right: false, bottom: false, height }),
  ]);
  const frames = Array.from({ length: FRAMES }, (_, i) => {
    const share = 0.5 - 0.5 * Math.cos((2 * Math.PI * i) / FRAMES); // 0 → 1 → 0, slowly at both ends
    return split(one, other, Math.round(share * size.width));
  });
  const raw = { width: size.width, height: size.height * FRAMES, channels: 3 as const, pageHeight: size.height };
  const delay = Array.from({ length: FRAMES }, () => FRAME_MS);
  return await sharp(Buffer.concat(frames), { raw, limitInputPixels: false })
    .gif({ loop: 0, delay, colours, effort: 1, reuse: true, dither: 0.6, keepDuplicateFrames: true })
    .toBuffer();
}

/** `other` up to column `x`, a bright line, and behind it `one`. */
function split(one: Picture, other: Picture, x: number): Uint8Array {
  const { width, height } = one;
  const out = new Uint8Array(one.data);
  const line = x > 0 && x < width ? 2 : 0;
  for (let y = 0; y < height; y++) {
    const row = 3 * y * width;
    out.set(other.data.subarray(row, row + 3 * x), row);
    out.fill(255, row + 3 * x, row + 3 * Math.min(width, x + line));
  }
  return out;
}

/** A heat map of ΔE over the darkened first picture, with a legend; PNG. */
export async function difference(pair: Pair): Promise<Difference> {
  const { size, layers } = await onOneCanvas(await decoded(pair), heatSide);
  return await heatMap(size, layers);
}
