import sharp from 'sharp';
import { decodeLimits } from './decode.ts';
import { plate, svg } from './marks.ts';

/** A picture on a sheet. */
export interface Tile {
  /** Null where the picture is gone: its place stays empty. */
  readonly file: Uint8Array | null;
  /** Written on it: `#12`. */
  readonly label: string;
  /** Framed. */
  readonly marked: boolean;
}

/** px */
const tileSide = 240;
const gap = 12;
const radius = 10;
const ground = '#16171c';
const empty = '#23252d';
const accent = '#f2b84b';

/** The picture as large as fits into a tile, its corners rounded. */
async function fitted(
  file: Uint8Array,
): Promise<{ readonly data: Buffer; readonly width: number; readonly height: number }> {
  const source = sharp(file, { limitInputPixels: decodeLimits.megapixels * 1e6, pages: 1 });
  const small = source.autoOrient().resize(tileSide, tileSide, { fit: 'inside' }).flatten({ background: '#fff' });
  const { data, info } = await small.png().toBuffer({ resolveWithObject: true });
  const { width, height } = info;
  const corners = svg(width, height, `<rect width="${width}" height="${height}" rx="${radius}"/>`);
  const cut = await sharp(data)
    .composite([{ input: corners, blend: 'dest-in' }])
    .png()
    .toBuffer();
  return { data: cut, width, height };
}

async function placed({ file, label, marked }: Tile, left: number, top: number) {
  const picture = file && (await fitted(file).catch(() => null)); // a file that is gone or broken leaves its place empty
  const [width, height] = picture ? [picture.width, picture.height] : [tileSide, tileSide];
  const [x, y] = [Math.floor((tileSide - width) / 2), Math.floor((tileSide - height) / 2)];
  const box = `x="${x + 1.5}" y="${y + 1.5}" width="${width - 3}" height="${height - 3}" rx="${radius - 1}"`;
  const frame = picture ? '' : `<rect ${box} fill="${empty}"/>`;
  const ring = marked ? `<rect ${box} fill="none" stroke="${accent}" stroke-width="4"/>` : '';
  const text = plate(label, { x: x + 9, y: y + 9, height: 15, color: marked ? accent : '#fff' });
  const over = { input: svg(tileSide, tileSide, frame + ring + text), left, top };
  return picture ? [{ input: picture.data, left: left + x, top: top + y }, over] : [over];
}

/** Columns that come nearest to a sheet a little wider than high. */
const columnsFor = (count: number) => Math.min(5, Math.max(1, Math.ceil(Math.sqrt(count * 1.25))));

/** Small pictures with their numbers on one sheet, row by row; WebP. @param tiles  1 to 25 */
export async function contactSheet(tiles: readonly Tile[]): Promise<Uint8Array> {
  const columns = columnsFor(tiles.length);
  const step = tileSide + gap;
  const pieces = await Promise.all(
    tiles.map((tile, i) => placed(tile, gap + (i % columns) * step, gap + Math.floor(i / columns) * step)),
  );
  const rows = Math.ceil(tiles.length / columns);
  const size = { width: gap + columns * step, height: gap + rows * step };
  return await sharp({ create: { ...size, channels: 3, background: ground } })
    .composite(pieces.flat())
    .webp({ quality: 86 })
    .toBuffer();
}
