import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { imageUpscalers, maskedContents } from '../../../src/edit/choices.ts';
import { defaultParams, type Params } from '../../../src/edit/fields.ts';
import { outlineOf, scriptOf } from '../../../src/edit/script.ts';
import { decodePicture } from '../../../src/engine/image/decode.ts';
import type { Picture } from '../../../src/engine/image/picture.ts';
import { invert } from '../../../src/engine/image/point.ts';
import type { Job, Made, RunJob } from '../../../src/engine/pipeline/job.ts';
import { runScript, strengthsOf } from '../../../src/engine/pipeline/scripts.ts';

const golden = join(import.meta.dirname, '../../golden/img2img');

interface Call {
  readonly width: number;
  readonly height: number;
  readonly seed: number;
  readonly mask_blur_x: number;
  readonly mask_blur_y: number;
  readonly inpainting_fill: number;
  readonly init_images: readonly string[];
}

/** A run of a script in the reference, whose networks only invert colours. */
interface Reference {
  readonly name: string;
  readonly script_args: {
    readonly pixels?: number;
    readonly mask_blur?: number;
    readonly direction?: readonly string[];
    readonly noise_q?: number;
    readonly color_variation?: number;
    readonly inpainting_fill?: number;
    readonly overlap?: number;
    readonly scale_factor?: number;
    readonly up?: string;
  };
  readonly p: { width: number; height: number; seed: number; n_iter?: number; batch_size?: number };
  readonly calls: readonly Call[];
  readonly outputs: readonly string[];
}

const readRuns = async (folder: string) =>
  JSON.parse(await readFile(join(golden, folder, 'script_runs.json'), 'utf8')) as readonly Reference[];
const read = async (folder: string, file: string) => decodePicture(await readFile(join(golden, folder, file)));

/** Stands in for the networks, and remembers what it was asked. */
function inverter(): { readonly jobs: Job[]; readonly run: RunJob } {
  const jobs: Job[] = [];
  const run: RunJob = async (job) => {
    jobs.push(job);
    const { batchSize, seed } = job.params;
    const pictures = Array.from({ length: batchSize }, (_, i) => job.init[i] ?? job.init[0]!);
    return pictures.map((im, i): Made => ({ image: invert(im), seed: seed + i, infotext: `seed ${seed + i}` }));
  };
  return { jobs, run };
}

function largestDifference(a: Picture, b: Picture): number {
  if (a.width !== b.width || a.height !== b.height) return Number.POSITIVE_INFINITY;
  return a.data.reduce((max, v, i) => Math.max(max, Math.abs(v - b.data[i]!)), 0);
}

const folders = {
  outpaint_mk2: 'outpainting mk2',
  poor_mans_outpaint: "poor man's outpainting",
  sd_upscale: 'SD upscale',
} as const;

function paramsOf(folder: keyof typeof folders, { script_args: args, p }: Reference): Params {
  const direction = args.direction?.join(' ') ?? '';
  const given = {
    outpaint_mk2: {
      ...{ pixels: args.pixels, mk2MaskBlur: args.mask_blur, direction },
      ...{ noiseQ: args.noise_q, colorVariation: args.color_variation },
    },
    poor_mans_outpaint: {
      ...{ pixels: args.pixels, poorMaskBlur: args.mask_blur, direction },
      poorMaskedContent: maskedContents[args.inpainting_fill ?? 0]!.value,
    },
    sd_upscale: {
      ...{ overlap: args.overlap, scaleFactor: args.scale_factor },
      sdUpscaler: imageUpscalers.find(({ value }) => value === args.up)?.value,
    },
  }[folder];
  const { seed, batch_size: batchSize = 1, n_iter: batchCount = 1 } = p;
  return { ...defaultParams, script: folders[folder], seed, batchSize, batchCount, ...given } as Params;
}

/** Where a job differs from the reference's call. */
async function expectSame({ init, maskBlur, params }: Job, call: Call, folder: string): Promise<void> {
  if (maskBlur) expect(maskBlur).toEqual({ x: call.mask_blur_x, y: call.mask_blur_y });
  if (folder !== 'sd_upscale') expect(params.maskedContent).toBe(maskedContents[call.inpainting_fill]!.value);
  for (const [i, picture] of init.entries()) {
    expect(largestDifference(picture, await read(folder, call.init_images[i]!))).toBeLessThanOrEqual(1);
  }
}

describe.each(Object.keys(folders) as (keyof typeof folders)[])('%s', (folder) => {
  test('asks the pipeline for what the reference asks for, and gives back its pictures', async () => {
    for (const reference of await readRuns(folder)) {
      const params = paramsOf(folder, reference);
      const { p, calls, outputs, name } = reference;
      const init = await read(folder, `${name}_in.png`);
      const { jobs, run } = inverter();
      const size = { width: p.width, height: p.height };
      const made = await runScript(scriptOf(params)!, { params, asked: params, size, init: [init], mask: null }, run);
      expect(
        jobs.map(({ params: { seed }, size }) => ({ seed, ...size })),
        name,
      ).toEqual(calls.map(({ seed, width, height }) => ({ seed, width, height })));
      for (const [i, job] of jobs.entries()) await expectSame(job, calls[i]!, folder);
      const pictures = await Promise.all(outputs.slice(-made.length).map((file) => read(folder, file)));
      for (const [i, { image }] of made.entries())
        expect(largestDifference(image, pictures[i]!)).toBeLessThanOrEqual(1);
    }
  });

  test('is outlined in advance as it runs', async () => {
    for (const reference of await readRuns(folder)) {
      const params = paramsOf(folder, reference);
      const size = { width: reference.p.width, height: reference.p.height };
      const init = await read(folder, `${reference.name}_in.png`);
      const { jobs, run } = inverter();
      const [first] = await runScript(
        scriptOf(params)!,
        { params, asked: params, size, init: [init], mask: null },
        run,
      );
      const { output, runs } = outlineOf(scriptOf(params)!, init, size);
      expect({ width: first!.image.width, height: first!.image.height }).toEqual(output);
      expect(strengthsOf(params, init, size)).toHaveLength(jobs.length);
      const painted = jobs.flatMap((job) => job.init.map(() => job.size));
      expect(painted.slice(0, runs.length)).toEqual(runs);
    }
  });
});

describe('loopback', () => {
  const params: Params = {
    ...{ ...defaultParams, script: 'loopback', seed: 9, loops: 3, denoisingStrength: 0.8, finalDenoisingStrength: 0.4 },
    ...{ maskedContent: 'latent noise', colorCorrection: true },
  };
  const init: Picture = {
    width: 16,
    height: 8,
    channels: 3,
    data: Uint8Array.from({ length: 384 }, (_, i) => i % 251),
  };
  const whole: Job = { params, asked: params, size: init, init: [init], mask: null };

  test('starts every loop from the picture of the one before, and gives all of them back', async () => {
    const { jobs, run } = inverter();
    const made = await runScript(scriptOf(params)!, whole, run);
    expect(jobs.map((job) => [job.params.seed, job.params.maskedContent])).toEqual([
      [9, 'latent noise'],
      [10, 'original'],
      [11, 'original'],
    ]);
    expect(jobs.map((job) => job.params.denoisingStrength)).toEqual([0.8, expect.closeTo(0.6), expect.closeTo(0.4)]);
    expect(jobs[1]!.init[0]!.data).toEqual(made[0]!.image.data);
    expect(new Set(jobs.map((job) => job.colorTarget)).size).toBe(1);
    expect(made).toHaveLength(3);
  });

  test('gives back the last picture of each chain when there are several', async () => {
    const { jobs, run } = inverter();
    const made = await runScript(scriptOf(params)!, { ...whole, params: { ...params, batchCount: 2 } }, run);
    expect(jobs[3]!.init[0]!.data).toEqual(init.data); // every chain begins anew
    expect(made.map(({ seed }) => seed)).toEqual([11, 14]);
  });
});

test('rounds of outpainting mk2 count up the seeds, where the reference would repeat itself', async () => {
  const params: Params = {
    ...defaultParams,
    script: 'outpainting mk2',
    seed: 5,
    batchSize: 2,
    batchCount: 2,
    direction: 'left',
    pixels: 8,
  };
  const init: Picture = { width: 64, height: 64, channels: 3, data: new Uint8Array(64 * 64 * 3).fill(90) };
  const { run } = inverter();
  const made = await runScript(scriptOf(params)!, { params, asked: params, size: init, init: [init], mask: null }, run);
  expect(made.map(({ seed }) => seed)).toEqual([5, 6, 7, 8]);
});

test('mosaic outpaint hands the grown picture and its mask to a single run', async () => {
  const params: Params = {
    ...defaultParams,
    script: 'mosaic outpaint',
    mosaicDirection: 'up left',
    maskMode: 'inpaint not masked',
  };
  const init: Picture = { width: 40, height: 20, channels: 3, data: new Uint8Array(40 * 20 * 3).fill(90) };
  const { jobs, run } = inverter();
  await runScript(scriptOf(params)!, { params, asked: params, size: init, init: [init], mask: null }, run);
  const [
    {
      init: [grown],
      mask,
      params: asked,
    },
  ] = jobs as [Job];
  expect([grown!.width, grown!.height, mask!.width, mask!.height]).toEqual([60, 30, 60, 30]);
  expect(asked).toMatchObject({ maskMode: 'inpaint masked', inpaintArea: 'whole picture', maskedContent: 'original' });
});

test.each(['whole picture', 'only masked'] as const)('SD upscale masks every tile, %s', async (inpaintArea) => {
  const init: Picture = { width: 40, height: 40, channels: 3, data: new Uint8Array(3 * 40 * 40) };
  const mask: Picture = { width: 40, height: 40, channels: 1, data: new Uint8Array(40 * 40).fill(255) };
  const params = { ...defaultParams, script: 'SD upscale', sdUpscaler: 'Lanczos', overlap: 16, inpaintArea } as const;
  const { jobs, run } = inverter();
  const job: Job = { params, asked: params, size: { width: 64, height: 64 }, init: [init], mask };
  await runScript(scriptOf(params)!, job, run);
  expect(jobs.length).toBeGreaterThan(1);
  // as A1111, the whole mask is blurred before it is resized; what is cut out of a tile is cut out of a tile's mask
  const { width, height } = inpaintArea === 'whole picture' ? mask : job.size;
  for (const one of jobs) expect([one.mask!.width, one.mask!.height]).toEqual([width, height]);
});
