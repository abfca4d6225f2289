import sharp from 'sharp';

/** A picture of a strip, and what stands below it. */
export interface Tile {
  readonly image: Uint8Array;
  readonly caption?: string;
  /** Width, px; the height follows. */
  readonly width?: number;
}

const WIDTH = 240;
const GAP = 14;
/** Room for an arrow between two tiles, px. */
const ARROW = 44;
const CAPTION = 30;
/** The ground of the product's own comparison and history pictures. */
const ground = '#17181b';

const escaped = (text: string) => text.replace(/[&<>]/g, (c) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;' })[c]!);

interface Placed {
  readonly tile: Tile;
  readonly bytes: Buffer;
  readonly width: number;
  readonly height: number;
  readonly left: number;
}

/** Captions below the tallest tile, and arrows at half its height. */
function drawnAround(
  placed: readonly Placed[],
  tallest: number,
  { width, height }: Record<'width' | 'height', number>,
) {
  const middle = GAP + tallest / 2;
  const parts = placed.map(({ tile, left, width: own }, i) => {
    const caption = `<text x="${left + own / 2}" y="${GAP + tallest + 21}">${escaped(tile.caption ?? '')}</text>`;
    if (i === 0) return caption;
    return `${caption}<path d="M${left - 33} ${middle}h20m-8 -8l8 8l-8 8"/>`;
  });
  return Buffer.from(`<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}">
    <style>text{font:15px sans-serif;fill:#e4e5ea;text-anchor:middle} path{fill:none;stroke:#8f93a1;stroke-width:3;stroke-linecap:round;stroke-linejoin:round}</style>
    ${parts.join('')}</svg>`);
}

/** Pictures from left to right with arrows between them, PNG. */
export async function strip(tiles: readonly Tile[]): Promise<Buffer> {
  const placed: Placed[] = [];
  for (const tile of tiles) {
    const last = placed.at(-1);
    const left = last ? last.left + last.width + ARROW : GAP;
    const { data, info } = await sharp(tile.image)
      .resize({ width: tile.width ?? WIDTH, kernel: 'lanczos3' })
      .png()
      .toBuffer({ resolveWithObject: true });
    placed.push({ tile, bytes: data, width: info.width, height: info.height, left });
  }
  const end = placed.at(-1)!;
  const width = end.left + end.width + GAP;
  const tallest = Math.max(...placed.map((one) => one.height));
  const height = GAP + tallest + (tiles.some(({ caption }) => caption) ? CAPTION : GAP);
  return sharp({ create: { width, height, channels: 3, background: ground } })
    .composite([
      ...placed.map(({ bytes, left, height: own }) => ({
        input: bytes,
        left,
        top: GAP + Math.round((tallest - own) / 2),
      })),
      { input: drawnAround(placed, tallest, { width, height }), left: 0, top: 0 },
    ])
    .png()
    .toBuffer();
}

/** Pictures one below the other on `background`, PNG. */
export async function stack(pictures: readonly Buffer[], background: string): Promise<Buffer> {
  const sizes = await Promise.all(pictures.map((picture) => sharp(picture).metadata()));
  const width = Math.max(...sizes.map((size) => size.width)) + 2 * GAP;
  let top = GAP;
  const parts = pictures.map((input, i) => {
    const part = { input, left: GAP, top };
    top += sizes[i]!.height + GAP;
    return part;
  });
  return sharp({ create: { width, height: top, channels: 3, background } })
    .composite(parts)
    .png()
    .toBuffer();
}
