import type { Picture, Rgb } from './picture.ts';

/**
 * To grey with the weights of ITU-R 601, in 16-bit fixed point; alpha is dropped.
 * Source: Pillow Convert.c `rgb2l`
 */
export function toLuma(im: Picture): Picture {
  if (im.channels === 1) return im;
  const { width, height, channels, data } = im;
  const out = new Uint8Array(width * height);
  if (channels === 4 && data.byteOffset % 4 === 0)
    lumaOfWords(new Uint32Array(data.buffer, data.byteOffset, out.length), out);
  else for (let i = 0, p = 0; i < out.length; i++, p += channels) out[i] = lumaOf(data[p]!, data[p + 1]!, data[p + 2]!);
  return { width, height, channels: 1, data: out };
}

/** The weights add up to 1: a grey stays what it is. */
function lumaOf(red: number, green: number, blue: number): number {
  return (Math.imul(19595, red) + Math.imul(38470, green) + Math.imul(7471, blue) + 32768) >> 16;
}

/** Of RGBA pixels, stretches of one colour at a time: masks are flat. */
function lumaOfWords(pixels: Uint32Array, out: Uint8Array): void {
  for (let i = 0, end = 0; i < pixels.length; i = end) {
    const pixel = pixels[i]!;
    for (end = i + 1; end < pixels.length && pixels[end] === pixel; ) end++;
    const luma = lumaOf(pixel & 255, (pixel >>> 8) & 255, (pixel >>> 16) & 255);
    if (end === i + 1) out[i] = luma;
    else out.fill(luma, i, end);
  }
}

/** To RGB: grey is repeated, alpha is dropped without compositing. */
export function toRgb(im: Picture): Picture {
  if (im.channels === 3) return im;
  const { width, height, channels, data } = im;
  const out = new Uint8Array(width * height * 3);
  const [green, blue] = channels === 1 ? [0, 0] : [1, 2];
  for (let o = 0, p = 0; o < out.length; o += 3, p += channels) {
    out[o] = data[p]!;
    out[o + 1] = data[p + green]!;
    out[o + 2] = data[p + blue]!;
  }
  return { width, height, channels: 3, data: out };
}

/** To RGBA, opaque unless there is an alpha already. */
export function toRgba(im: Picture): Picture {
  if (im.channels === 4) return im;
  const { width, height, channels, data } = im;
  const out = new Uint8Array(width * height * 4);
  const [green, blue] = channels === 1 ? [0, 0] : [1, 2];
  for (let o = 0, p = 0; o < out.length; o += 4, p += channels) {
    out[o] = data[p]!;
    out[o + 1] = data[p + green]!;
    out[o + 2] = data[p + blue]!;
    out[o + 3] = 255;
  }
  return { width, height, channels: 4, data: out };
}

/** One channel as a grey picture: 3 of RGBA is the alpha. @throws RangeError when there is no such channel */
export function channelOf(im: Picture, channel: number): Picture {
  const { width, height, channels, data } = im;
  if (channel >= channels) throw new RangeError(`channel ${channel} of a picture with ${channels}`);
  const out = new Uint8Array(width * height);
  for (let i = 0, p = channel; i < out.length; i++, p += channels) out[i] = data[p]!;
  return { width, height, channels: 1, data: out };
}

/** Whether an RGBA picture covers everything behind it. */
export function isOpaque({ data }: Picture): boolean {
  const fours = data.length - (data.length % 16);
  for (let p = 3; p < fours; p += 16) {
    if ((data[p]! & data[p + 4]! & data[p + 8]! & data[p + 12]!) !== 255) return false;
  }
  for (let p = fours + 3; p < data.length; p += 4) if (data[p] !== 255) return false;
  return true;
}

/** A colour given as `#rrggbb`. @throws RangeError on anything else */
export function parseColor(text: string): Rgb {
  const match = /^#([0-9a-f]{2})([0-9a-f]{2})([0-9a-f]{2})$/i.exec(text);
  if (!match) throw new RangeError(`${text} is no colour of the form #rrggbb`);
  const [red, green, blue] = match.slice(1).map((hex) => Number.parseInt(hex, 16));
  return [red!, green!, blue!];
}
