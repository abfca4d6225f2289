import { samplerNames } from '../src/edit/choices.ts';
import { defaultParams, type Params } from '../src/edit/fields.ts';
import { paint } from '../src/engine/pipeline/paint.ts';
import { stableDiffusionAlphas } from '../src/engine/sampling/alphas.ts';
import type { Conditioning } from '../src/engine/sampling/conditioning.ts';
import { img2imgSteps } from '../src/engine/sampling/img2img-steps.ts';
import { planImg2img } from '../src/engine/sampling/plan.ts';
import { samplers } from '../src/engine/sampling/samplers.ts';
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
const [STEPS, TIMES] = [20, 5];

/** ms per step of what is around the network: guidance, sampler, noise. One picture of 512 × 512. */
async function perStep(sampler: Params['sampler']): Promise<number> {
  const params: Params = { ...defaultParams, sampler, steps: STEPS, denoisingStrength: 1, seed: 1, subseed: 1 };
  const plan = planImg2img(stableDiffusionAlphas(), params, img2imgSteps(STEPS, 1, false));
  const answer = latent(64, 0.37).data.map((v) => 0.1 * v);
  const network = async (x: Tensor) => {
    const data = new Float32Array(x.data.length);
    for (let i = 0; i < data.length; i += answer.length) data.set(answer, i);
    return { data, shape: x.shape };
  };
  const batch = { init: latent(64, 0.11), nmask: null, imageConditioning: null, seeds: [1], subseeds: [1] };
  const painting = { network, prediction: 'eps', params, plan, conditioning, onCall: async () => {} } as const;
  await paint(painting, batch);
  const times: number[] = [];
  for (let i = 0; i < TIMES; i++) times.push((await timed(() => paint(painting, batch))) / STEPS);
  return median(times);
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
  for (const sampler of samplerNames) {
    // A Brownian path is drawn in two dozen halvings for every new time, each a block of noise of its own: that is its definition.
    const limit = samplers[sampler].usesBrownianNoise ? null : 1;
    steps.push({ what: `a step of ${sampler}, 64 × 64 latents`, value: await perStep(sampler), unit: 'ms', limit });
  }
  return [
    ...steps,
    { what: 'soft inpainting, a step at 128 × 128 latents', value: await softStep(), unit: 'ms', limit: 30 },
  ];
}
