import { describe, expect, test } from 'vitest';
import { type SamplerName, samplerNames, schedulerNames } from '../../../src/edit/choices.ts';
import { defaultParams, type Params } from '../../../src/edit/fields.ts';
import { settingsOf } from '../../../src/edit/sampler-settings.ts';
import { stableDiffusionAlphas } from '../../../src/engine/sampling/alphas.ts';
import { brownianNoise } from '../../../src/engine/sampling/brownian.ts';
import type { Guided } from '../../../src/engine/sampling/guidance.ts';
import { img2imgSteps } from '../../../src/engine/sampling/img2img-steps.ts';
import { planImg2img, runPlan, samplerOptions, startLatent } from '../../../src/engine/sampling/plan.ts';
import { samplers } from '../../../src/engine/sampling/samplers.ts';
import { lincomb } from '../../../src/engine/tensor/arithmetic.ts';
import { imageRng } from '../../../src/engine/tensor/image-rng.ts';
import type { Tensor } from '../../../src/engine/tensor/tensor.ts';

const clean: Tensor = { data: Float32Array.from({ length: 64 }, (_, i) => Math.sin(i)), shape: [1, 4, 4, 4] };

/** How a run differs from the usual. */
interface Case {
  readonly given?: Partial<Params>;
  /** How much of the answer is the question: 0 for a model that knows the answer. */
  readonly echo?: number;
}

/** Paints with a model that knows the answer, or all but. */
async function paint(sampler: SamplerName, steps: number, strength: number, { given = {}, echo = 0 }: Case = {}) {
  const params = { ...defaultParams, ...given };
  const plan = planImg2img(
    stableDiffusionAlphas(),
    { sampler, scheduler: params.scheduler },
    img2imgSteps(steps, strength, false),
    params,
  );
  const rng = imageRng({ source: 'NV', shape: [4, 4, 4], seeds: [1] });
  const start = startLatent(plan, clean, rng.next());
  let calls = 0;
  const guided = async (x: Tensor, level: number): Promise<Guided> => {
    calls++;
    const alpha = plan.schedule.alphas[Math.min(Math.trunc(level), 999)]!;
    const eps = lincomb(1 / Math.sqrt(1 - alpha), x, -Math.sqrt(alpha / (1 - alpha)), clean);
    const answer = lincomb(1 - echo, samplers[sampler].space === 'sigmas' ? clean : eps, echo, x);
    return { guided: answer, uncond: () => answer, preview: () => clean };
  };
  const painted = await runPlan(plan, guided, start, {
    noise: rng,
    options: samplerOptions(sampler, params),
    ...(plan.sigmas.length > 0 && {
      brownian: brownianNoise(plan.sigmas, { source: 'NV', shape: [4, 4, 4], seeds: [1] }),
    }),
  });
  return { painted, plan, calls };
}

describe.each(samplerNames)('%s', (sampler) => {
  test('ends near the clean latent when the model knows it', async () => {
    const { painted, calls } = await paint(sampler, 12, 0.75);
    expect(calls).toBeGreaterThan(5);
    const rest = Math.max(...painted.data.map((value, i) => Math.abs(value - clean.data[i]!)));
    expect(rest).toBeLessThan(0.35);
  });

  test('finishes with finite numbers at a single step and at no strength', async () => {
    for (const [steps, strength] of [
      [1, 1],
      [1, 0.5],
      [20, 0],
      [2, 0.999],
    ] as const) {
      const { painted } = await paint(sampler, steps, strength);
      expect(painted.data.every(Number.isFinite)).toBe(true);
    }
  });

  test('ends when the network answers no numbers', async () => {
    const { painted } = await paint(sampler, 6, 0.75, { echo: Number.NaN });
    expect(painted.data.every(Number.isNaN)).toBe(true);
  });

  test('looks at the settings that it is said to look at, and at no others', async () => {
    const run = async (given: Partial<Params>) =>
      (await paint(sampler, 12, 0.75, { given, echo: 0.2 })).painted.data.join();
    const [plain, churned] = [await run({}), await run({ sChurn: 6 })];
    const { eta, churn, noise, discardsNextToLastSigma, schedule } = settingsOf(sampler);
    expect(await run({ eta: eta?.own ?? -1 })).toBe(plain);
    expect((await run({ eta: 0.5 })) !== plain, 'eta').toBe(eta !== null);
    expect(churned !== plain, 'sChurn').toBe(churn);
    expect((await run({ sChurn: 6, sTmin: 1 })) !== churned, 'sTmin').toBe(churn);
    expect((await run({ sChurn: 6, sTmax: 1 })) !== churned, 'sTmax').toBe(churn);
    expect((await run({ sChurn: 6, sNoise: 1.05 })) !== churned, 'sNoise').toBe(noise);
    expect((await run({ alwaysDiscardNextToLastSigma: true })) !== plain, 'discard').toBe(!discardsNextToLastSigma);
    expect((await run({ scheduler: 'SGM Uniform' })) !== plain, 'scheduler').toBe(schedule);
  });
});

test('a schedule of every type starts high, falls, and has the levels that were asked for', () => {
  for (const scheduler of schedulerNames) {
    const { sigmas } = planImg2img(
      stableDiffusionAlphas(),
      { sampler: 'Euler', scheduler },
      img2imgSteps(20, 1, false),
    );
    expect(sigmas.length).toBeGreaterThanOrEqual(21);
    expect(sigmas.slice(1).every((sigma, i) => sigma < sigmas[i]!)).toBe(true);
  }
});

test('nothing is planned where no step would be made', () => {
  const alphas = stableDiffusionAlphas();
  const names = { sampler: 'DDIM', scheduler: 'Automatic' } as const;
  expect(planImg2img(alphas, names, img2imgSteps(20, 0, false)).isIdle).toBe(true);
  expect(planImg2img(alphas, { ...names, sampler: 'Euler' }, img2imgSteps(20, 0, true)).isIdle).toBe(true);
  expect(planImg2img(alphas, names, img2imgSteps(20, 0.5, false)).isIdle).toBe(false);
});
