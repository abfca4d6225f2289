import { crc32 } from 'node:zlib';
import sharp from 'sharp';
import { solidPng } from '../support/jobs.ts';

const signature = Buffer.from('\x89PNG\r\n\x1a\n', 'latin1');

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(data.length);
  sum.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, sum]);
}

/** A few bytes that say they are a picture of that size, as decompression bombs do. */
export function bombPng(width: number, height: number): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 2, 0, 0, 0], 8);
  return Buffer.concat([
    signature,
    chunk('IHDR', header),
    chunk('IDAT', Buffer.alloc(64)),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

const noise = (width: number, height: number) =>
  sharp({
    create: { width, height, channels: 3, background: '#777', noise: { type: 'gaussian', mean: 128, sigma: 60 } },
  });

/** What people and programs send that is no sound picture, and what they are told about it. */
export async function hostileFiles(): Promise<readonly { name: string; bytes: Buffer; told: RegExp }[]> {
  const half = (bytes: Buffer) => bytes.subarray(0, bytes.length / 2);
  const [png, jpeg, webp] = await Promise.all([
    noise(64, 64).png().toBuffer(),
    noise(64, 64).jpeg().toBuffer(),
    noise(64, 64).webp().toBuffer(),
  ]);
  const damaged = /That picture is damaged[\s\S]*send it again/;
  const foreign = (what: string) => new RegExp(`not a picture I can read[\\s\\S]*${what}[\\s\\S]*PNG, JPEG, WebP`);
  return [
    { name: 'half.png', bytes: half(png), told: damaged },
    { name: 'half.jpg', bytes: half(jpeg), told: damaged },
    { name: 'half.webp', bytes: half(webp), told: damaged },
    { name: 'header-only.png', bytes: png.subarray(0, 40), told: damaged },
    { name: 'bomb.png', bytes: bombPng(60_000, 60_000), told: /60000×60000; sides must be 16 to 16384 pixels/ },
    { name: 'flat-bomb.png', bytes: bombPng(16_000, 16_000), told: /256\.0 megapixels; I can take 40/ },
    { name: 'dot.png', bytes: await solidPng(1, 1), told: /1×1; sides must be 16/ },
    { name: 'page.png', bytes: Buffer.from('<!doctype html><script>alert(1)</script>'), told: foreign('HTML') },
    { name: 'drawing.png', bytes: Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"/>'), told: foreign('SVG') },
    { name: 'empty.png', bytes: Buffer.alloc(0), told: foreign('empty') },
    { name: 'notes.png', bytes: Buffer.from('milk, eggs'), told: foreign('do not recognise') },
    { name: 'letter.pdf', bytes: Buffer.from('%PDF-1.4'), told: foreign('pdf') },
    { name: 'big.png', bytes: Buffer.concat([png, Buffer.alloc(26 * 1024 * 1024)]), told: /too big[\s\S]*smaller/ },
  ];
}

/** Unusual pictures that are sound. */
export async function soundFiles(): Promise<readonly { name: string; bytes: Buffer }[]> {
  const frames = await sharp([await solidPng(64, 64, '#c00'), await solidPng(64, 64, '#00c')], {
    join: { animated: true },
  })
    .gif()
    .toBuffer();
  return [
    { name: 'two-frames.gif', bytes: frames },
    { name: 'still.avif', bytes: await noise(64, 64).avif().toBuffer() },
    { name: 'grey-16-bit.png', bytes: await noise(64, 64).toColourspace('grey16').png().toBuffer() },
    { name: 'cmyk.jpg', bytes: await noise(64, 64).toColourspace('cmyk').jpeg().toBuffer() },
    { name: '40-megapixels.png', bytes: await solidPng(8000, 5000) },
  ];
}

function safetensors(header: string, headerLength = Buffer.byteLength(header)): Buffer {
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(headerLength));
  return Buffer.concat([length, Buffer.from(header)]);
}

const tensorAt = (from: number, to: number, shape: string) =>
  `{"model.diffusion_model.input_blocks.0.0.weight":{"dtype":"F16","shape":${shape},"data_offsets":[${from},${to}]}}`;

/** Files in the models folder whose headers lie, or that would run something. Names are in the order of the alphabet. */
export const lyingCheckpoints: Readonly<Record<string, Buffer>> = {
  'l1-endless-header.safetensors': safetensors('{}', 2 ** 52),
  'l2-no-json.safetensors': safetensors('{"a":'),
  'l3-beyond-the-end.safetensors': safetensors(tensorAt(0, 2 ** 40, '[320,4,3,3]')),
  'l4-negative-offset.safetensors': safetensors(tensorAt(-8, 0, '[320,4,3,3]')),
  'l5-shape-without-bytes.safetensors': safetensors(tensorAt(0, 0, '[1000000000,1000000000]')),
  'l6-nothing-known.safetensors': safetensors('{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}\0\0\0\0'),
  'l7-empty.safetensors': Buffer.alloc(0),
  'l8-runs-a-program.ckpt': Buffer.from('\x80\x02cposix\nsystem\nX\x0e\0\0\0touch /tmp/pwned\x85R.', 'latin1'),
};
