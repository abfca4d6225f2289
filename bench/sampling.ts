import { samplerNames } from '../src/edit/choices.ts';
import { defaultParams, type Params } from '../src/edit/fields.ts';
import { type NoisePool, openNoisePool } from '../src/engine/noise/noise-pool.ts';
import { paint } from '../src/engine/pipeline/paint.ts';
import { stableDiffusionAlphas } from '../src/engine/sampling/alphas.ts';
import type { Conditioning } from '../src/engine/sampling/conditioning.ts';
import { img2imgSteps } from '../src/engine/sampling/img2img-steps.ts';
import { planImg2img } from '../src/engine/sampling/plan.ts';
import { softMaskBlend } from '../src/engine/sampling/soft-inpainting.ts';
import type { Tensor } from '../src/engine/tensor/tensor.ts';
import { type Measured, median, timed } from './report.ts';

const latent = (side: number, seed: number): Tensor => ({
  data: Float32Array.from({ length: 4 * side * side }, (_, i) => Math.sin(i * seed)),
  shape: [1, 4, side, side],
});
const text: Tensor = { data: new Float32Array(77 * 8), shape: [77, 8] };
const whole = [{ endAt: 1000, cond: text }];
const conditioning: Conditioning = { parts: [{ weight: 1, schedule: whole }], uncond: whole };
/** Steps of a run, and how often it is repeated: enough for a median on a busy machine. */
const [STEPS, TIMES] = [20, 3];
/** A U-Net on a fast GPU. */
const NETWORK_MS = 40;

/**
 * The same prediction for every picture; the calling thread stands still meanwhile, as onnxruntime has it, and no core is busy. Notes how long
 * it was not asked, from an answer to the next call, ms.
 */
function standIn(blockedMs: number) {
  const answer = latent(64, 0.37).data.map((v) => 0.1 * v);
  const clock = new Int32Array(new SharedArrayBuffer(4));
  const gaps: number[] = [];
  let answered: number | undefined;
  const network = async (x: Tensor) => {
    if (answered !== undefined) gaps.push(performance.now() - answered);
    if (blockedMs > 0) await new Promise((resolve) => setImmediate(resolve)); // onnxruntime-node does so
    if (blockedMs > 0) Atomics.wait(clock, 0, 0, blockedMs);
    const data = new Float32Array(x.data.length);
    for (let i = 0; i < data.length; i += answer.length) data.set(answer, i);
    answered = performance.now();
    return { data, shape: x.shape };
  };
  const begin = () => {
    answered = undefined;
  };
  return { network, gaps, begin };
}

/** ms per step of what is around a network: guidance, sampler, noise. The median gap between its calls times the calls of a step; one picture of 512 × 512. */
async function perStep(sampler: Params['sampler'], blockedMs: number, pool?: NoisePool): Promise<number> {
  const params: Params = { ...defaultParams, sampler, steps: STEPS, denoisingStrength: 1, seed: 1, subseed: 1 };
  const plan = planImg2img(stableDiffusionAlphas(), params, img2imgSteps(STEPS, 1, false));
  const { network, gaps, begin } = standIn(blockedMs);
  const batch = { init: latent(64, 0.11), nmask: null, imageConditioning: null, seeds: [1], subseeds: [1] };
  const painting = { network, prediction: 'eps', params, plan, conditioning, onCall: async () => {} } as const;
  const run = async () => {
    begin();
    await paint({ ...painting, ...(pool && { pool }) }, batch);
  };
  await run();
  gaps.length = 0;
  for (let i = 0; i < TIMES; i++) await run();
  const calls = gaps.length / TIMES + 1;
  return (median(gaps) * calls) / STEPS;
}

async function softStep(): Promise<number> {
  const [init, now] = [latent(128, 0.13), latent(128, 0.29)];
  const nmask: Tensor = {
    data: Float32Array.from({ length: 128 * 128 }, (_, i) => (i % 128) / 127),
    shape: [128, 128],
  };
  const blend = softMaskBlend(init, nmask, defaultParams);
  const once = async () => void blend(now, 2.5);
  await once();
  const times: number[] = [];
  for (let i = 0; i < 9; i++) times.push(await timed(once));
  return median(times);
}

/** What sampling costs besides the network. */
export async function sampling(): Promise<readonly Measured[]> {
  const steps: Measured[] = [];
  await using pool = openNoisePool();
  for (const sampler of samplerNames) {
    const step = {
      what: `a step of ${sampler} around a network of ${NETWORK_MS} ms, 64² latents`,
      unit: 'ms',
      limit: 1,
    };
    const alone = { what: 'the same with all noise drawn in the step', unit: 'ms', limit: null };
    const drawn = await perStep(sampler, 0); // first: it finds the code the sampler shares with the others compiled, as later edits do
    steps.push({ ...step, value: await perStep(sampler, NETWORK_MS, pool) }, { ...alone, value: drawn });
  }
  return [
    ...steps,
    { what: 'soft inpainting, a step at 128 × 128 latents', value: await softStep(), unit: 'ms', limit: 30 },
  ];
}
