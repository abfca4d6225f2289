import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { Emphasis, SamplerName } from '../../edit/choices.ts';
import { decodeLimits, decodePicture } from '../../engine/image/decode.ts';
import { toPictures, toPixels } from '../../engine/image/pixels.ts';
import { encodePrompts, promptDefaults } from '../../engine/pipeline/conditioning.ts';
import { type Checkpoint, openCheckpoint } from '../../engine/pipeline/models.ts';
import { clipSkipFor } from '../../engine/pipeline/text-encoding.ts';
import { openTokenizer } from '../../engine/prompt/tokenizer.ts';
import { stableDiffusionAlphas } from '../../engine/sampling/alphas.ts';
import type { Conditioning } from '../../engine/sampling/conditioning.ts';
import { type Guided, guidedDenoiser, type Network } from '../../engine/sampling/guidance.ts';
import { img2imgSteps } from '../../engine/sampling/img2img-steps.ts';
import { maskBlend } from '../../engine/sampling/mask-blend.ts';
import {
  planImg2img,
  preconditioningFor,
  runPlan,
  type SamplingPlan,
  startLatent,
} from '../../engine/sampling/plan.ts';
import { addScaled, blend, scale } from '../../engine/tensor/arithmetic.ts';
import { rows } from '../../engine/tensor/rows.ts';
import type { Tensor } from '../../engine/tensor/tensor.ts';
import { type Check, maxError, tensorError } from '../compare.ts';
import { pictureDifference, readJson } from '../img2img/case.ts';
import { type GoldenTensors, readGoldenTensors } from '../tensors.ts';
import { cpu } from './checkpoint.ts';

interface Request {
  readonly prompt: string;
  readonly negative_prompt: string;
  readonly steps: number;
  readonly denoising_strength: number;
  readonly cfg_scale: number;
  readonly clip_skip: number;
  readonly sampler: string;
  readonly emphasis: Emphasis;
  readonly prediction: 'eps' | 'v';
  readonly checkpoint: string;
  readonly textual_inversion?: Readonly<Record<string, string>>;
}

const tolerance = {
  sigmas: 1e-4,
  timestep: 1e-3,
  latent: 1e-4,
  cond: 2e-4,
  unet: 5e-4,
  step: 5e-3,
  decoded: 2e-3,
  level: 1,
};

/** A whole img2img run, every number on the way compared (`e2e_*.json`). */
export async function e2eChecks(dir: string, file: string): Promise<Check[]> {
  const request = await readJson<Request>(dir, file);
  const golden = await readGoldenTensors(join(dir, file.replace('.json', '.safetensors')));
  await using checkpoint = await openCheckpoint(join(dir, request.checkpoint), { device: cpu });
  const conditioning = await conditioningOf(dir, request, checkpoint);
  const init = golden.get('init_latent');
  const sampled = await sample(request, golden, { checkpoint, conditioning, init });
  const name = join(dir, basename(file, '.json'));
  const readPicture = async (path: string) => decodePicture(await readFile(path), { ...decodeLimits, minSide: 1 });
  const decoded = await checkpoint.decodeLatent(sampled.latent);
  const [picture] = toPictures(decoded);
  const moments = await checkpoint.encodeMoments(toPixels([await readPicture(`${name}_input.png`)]));
  return [
    ['init_latent', tensorError(posterior(moments, golden.get('posterior_noise'), checkpoint), init), tolerance.latent],
    ...condChecks(conditioning, golden),
    ...sampled.checks,
    ['final_latent', tensorError(sampled.latent, golden.get('final_latent')), tolerance.step],
    ['decoded', tensorError(decoded, golden.get('decoded')), tolerance.decoded],
    ['picture', pictureDifference(picture!, await readPicture(`${name}_output.png`)), tolerance.level],
  ];
}

async function conditioningOf(dir: string, request: Request, checkpoint: Checkpoint): Promise<Conditioning> {
  const embeddings = Object.entries(request.textual_inversion ?? {}).map(async ([name, where]) => {
    const [file = '', tensor = ''] = where.split(': ');
    return { name, vectors: [(await readGoldenTensors(join(dir, file))).get(tensor)] };
  });
  return encodePrompts(await openTokenizer(), checkpoint.encodeText, {
    ...promptDefaults,
    prompt: request.prompt,
    negativePrompt: request.negative_prompt,
    steps: request.steps,
    clipSkip: clipSkipFor(checkpoint.facts.family, { clipSkip: request.clip_skip, sdxlClipLSkip: false }),
    emphasis: request.emphasis,
    embeddings: await Promise.all(embeddings),
  });
}

/** (mean + std · noise) · scale, which is what A1111 takes where we take the mean. */
function posterior(moments: Tensor, noise: Tensor, { facts }: Checkpoint): Tensor {
  const half = moments.data.length / 2;
  const mean = { data: moments.data.subarray(0, half), shape: noise.shape };
  const spread = moments.data.subarray(half).map((logvar) => Math.exp(Math.min(20, Math.max(-30, logvar)) / 2));
  const drawn = { data: spread.map((std, i) => std * noise.data[i]!), shape: noise.shape };
  return scale(facts.latentScale, addScaled(mean, 1, drawn));
}

function condChecks({ parts, uncond }: Conditioning, golden: GoldenTensors): Check[] {
  const check = (name: string, cond: Tensor): Check => [name, tensorError(cond, golden.get(name)), tolerance.cond];
  return [
    ...parts.flatMap(({ schedule }, part) => schedule.map(({ cond }, i) => check(`cond.${part}.${i}`, cond))),
    ...uncond.map(({ cond }, i) => check(`uncond.${i}`, cond)),
  ];
}

interface Sampling {
  readonly checkpoint: Checkpoint;
  readonly conditioning: Conditioning;
  readonly init: Tensor;
}

async function sample(
  request: Request,
  golden: GoldenTensors,
  { checkpoint, conditioning, init }: Sampling,
): Promise<{ latent: Tensor; checks: Check[] }> {
  const { steps, cfg_scale: cfgScale, denoising_strength: strength, prediction } = request;
  const names = { sampler: request.sampler as SamplerName, scheduler: 'Automatic' } as const;
  const plan = planImg2img(stableDiffusionAlphas(), names, img2imgSteps(steps, strength, false));
  const nmask = golden.tensors.has('latent_mask')
    ? { data: golden.get('latent_mask').data, shape: init.shape.slice(2) }
    : null;
  const checks: Check[] = [['sigmas', maxError(plan.levels, golden.get('sigmas').data), tolerance.sigmas]];
  const guided = guidedDenoiser(watched(checkpoint.unet, golden, checks), {
    preconditioning: preconditioningFor(plan, prediction),
    conditioning: [conditioning],
    cfgScale,
    totalSteps: plan.totalSteps,
    ...(nmask && { blend: maskBlend(init, nmask) }),
  });
  const start = startLatent(plan, init, golden.get('noise'));
  checks.push(['xi', tensorError(start, golden.get('xi')), tolerance.latent]);
  const painted = await runPlan(plan, watchedSteps(guided, golden, checks), start, quietRun(plan));
  return { latent: nmask ? blend(init, painted, nmask) : painted, checks };
}

/** No churn and no fresh noise: Euler asks for neither. */
function quietRun(plan: SamplingPlan) {
  const never = (): never => {
    throw new RangeError(`${plan.sampler} drew noise`);
  };
  return {
    noise: { next: never, skip: () => {} },
    options: { eta: 1, sChurn: 0, sTmin: 0, sTmax: Number.POSITIVE_INFINITY, sNoise: 1 },
  };
}

/** The network, its timesteps and answers compared call by call. */
function watched(network: Network, golden: GoldenTensors, checks: Check[]): Network {
  let step = 0;
  let done = 0;
  return async (x, timesteps, context) => {
    const out = await network(x, timesteps, context);
    const [times, outs] = [golden.get(`step${step}.unet_timestep`), golden.get(`step${step}.unet_out`)];
    const count = timesteps.length;
    const expected = { from: done, to: done + count };
    checks.push([
      `step${step} timestep`,
      maxError(timesteps, times.data.subarray(expected.from, expected.to)),
      tolerance.timestep,
    ]);
    checks.push([`step${step} unet`, tensorError(out, rows(outs, expected.from, expected.to)), tolerance.unet]);
    done += count;
    if (done >= times.data.length) [step, done] = [step + 1, 0]; // contexts of unequal length take two calls
    return out;
  };
}

type Denoise = (x: Tensor, level: number) => Promise<Guided>;

function watchedSteps(denoise: Denoise, golden: GoldenTensors, checks: Check[]): Denoise {
  let step = 0;
  return async (x, level) => {
    const answer = await denoise(x, level);
    checks.push([`step${step} x`, tensorError(x, golden.get(`step${step}.x`)), tolerance.step]);
    checks.push([
      `step${step} denoised`,
      tensorError(answer.guided, golden.get(`step${step}.denoised`)),
      tolerance.step,
    ]);
    step++;
    return answer;
  };
}
