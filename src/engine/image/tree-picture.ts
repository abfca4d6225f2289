import sharp from 'sharp';
import { decodeLimits } from './decode.ts';
import { mark, markWidth, plate, svg } from './marks.ts';
import { laidOut, type Spot } from './tree-layout.ts';

/** A picture of a tree. */
export interface Tile {
  /** Null where the picture is gone: its place stays empty. */
  readonly file: Uint8Array | null;
  /** Written on it: `#12`. */
  readonly label: string;
  /** Index of the tile it was made from; null where that is not here. */
  readonly parent: number | null;
  /** What stands at the end of a line from outside: `#7`; empty for none. */
  readonly from: string;
  /** Of whoever made it: `#rrggbb`. */
  readonly color: string;
  /** How it was made, in signs. */
  readonly sign: string;
  /** Current on `main`, or on another branch. */
  readonly head: 'main' | 'branch' | null;
}

/** px */
const sides = { most: 208, least: 88 } as const;
const limits = { width: 1600, height: 2000 } as const;
const margin = 16;
const radius = 8;
const ground = '#16171c';
const empty = '#23252d';
const line = '#7d8190';
const accent = '#f2b84b';

/** Measures of a sheet, px: a tile, and the way from one to the next. */
interface Measures {
  readonly side: number;
  readonly stepX: number;
  readonly stepY: number;
}

/** Tiles as large as the sheet has room for. */
function measuresFor(columns: number, rows: number): Measures {
  const room = Math.min(limits.width / (columns * 1.25), limits.height / (rows * 1.12));
  const side = Math.round(Math.min(sides.most, Math.max(sides.least, room)));
  return { side, stepX: Math.round(side * 1.25), stepY: Math.round(side * 1.12) };
}

const cornerOf = ({ column, row }: Spot, { side, stepX, stepY }: Measures) => ({
  left: margin + Math.round(side * 0.25) + column * stepX,
  top: margin + row * stepY,
});

/** The picture as large as fits into a tile, its corners rounded. */
async function fitted(file: Uint8Array, side: number) {
  const source = sharp(file, { limitInputPixels: decodeLimits.megapixels * 1e6, pages: 1 });
  const small = source.autoOrient().resize(side, side, { fit: 'inside' }).flatten({ background: '#fff' });
  const { data, info } = await small.png().toBuffer({ resolveWithObject: true });
  const { width, height } = info;
  const corners = svg(width, height, `<rect width="${width}" height="${height}" rx="${radius}"/>`);
  const cut = await sharp(data)
    .composite([{ input: corners, blend: 'dest-in' }])
    .png()
    .toBuffer();
  return { data: cut, width, height };
}

/** A ring around what is current, dashed on other branches than `main`; a thin one in its maker's colour else. */
function ring({ head, color }: Tile, box: string): string {
  if (head === null) return `<rect ${box} fill="none" stroke="${color}" stroke-width="2"/>`;
  const dashes = head === 'main' ? '' : ' stroke-dasharray="12 7"';
  return `<rect ${box} fill="none" stroke="${accent}" stroke-width="6"${dashes}/>`;
}

/** Whose it is, and how it was made, in the lower left corner. */
function badge({ color, sign }: Tile, x: number, y: number, height: number): string {
  const dot = `<circle cx="${x + height * 0.9}" cy="${y + height * 0.95}" r="${height * 0.62}" fill="${color}"/>`;
  const width = height * 1.9 + (sign === '' ? 0 : markWidth(sign, height) + height * 0.5);
  const box = `<rect x="${x}" y="${y}" width="${width}" height="${height * 1.9}" rx="${height * 0.5}" fill="#0b0c10" fill-opacity=".72"/>`;
  return box + dot + mark(sign, { x: x + height * 1.9, y: y + height * 0.45, height, color: '#fff' });
}

async function drawn(tile: Tile, spot: Spot, measures: Measures) {
  const { side } = measures;
  const { left, top } = cornerOf(spot, measures);
  const picture = tile.file && (await fitted(tile.file, side).catch(() => null)); // a broken file leaves its place empty
  const [width, height] = picture ? [picture.width, picture.height] : [side, side];
  const [x, y] = [Math.floor((side - width) / 2), Math.floor((side - height) / 2)];
  const box = `x="${x + 3}" y="${y + 3}" width="${width - 6}" height="${height - 6}" rx="${radius - 2}"`;
  const place = picture ? '' : `<rect ${box} fill="${empty}"/>`;
  const letter = Math.round(Math.max(11, side / 10));
  const number = plate(tile.label, { x: x + 9, y: y + 9, height: letter, color: tile.head ? accent : '#fff' });
  const by = badge(tile, x + 9, y + height - 9 - letter * 1.9, letter);
  const over = { input: svg(side, side, place + ring(tile, box) + number + by), left, top };
  return picture ? [{ input: picture.data, left: left + x, top: top + y }, over] : [over];
}

/** Lines from a picture to what was made from it; a dashed one with a number from a picture that is elsewhere. */
function lines(tiles: readonly Tile[], spots: readonly Spot[], measures: Measures): string {
  const { side, stepX } = measures;
  const half = side / 2;
  return tiles
    .map(({ from: outside }, at) => {
      const { left, top } = cornerOf(spots[at]!, measures);
      const { from } = spots[at]!;
      if (from !== null) {
        const parent = cornerOf(spots[from]!, measures);
        const bend = left - (stepX - side) / 2;
        return `<path d="M${parent.left + half} ${parent.top + half}H${bend}V${top + half}H${left + half}"/>`;
      }
      if (outside === '') return '';
      const height = Math.round(side / 18);
      const text = mark(outside, { x: left - side * 0.22, y: top + half - height * 1.8, height, color: line });
      return `<path d="M${left - side * 0.22} ${top + half}H${left}" stroke-dasharray="5 5"/>${text}`;
    })
    .join('');
}

/**
 * Pictures of a tree with the lines that lead from one to the next; WebP. Numbers and signs are the only words: there may be no
 * fonts. @param tiles  1 to 25, what was made from a picture after it
 */
export async function treePicture(tiles: readonly Tile[]): Promise<Uint8Array> {
  const spots = laidOut(tiles);
  const columns = Math.max(...spots.map(({ column }) => column)) + 1;
  const rows = Math.max(...spots.map(({ row }) => row)) + 1;
  const measures = measuresFor(columns, rows);
  const { side, stepX, stepY } = measures;
  const size = {
    width: 2 * margin + Math.round(side * 0.25) + (columns - 1) * stepX + side,
    height: 2 * margin + (rows - 1) * stepY + side,
  };
  const pen = `<g fill="none" stroke="${line}" stroke-width="3" stroke-linejoin="round">${lines(tiles, spots, measures)}</g>`;
  const pieces = await Promise.all(tiles.map((tile, at) => drawn(tile, spots[at]!, measures)));
  return await sharp({ create: { ...size, channels: 3, background: ground } })
    .composite([{ input: svg(size.width, size.height, pen), left: 0, top: 0 }, ...pieces.flat()])
    .webp({ quality: 86 })
    .toBuffer();
}
