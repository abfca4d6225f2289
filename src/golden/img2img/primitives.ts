import { readdir } from 'node:fs/promises';
import { alphaComposite, premultiply, unpremultiply } from '../../engine/image/alpha.ts';
import { boxBlur, gaussianBlur } from '../../engine/image/box-blur.ts';
import { toLuma } from '../../engine/image/convert.ts';
import { cvBlur } from '../../engine/image/cv-blur.ts';
import { labToRgb, rgbToLab } from '../../engine/image/lab.ts';
import { pasteThrough } from '../../engine/image/paste.ts';
import { type Picture, picture } from '../../engine/image/picture.ts';
import { brightness } from '../../engine/image/point.ts';
import { type Filter, resample } from '../../engine/image/resample.ts';
import type { GoldenOutcome } from '../outcome.ts';
import { judge, maxDifference, pictureDifference, readJson, readPicture } from './case.ts';

const area = 'img2img/primitives';

interface ResizeCase {
  readonly name: string;
  readonly out: readonly [width: number, height: number];
  readonly filters?: readonly string[];
}

/** The imaging library's own calls: resizing, blurring, Lab, alpha. Tolerance 0. */
export async function* primitives(dir: string): AsyncGenerator<GoldenOutcome> {
  yield* resizing(dir);
  const files = await readdir(dir);
  for (const file of files) {
    const check = blurCheck(dir, file) ?? brightnessCheck(dir, file);
    if (check) yield await exact(dir, file, check);
  }
  const kernels = await readJson<Record<string, { impulse_response_255: number[] }>>(dir, 'cv_gauss_kernels.json');
  for (const [sigma, { impulse_response_255: expected }] of Object.entries(kernels)) {
    yield await judge({ area, name: `cv_gauss_kernel ${sigma}`, tolerance: 0 }, () => impulse(Number(sigma), expected));
  }
  yield* single(dir);
}

function exact(dir: string, file: string, actual: () => Promise<Picture>): Promise<GoldenOutcome> {
  return judge({ area, name: file.replace('.png', ''), tolerance: 0 }, async () =>
    pictureDifference(await actual(), await readPicture(dir, file)),
  );
}

async function* resizing(dir: string): AsyncGenerator<GoldenOutcome> {
  const manifest = await readJson<{ cases: ResizeCase[]; filters: string[] }>(dir, 'resize.json');
  const files = await readdir(dir);
  for (const { name, out, filters = manifest.filters } of manifest.cases) {
    const size = { width: out[0], height: out[1] };
    const input = () => readPicture(dir, `${name}_in.png`);
    for (const filter of filters) {
      yield await exact(dir, `${name}_${filter}.png`, async () =>
        resample(await input(), size, filter.toLowerCase() as Filter),
      );
    }
    const grey = `${name}_L_LANCZOS.png`;
    if (files.includes(grey)) {
      yield await exact(dir, grey, async () => resample(toLuma(await input()), size, 'lanczos'));
    }
  }
}

function blurCheck(dir: string, file: string): (() => Promise<Picture>) | undefined {
  const [, kind, axis, amount] = /^(gauss_|box_|cvblur_)([xy]?)([\d.]+)\.png$/.exec(file) ?? [];
  const radius = Number(amount);
  if (kind === 'gauss_') return async () => gaussianBlur(await readPicture(dir, 'blur_in.png'), radius);
  if (kind === 'box_') return async () => boxBlur(await readPicture(dir, 'blur_in.png'), radius);
  if (kind !== 'cvblur_') return undefined;
  return async () => cvBlur(await readPicture(dir, 'cvblur_in.png'), axis === 'y' ? 'y' : 'x', radius);
}

function brightnessCheck(dir: string, file: string): (() => Promise<Picture>) | undefined {
  const factor = /^bright_([\d.]+)\.png$/.exec(file)?.[1];
  return factor ? async () => brightness(await readPicture(dir, 'paste_mask.png'), Number(factor)) : undefined;
}

/** The answer to one white pixel, of the kernel's length. */
function impulse(sigma: number, expected: readonly number[]): number {
  const n = expected.length;
  const line = new Uint8Array(2 * n + 1);
  line[n] = 255;
  const { data } = cvBlur(picture({ width: line.length, height: 1 }, 1, line), 'x', sigma);
  const from = n - (n >> 1);
  return maxDifference(data.subarray(from, from + n), expected);
}

async function* single(dir: string): AsyncGenerator<GoldenOutcome> {
  const read = (name: string) => readPicture(dir, name);
  yield await exact(dir, 'lab_out.png', async () => rgbToLab(await read('lab_in.png')));
  yield await exact(dir, 'lab2rgb_out.png', async () => labToRgb(await read('lab2rgb_in.png')));
  yield await exact(dir, 'gray_out.png', async () => toLuma(await read('lab_in.png')));
  yield await exact(dir, 'ac_out.png', async () => alphaComposite(await read('ac_dst.png'), await read('ac_src.png')));
  yield await exact(dir, 'premul_out.png', async () => premultiply(await read('ac_dst.png')));
  yield await exact(dir, 'unpremul_out.png', async () => unpremultiply(await read('ac_dst.png')));
  yield await exact(dir, 'paste_out.png', async () =>
    pasteThrough(await read('lab_in.png'), await read('paste_src.png'), {
      mask: await read('paste_mask.png'),
      at: { x: 0, y: 0 },
    }),
  );
}
