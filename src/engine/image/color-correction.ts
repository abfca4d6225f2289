import { matchedValues, type Quantiles } from './histogram-match.ts';
import { labToRgb, rgbToLab } from './lab.ts';
import type { Picture } from './picture.ts';

/** The colours a result is to have: the distribution of each Lab channel of some picture. */
export interface ColorTarget {
  readonly channels: readonly [Quantiles, Quantiles, Quantiles];
}

/** Remembers the colours of an RGB picture. Source: A1111 modules/processing.py `setup_color_correction` */
export function colorTargetOf(im: Picture): ColorTarget {
  const lab = rgbToLab(im);
  return { channels: [byteQuantiles(lab, 0), byteQuantiles(lab, 1), byteQuantiles(lab, 2)] };
}

/**
 * The RGB picture with the colours of the target and its own brightness.
 * Source: A1111 modules/processing.py `apply_color_correction`
 */
export function correctColors(im: Picture, target: ColorTarget): Picture {
  return withLuminosityOf(labToRgb(matchLab(rgbToLab(im), target)), im);
}

/** Histogram matching of 8-bit Lab, channel by channel, truncated. */
export function matchLab(lab: Picture, { channels }: ColorTarget): Picture {
  const out = new Uint8Array(lab.data.length);
  channels.forEach((template, c) => {
    const source = byteQuantiles(lab, c);
    const matched = matchedValues(source, template);
    const table = new Uint8Array(256);
    source.values.forEach((value, i) => {
      table[value] = Math.trunc(matched[i]!);
    });
    for (let p = c; p < out.length; p += 3) out[p] = table[lab.data[p]!]!;
  });
  return { ...lab, data: out };
}

function byteQuantiles({ data, width, height }: Picture, channel: number): Quantiles {
  const counts = new Int32Array(256);
  for (let p = channel; p < data.length; p += 3) counts[data[p]!] = counts[data[p]!]! + 1;
  const values = Float64Array.from([...counts.keys()].filter((v) => counts[v]! > 0));
  let below = 0;
  const shares = values.map((v) => {
    below += counts[v]!;
    return below / (width * height);
  });
  return { values, shares };
}

const luminosity = (r: number, g: number, b: number) => 0.299 * r + 0.587 * g + 0.114 * b;

/**
 * Hue and saturation of one picture, luminosity of another; colours pushed out of gamut are drawn back towards grey.
 * Source: W3C Compositing and Blending Level 1, 10.3 `SetLum`, `ClipColor`; blendmodes 2022 (each bound tested once)
 */
export function withLuminosityOf(color: Picture, light: Picture): Picture {
  const out = new Uint8Array(color.data.length);
  const rgb = new Float64Array(3);
  for (let p = 0; p < out.length; p += 3) {
    const [r, g, b] = [color.data[p]! / 255, color.data[p + 1]! / 255, color.data[p + 2]! / 255];
    const wanted = luminosity(light.data[p]! / 255, light.data[p + 1]! / 255, light.data[p + 2]! / 255);
    const shift = wanted - luminosity(r, g, b);
    rgb[0] = r + shift;
    rgb[1] = g + shift;
    rgb[2] = b + shift;
    clipColor(rgb);
    for (let c = 0; c < 3; c++) out[p + c] = Math.trunc(255 * Math.min(Math.max(rgb[c]!, 0), 1));
  }
  return { ...color, data: out };
}

function clipColor(rgb: Float64Array): void {
  const [r, g, b] = [rgb[0]!, rgb[1]!, rgb[2]!];
  const l = luminosity(r, g, b);
  const [min, max] = [Math.min(r, g, b), Math.max(r, g, b)];
  if (min < 0) for (let c = 0; c < 3; c++) rgb[c] = l + ((rgb[c]! - l) * l) / (l - min);
  if (max > 1) for (let c = 0; c < 3; c++) rgb[c] = l + ((rgb[c]! - l) * (1 - l)) / (max - l);
}
