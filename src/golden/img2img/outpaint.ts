import { readdir } from 'node:fs/promises';
import type { Direction } from '../../edit/outpaint-size.ts';
import { channelOf, toLuma } from '../../engine/image/convert.ts';
import type { Picture, Size } from '../../engine/image/picture.ts';
import { matchedNoise } from '../../engine/outpaint/matched-noise.ts';
import { expandMk2, finishMk2, type Mk2Options, type Mk2Step, planMk2 } from '../../engine/outpaint/mk2.ts';
import { finishPoorMans, planPoorMans } from '../../engine/outpaint/poor-mans.ts';
import type { GoldenOutcome } from '../outcome.ts';
import { judge, maxDifference, mismatch, pictureDifference, readJson, readPicture } from './case.ts';
import { difference, type ScriptCall, type ScriptRun, toyResult, withGrid } from './script-runs.ts';

const mk2Area = 'img2img/outpaint_mk2';
const poorArea = 'img2img/poor_mans_outpaint';

interface NoiseCase {
  readonly name: string;
  readonly noise_q: number;
  readonly color_variation: number;
  readonly float_sample: { readonly every_37th_value_of_flattened_result: readonly number[] };
}

interface Mk2Args {
  readonly pixels: number;
  readonly mask_blur: number;
  readonly direction: readonly Direction[];
  readonly noise_q: number;
  readonly color_variation: number;
}

interface PoorMansArgs {
  readonly pixels: number;
  readonly mask_blur: number;
  readonly direction: readonly Direction[];
}

/** Matched noise, and whole runs of the script "Outpainting mk2". */
export async function* outpaintMk2(dir: string): AsyncGenerator<GoldenOutcome> {
  for (const one of await readJson<NoiseCase[]>(dir, 'matched_noise.json')) yield* noise(dir, one);
  for (const run of await readJson<ScriptRun<Mk2Args>[]>(dir, 'script_runs.json')) yield* mk2Run(dir, run);
}

async function* noise(dir: string, one: NoiseCase): AsyncGenerator<GoldenOutcome> {
  const read = (part: string) => readPicture(dir, `${one.name}_${part}.png`);
  const im = await read('in');
  const mask = toLuma(await read('mask'));
  const actual = matchedNoise(im, mask, { noiseQ: one.noise_q, colorVariation: one.color_variation });
  const expected = one.float_sample.every_37th_value_of_flattened_result;
  yield await judge({ area: mk2Area, name: `${one.name} floats`, tolerance: 1e-6 }, () =>
    maxDifference(
      expected.map((_, i) => actual[37 * i]!),
      expected,
    ),
  );
  yield await judge({ area: mk2Area, name: `${one.name} picture`, tolerance: 1 }, async () =>
    pictureDifference({ ...im, data: Uint8Array.from(actual, (v) => Math.trunc(255 * v)) }, await read('out')),
  );
}

async function* mk2Run(dir: string, run: ScriptRun<Mk2Args>): AsyncGenerator<GoldenOutcome> {
  const { name, script_args: args, p, calls } = run;
  const options: Mk2Options = {
    pixels: args.pixels,
    maskBlur: args.mask_blur,
    sides: new Set(args.direction),
    noiseQ: args.noise_q,
    colorVariation: args.color_variation,
  };
  let now = await readPicture(dir, `${name}_in.png`);
  const plan = planMk2(now, options);
  const settings = { seed: p.seed, mask_blur_x: plan.maskBlurX, mask_blur_y: plan.maskBlurY };
  yield await judge({ area: mk2Area, name: `${name} calls`, tolerance: 0 }, () =>
    mismatch(plan.expansions.length * (p.n_iter ?? 1), calls.length),
  );
  const steps: Mk2Step[] = [];
  for (const expansion of plan.expansions) {
    const step = expandMk2(now, expansion, { options, limit: p });
    steps.push(step);
    now = finishMk2(step, toyResult(step.init));
  }
  for (const [i, call] of calls.entries()) {
    const step = steps[i % steps.length]!; // every repetition begins with the same picture
    const of = (what: string) => ({ area: mk2Area, name: `${name} call${i} ${what}` });
    yield await judge({ ...of('settings and masks'), tolerance: 0 }, async () =>
      Math.max(sameSettings(call, { ...settings, ...step.size }), await maskDifference(dir, call, step)),
    );
    yield await judge({ ...of('init'), tolerance: 1 }, () => initDifference(dir, call, step));
  }
  const outputs = withGrid(Array.from({ length: (p.n_iter ?? 1) * (p.batch_size ?? 1) }, () => now));
  yield await judge({ area: mk2Area, name: `${name} outputs`, tolerance: 1 }, () =>
    difference(dir, outputs, run.outputs),
  );
}

/** Noise may differ by 1; what the mask keeps may not differ at all. */
async function initDifference(dir: string, call: ScriptCall, { init, mask }: Mk2Step): Promise<number> {
  let max = 0;
  for (const file of call.init_images) {
    const expected = await readPicture(dir, file);
    const strays = mask.data.some(
      (m, i) => m === 0 && [0, 1, 2].some((c) => init.data[i * 3 + c] !== expected.data[i * 3 + c]),
    );
    max = Math.max(max, strays ? Number.POSITIVE_INFINITY : pictureDifference(init, expected));
  }
  return max;
}

type CallSettings = Size & Pick<ScriptCall, 'seed' | 'mask_blur_x' | 'mask_blur_y'>;

function sameSettings(call: ScriptCall, { width, height, seed, mask_blur_x, mask_blur_y }: CallSettings): number {
  const of = (c: CallSettings) => [c.width, c.height, c.seed, c.mask_blur_x, c.mask_blur_y];
  return mismatch(of({ width, height, seed, mask_blur_x, mask_blur_y }), of(call));
}

async function maskDifference(
  dir: string,
  call: ScriptCall,
  { mask, latentMask }: { mask: Picture; latentMask: Picture },
): Promise<number> {
  const [one, other] = [await readPicture(dir, call.image_mask!), await readPicture(dir, call.latent_mask!)];
  return Math.max(pictureDifference(mask, channelOf(one, 0)), pictureDifference(latentMask, channelOf(other, 0)));
}

/** Whole runs of the script "Poor man's outpainting". */
export async function* poorMansOutpaint(dir: string): AsyncGenerator<GoldenOutcome> {
  const files = await readdir(dir);
  if (!files.includes('script_runs.json')) return;
  for (const { name, script_args: args, p, calls, outputs } of await readJson<ScriptRun<PoorMansArgs>[]>(
    dir,
    'script_runs.json',
  )) {
    const options = { pixels: args.pixels, maskBlur: args.mask_blur, sides: new Set(args.direction) };
    const plan = planPoorMans(await readPicture(dir, `${name}_in.png`), p, options);
    yield await judge({ area: poorArea, name: `${name} calls`, tolerance: 0 }, () =>
      mismatch(plan.tiles.length, calls.length),
    );
    for (const [i, tile] of plan.tiles.entries()) {
      const call = calls[i]!;
      const settings = {
        seed: p.seed + i,
        width: p.width,
        height: p.height,
        mask_blur_x: plan.maskBlur,
        mask_blur_y: plan.maskBlur,
      };
      yield await judge({ area: poorArea, name: `${name} call${i}`, tolerance: 0 }, async () =>
        Math.max(
          sameSettings(call, settings),
          await maskDifference(dir, call, tile),
          pictureDifference(tile.init, await readPicture(dir, call.init_images[0]!)),
        ),
      );
    }
    const result = finishPoorMans(
      plan,
      plan.tiles.map(({ init }) => toyResult(init)),
    );
    yield await judge({ area: poorArea, name: `${name} outputs`, tolerance: 0 }, () =>
      difference(dir, [result], outputs),
    );
  }
}
