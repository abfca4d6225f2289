import sharp from 'sharp';
import { composeOver, covers, type Layer } from './compose.ts';
import { rgbToLab } from './lab.ts';
import { mark, markWidth, svg } from './marks.ts';
import type { Picture, Rgb, Size } from './picture.ts';

/** Where and how much two pictures differ. */
export interface Difference {
  /** PNG with a legend. */
  readonly file: Uint8Array;
  /** Mean ΔE76 where both pictures are. */
  readonly mean: number;
  /** Share of the canvas that anybody would see differ (ΔE above 5, or only one of the pictures), 0…1. */
  readonly changed: number;
}

/** ΔE at which the scale ends. */
const hottest = 60;
/** Written on the scale. */
const ticks = [2, 5, 10, 20, 40] as const;
/** A difference that anybody sees. */
const visible = 5;

/** From "nothing" to "another colour": dark violet over red to pale yellow, each brighter than the one before. */
const ramp: readonly Rgb[] = [
  [12, 8, 38],
  [66, 10, 104],
  [147, 38, 103],
  [221, 81, 58],
  [252, 165, 10],
  [252, 255, 164],
];

/** Small differences get most of the scale. */
const positionOf = (deltaE: number) => Math.sqrt(Math.min(deltaE, hottest) / hottest);

function colorAt(position: number): Rgb {
  const at = Math.min(position, 0.9999) * (ramp.length - 1);
  const [from, to, share] = [ramp[Math.floor(at)]!, ramp[Math.floor(at) + 1]!, at % 1];
  return [0, 1, 2].map((c) => Math.round(from[c]! + (to[c]! - from[c]!) * share)) as unknown as Rgb;
}

/** Colours of the scale, for ΔE in quarters. */
const scale = Array.from({ length: 4 * hottest + 1 }, (_, i) => colorAt(positionOf(i / 4)));

/** ΔE76 of each pixel; −1 where only one of the pictures is. */
function distances(size: Size, layers: readonly [Layer, Layer]): Float32Array {
  const [a, b] = layers.map((layer) => rgbToLab(composeOver(size, [layer], [0, 0, 0])).data) as [
    Uint8Array,
    Uint8Array,
  ];
  const out = new Float32Array(size.width * size.height);
  for (let p = 0; p < out.length; p++) {
    const [x, y] = [p % size.width, Math.floor(p / size.width)];
    if (!layers.every((layer) => covers(layer, x, y))) {
      out[p] = -1;
      continue;
    }
    const lightness = ((a[3 * p]! - b[3 * p]!) * 100) / 255;
    out[p] = Math.hypot(lightness, a[3 * p + 1]! - b[3 * p + 1]!, a[3 * p + 2]! - b[3 * p + 2]!);
  }
  return out;
}

/** The picture in grey, a third as bright, lit up where something differs; hatched where there is only one picture. */
function painted(size: Size, layers: readonly [Layer, Layer], deltas: Float32Array): Uint8Array {
  const under = composeOver(size, layers.toReversed(), [22, 23, 28]).data;
  const out = new Uint8Array(under.length);
  for (let p = 0; p < deltas.length; p++) {
    const grey = 16 + 0.34 * (0.299 * under[3 * p]! + 0.587 * under[3 * p + 1]! + 0.114 * under[3 * p + 2]!);
    const delta = deltas[p]!;
    const isStripe = delta < 0 && (Math.floor(p / size.width) + (p % size.width)) % 16 < 4;
    const color = scale[Math.min(4 * hottest, Math.round(4 * Math.max(0, delta)))]!;
    const heat = delta < 0 ? 0 : Math.min(1, delta / visible);
    for (let c = 0; c < 3; c++) {
      out[3 * p + c] = isStripe ? 96 : Math.round(grey * (1 - heat) + color[c]! * heat);
    }
  }
  return out;
}

/** Of a legend that is 512 pixels wide; larger ones are drawn larger, for messengers show pictures small. */
const legendSize = { width: 512, height: 56 } as const;
const [margin, barHeight, digits] = [16, 14, 12];

/** The scale with its numbers, and on the right the mean. */
function legend(width: number, mean: number): string {
  const said = `ΔE ${mean.toFixed(1)}`;
  const barWidth = Math.max(120, width - 3 * margin - markWidth(said, digits + 3));
  const stops = Array.from({ length: 21 }, (_, i) => {
    return `<stop offset="${5 * i}%" stop-color="rgb(${colorAt(i / 20).join(' ')})"/>`;
  });
  const numbers = ticks.map((tick) => {
    const x = margin + positionOf(tick) * barWidth;
    const line = `<path d="M${x} ${12 + barHeight}v4" stroke="#9a9ca6" stroke-width="1.500"/>`;
    const left = x - markWidth(String(tick), digits) / 2;
    return line + mark(String(tick), { x: left, y: 12 + barHeight + 8, height: digits, color: '#c9cad1' });
  });
  return [
    `<defs><linearGradient id="heat">${stops.join('')}</linearGradient></defs>`,
    `<rect x="${margin}" y="12" width="${barWidth}" height="${barHeight}" rx="4" fill="url(#heat)"/>`,
    ...numbers,
    mark(said, { x: 2 * margin + barWidth, y: 12, height: digits + 3, color: '#fff' }),
  ].join('');
}

/** The difference of two layers of one canvas, with the scale below it. */
export async function heatMap(size: Size, layers: readonly [Layer, Layer]): Promise<Difference> {
  const deltas = distances(size, layers);
  const common = deltas.filter((delta) => delta >= 0);
  const mean = common.length === 0 ? 0 : common.reduce((sum, delta) => sum + delta, 0) / common.length;
  const changed = deltas.filter((delta) => delta < 0 || delta > visible).length / deltas.length;
  const width = Math.max(320, size.width);
  const larger = Math.max(1, width / legendSize.width);
  const legendHeight = Math.round(legendSize.height * larger);
  const drawn = `<g transform="scale(${larger})">${legend(width / larger, mean)}</g>`;
  const map: Picture = { ...size, channels: 3, data: painted(size, layers, deltas) };
  const whole = { width, height: size.height + legendHeight, channels: 3 as const, background: '#16171c' };
  const file = await sharp({ create: whole })
    .composite([
      {
        input: Buffer.from(map.data.buffer),
        raw: { width: map.width, height: map.height, channels: 3 },
        left: Math.floor((width - size.width) / 2),
        top: 0,
      },
      { input: svg(width, legendHeight, drawn), left: 0, top: size.height },
    ])
    .png({ compressionLevel: 6 })
    .toBuffer();
  return { file, mean, changed };
}
