/** Strokes of the signs that are written on pictures, in a box of 10 × 14. Drawn as lines, for machines may have no fonts at all. */
const strokes = {
  '0': 'M5 1C8.5 1 9 4 9 7S8.500 13 5 13 1 10 1 7 1.500 1 5 1Z',
  '1': 'M2 3.600L5.600 1V13',
  '2': 'M1.300 4.200C1.400 2.200 3 1 5 1 7.200 1 8.700 2.400 8.700 4.400 8.700 6.800 6.600 8.300 1.200 13H9',
  '3': 'M1.500 2.700C2.300 1.600 3.500 1 5 1 7.100 1 8.500 2.200 8.500 3.900 8.500 5.700 7 6.700 4.600 6.700 7.300 6.700 9 7.900 9 9.900 9 11.800 7.400 13 5 13 3.300 13 1.900 12.400 1 11.200',
  '4': 'M7.200 13V1L1 9.500H9.600',
  '5': 'M8.300 1H2.500L1.900 6.500C2.800 5.700 3.900 5.400 5 5.400 7.400 5.400 9 6.900 9 9.100 9 11.400 7.300 13 4.900 13 3.200 13 1.800 12.400 1 11.300',
  '6': 'M8.200 2.400C7.500 1.500 6.400 1 5.200 1 2.600 1 1 3.400 1 7.600 1 11 2.600 13 5 13 7.300 13 9 11.400 9 9.200 9 7 7.400 5.500 5.200 5.500 3.200 5.500 1.600 6.600 1 8.400',
  '7': 'M1 1H9L4 13',
  '8': 'M5 1C7 1 8.400 2.200 8.400 3.900S7 6.700 5 6.700 1.600 5.600 1.600 3.900 3 1 5 1ZM5 6.700C7.400 6.700 9 7.900 9 9.800S7.400 13 5 13 1 11.700 1 9.800 2.600 6.700 5 6.700Z',
  '9': 'M1.800 11.600C2.500 12.500 3.600 13 4.800 13 7.400 13 9 10.600 9 6.400 9 3 7.400 1 5 1 2.700 1 1 2.600 1 4.800 1 7 2.600 8.500 4.800 8.500 6.800 8.500 8.400 7.400 9 5.600',
  '#': 'M3.800 1.500L2.400 12.500M7.800 1.500L6.400 12.500M.800 5H9.400M.500 9.200H9.100',
  '.': 'M5 12.600V13',
  '+': 'M1 7.500H9M5 3.500V11.500',
  '%': 'M8.500 1.500L1.500 12.500M2.800 1.200A1.800 2 0 1 1 2.790 1.200M7.200 8.800A1.800 2 0 1 1 7.190 8.800',
  Δ: 'M5 1.200L9.400 13H.600Z',
  E: 'M9 1H1.500V13H9M1.500 6.800H7.800',
  '→': 'M.500 7.500H9.500M6 4L9.500 7.500 6 11',
  '↔': 'M.500 7.500H9.500M3.200 4.500L.500 7.500 3.200 10.500M6.800 4.500L9.500 7.500 6.800 10.500',
  '↑': 'M5 12.500V2M1.500 5.500L5 2 8.500 5.500',
  '×': 'M1.500 4L8.500 11M8.500 4L1.500 11',
  '≡': 'M1 4H9M1 7.500H9M1 11H9',
  '−': 'M1 7.500H9',
  '↻': 'M8.600 5A4.300 4.300 0 1 0 9.300 8.500M9.300 2V5.500H5.800',
  '✎': 'M1.200 12.800L2 9.300 7.500 2.200 9.600 4 4.300 11.300Z',
  '◐': 'M5 3A4.500 4.500 0 1 0 5.010 3ZM5 3V12M5 5.200H8M5 7.500H9.300M5 9.800H8',
  ' ': '',
} as const satisfies Record<string, string>;

/** Units from one sign to the next. */
const ADVANCE = 12.5;

export type Sign = keyof typeof strokes;

/** How wide a text is, px. */
export function markWidth(text: string, height: number): number {
  return ([...text].length * ADVANCE - 2.5) * (height / 14);
}

/** A text of signs as SVG, its upper left corner at (x, y); signs there are none of are left out. */
export function mark(text: string, at: { x: number; y: number; height: number; color: string }): string {
  const scale = at.height / 14;
  const signs = [...text].map((sign, i) => {
    const d = Object.hasOwn(strokes, sign) ? strokes[sign as Sign] : '';
    return d === '' ? '' : `<path transform="translate(${i * ADVANCE} 0)" d="${d}"/>`;
  });
  const pen = `fill="none" stroke="${at.color}" stroke-width="1.9" stroke-linecap="round" stroke-linejoin="round"`;
  return `<g transform="translate(${at.x} ${at.y}) scale(${scale})" ${pen}>${signs.join('')}</g>`;
}

/** A text on a dark plate, to be read on any picture. `right`: (x, y) is its upper right corner. */
export function plate(
  text: string,
  {
    x,
    y,
    height,
    color = '#fff',
    right = false,
  }: { x: number; y: number; height: number; color?: string; right?: boolean },
): string {
  const [padX, padY] = [height * 0.55, height * 0.45];
  const width = markWidth(text, height) + 2 * padX;
  const left = right ? x - width : x;
  const box = `<rect x="${left}" y="${y}" width="${width}" height="${height + 2 * padY}" rx="${height * 0.5}" fill="#0b0c10" fill-opacity=".72"/>`;
  return box + mark(text, { x: left + padX, y: y + padY, height, color });
}

/** A whole SVG file of that size. */
export function svg(width: number, height: number, content: string): Buffer {
  return Buffer.from(`<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}">${content}</svg>`);
}
