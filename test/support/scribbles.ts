import sharp from 'sharp';
import { decodePicture } from '../../src/engine/image/decode.ts';
import type { Picture } from '../../src/engine/image/picture.ts';

/** A picture with something on it: a sky, a ground, a few things, a little grain. The same seed gives the same picture. */
export async function scene(seed: number, width = 512, height = 512): Promise<Buffer> {
  const random = randomFrom(seed);
  const hue = () => Math.floor(random() * 360);
  const color = (light: number) => `hsl(${hue()} ${30 + Math.floor(random() * 40)}% ${light}%)`;
  const things = Array.from({ length: 7 }, () => {
    const [x, y, r] = [random() * width, random() * height, (0.05 + random() * 0.12) * width];
    const fill = color(25 + Math.floor(random() * 50));
    return random() < 0.5
      ? `<circle cx="${x}" cy="${y}" r="${r}" fill="${fill}"/>`
      : `<rect x="${x}" y="${y}" width="${r * 1.6}" height="${r}" fill="${fill}" transform="rotate(${hue()} ${x} ${y})"/>`;
  });
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}">
    <defs><linearGradient id="g" x2="${random()}" y2="1"><stop offset="0" stop-color="${color(70)}"/><stop offset="1" stop-color="${color(35)}"/></linearGradient></defs>
    <rect width="100%" height="100%" fill="url(#g)"/>${things.join('')}</svg>`;
  const drawn = await sharp(Buffer.from(svg)).removeAlpha().blur(0.8).raw().toBuffer();
  const grain = drawn.map((v) => Math.min(255, Math.max(0, v + (random() - 0.5) * 16)));
  return sharp(grain, { raw: { width, height, channels: 3 } })
    .png()
    .toBuffer();
}

/** As drawn with a pen and flat colours: white paper, black outlines, thin lines. */
export async function drawing(seed: number, width = 512, height = 768): Promise<Buffer> {
  const random = randomFrom(seed);
  const colors = ['#e63946', '#a8dadc', '#457b9d', '#1d3557', '#ffd166', '#06d6a0', '#222222'];
  const things = Array.from({ length: 14 }, () => {
    const [x, y, a] = [random() * width, random() * height, 20 + random() * 90];
    const fill = colors[Math.floor(random() * colors.length)];
    return random() < 0.5
      ? `<rect x="${x}" y="${y}" width="${a}" height="${a * 0.7}" fill="${fill}" stroke="#000" stroke-width="2"/>`
      : `<circle cx="${x}" cy="${y}" r="${a / 2}" fill="${fill}" stroke="#000"/>`;
  });
  const lines = Array.from(
    { length: 20 },
    (_, i) => `<path d="M${i * 30} 0 L${i * 30 + 60} ${height}" stroke="#000"/>`,
  );
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}">
    <rect width="100%" height="100%" fill="#fff"/>${things.join('')}${lines.join('')}</svg>`;
  return sharp(Buffer.from(svg)).removeAlpha().png().toBuffer();
}

/** As a photo's grass, stone or fur: noise of every size at once, in a colour. */
export async function texture(seed: number, color: string, width = 512, height = 512): Promise<Buffer> {
  const random = randomFrom(seed);
  const octaves = [4, 8, 16, 32, 64, 128].map(async (cells) => {
    const data = Buffer.from(Array.from({ length: cells * cells }, () => Math.floor(random() * 256)));
    const raw = { width: cells, height: cells, channels: 1 } as const;
    const input = await sharp(data, { raw }).resize(width, height, { fit: 'fill', kernel: 'cubic' }).png().toBuffer();
    return sharp(input)
      .toColourspace('srgb')
      .ensureAlpha(cells ** -0.25)
      .png()
      .toBuffer();
  });
  const inputs = (await Promise.all(octaves)).map((input) => ({ input, blend: 'overlay' as const }));
  return sharp({ create: { width, height, channels: 3, background: color } })
    .composite(inputs)
    .png()
    .toBuffer();
}

/** A picture made darker or brighter: `v` → `gain · v + offset`. */
export const relit = (picture: Uint8Array, gain: number, offset: number): Promise<Buffer> =>
  sharp(picture).linear(gain, offset).png().toBuffer();

/** Another painting of the same things: each of the colours and the grain a little different everywhere. */
export async function otherRender(seed: number, width = 512, height = 512): Promise<Buffer> {
  const other = await scene(seed + 1000, width, height);
  const shifted = await sharp(other).ensureAlpha(0.35).toBuffer();
  return sharp(await scene(seed, width, height))
    .modulate({ hue: 25, brightness: 1.1 })
    .composite([{ input: shifted }])
    .png()
    .toBuffer();
}

export interface Strokes {
  readonly color: string;
  /** px of the original. */
  readonly thickness: number;
  /** What is drawn, as SVG without colours, in px of the original. */
  readonly shapes: string;
}

export function line(x1: number, y1: number, x2: number, y2: number): string {
  return `<path d="M${x1} ${y1} Q ${(x1 + x2) / 2} ${y1 - 40} ${x2} ${y2}"/>`;
}
export function ring(x: number, y: number, r: number): string {
  return `<circle cx="${x}" cy="${y}" r="${r}"/>`;
}

const svgOf = ({ color, thickness, shapes }: Strokes, width: number, height: number, scale: number) =>
  Buffer.from(
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}"><g transform="scale(${scale})" fill="none" stroke="${color}" stroke-width="${thickness}" stroke-linecap="round">${shapes}</g></svg>`,
  );

/** A copy as it comes back from a phone: shrunk or enlarged by `scale`, drawn on, saved as a JPEG. */
export async function sentBack(
  original: Uint8Array,
  strokes: Strokes | null,
  { scale, quality }: { scale: number; quality: number },
): Promise<Buffer> {
  const { width, height } = await sharp(original).metadata();
  const [w, h] = [Math.round(width * scale), Math.round(height * scale)];
  const copy = await sharp(original).resize(w, h, { fit: 'fill' }).png().toBuffer();
  return sharp(copy)
    .composite(strokes ? [{ input: svgOf(strokes, w, h, scale) }] : [])
    .jpeg({ quality })
    .toBuffer();
}

/** Where the strokes were really drawn, in pixels of the original. */
export async function truth(strokes: Strokes, width: number, height: number): Promise<Picture> {
  const { data } = await sharp(svgOf({ ...strokes, color: '#ffffff' }, width, height, 1))
    .extractChannel(3)
    .threshold(128)
    .raw()
    .toBuffer({ resolveWithObject: true });
  return { width, height, channels: 1, data };
}

/** Share of what was drawn that was found, and of what was found that was drawn. */
export function agreement(found: Picture, drawn: Picture): { readonly recall: number; readonly precision: number } {
  let [both, all, marked] = [0, 0, 0];
  drawn.data.forEach((v, i) => {
    if (v > 0) all++;
    if (found.data[i]! > 0) marked++;
    if (v > 0 && found.data[i]! > 0) both++;
  });
  return { recall: both / all, precision: both / Math.max(1, marked) };
}

export const pictureOf = (bytes: Uint8Array): Promise<Picture> => decodePicture(bytes);

/** Uniform in [0, 1). Source: mulberry32 */
function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}
