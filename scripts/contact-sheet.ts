import sharp from 'sharp';

/** A picture of a sheet and what stands below it, a line each. */
export interface Exhibit {
  readonly image: Uint8Array;
  readonly caption: readonly string[];
}

const GAP = 16;
const LINE = 22;

const escaped = (text: string) => text.replace(/[&<>]/g, (c) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;' })[c]!);

function captionSvg({ caption }: Exhibit, width: number): Buffer {
  const lines = caption.map((text, i) => `<text x="0" y="${(i + 1) * LINE - 6}" class="l${i}">${escaped(text)}</text>`);
  return Buffer.from(
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${caption.length * LINE}">
      <style>text{font:14px sans-serif;fill:#555} .l0{font-weight:bold;font-size:15px;fill:#111}</style>${lines.join('')}</svg>`,
  );
}

/** Pictures side by side on white, `side` px wide each, with their captions below; PNG. */
export async function contactSheet(
  exhibits: readonly Exhibit[],
  { side = 256, columns = exhibits.length } = {},
): Promise<Uint8Array> {
  const lines = Math.max(...exhibits.map((e) => e.caption.length));
  const cell = { width: side + GAP, height: side + lines * LINE + 2 * GAP };
  const placed = await Promise.all(
    exhibits.map(async (exhibit, i) => {
      const left = GAP + (i % columns) * cell.width;
      const top = GAP + Math.floor(i / columns) * cell.height;
      const input = await sharp(exhibit.image).resize(side, side, { fit: 'contain', background: '#fff' }).toBuffer();
      return [
        { input, left, top },
        { input: captionSvg(exhibit, side), left, top: top + side + 6 },
      ];
    }),
  );
  const rows = Math.ceil(exhibits.length / columns);
  const size = { width: GAP + columns * cell.width, height: GAP + rows * cell.height };
  return await sharp({ create: { ...size, channels: 3, background: '#fff' } })
    .composite(placed.flat())
    .png()
    .toBuffer();
}
