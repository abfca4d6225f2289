import { describe, expect, test } from 'vitest';
import { samplerNames } from '../../../src/edit/choices.ts';
import { defaultParams } from '../../../src/edit/fields.ts';
import { type Draw, drawerOf, runNoise } from '../../../src/engine/noise/draws.ts';
import { rehearse } from '../../../src/engine/noise/rehearsal.ts';
import { stableDiffusionAlphas } from '../../../src/engine/sampling/alphas.ts';
import { img2imgSteps } from '../../../src/engine/sampling/img2img-steps.ts';
import { planImg2img, runPlan, samplerOptions } from '../../../src/engine/sampling/plan.ts';
import { samplers } from '../../../src/engine/sampling/samplers.ts';
import { scale } from '../../../src/engine/tensor/arithmetic.ts';

const start = { data: Float32Array.from({ length: 64 }, (_, i) => 9 * Math.sin(i)), shape: [1, 4, 4, 4] };

describe.each(samplerNames)('the rehearsal of %s', (sampler) => {
  test.each([
    [20, 1, {}],
    [37, 0.6, { eta: 0.5, sChurn: 4 }],
    [12, 0.75, { eta: 0 }],
  ] as const)('foresees what is drawn in %i steps of strength %f with %j', async (steps, strength, tuning) => {
    const cut = img2imgSteps(steps, strength, false);
    const plan = planImg2img(stableDiffusionAlphas(), { sampler, scheduler: 'Automatic' }, cut);
    const options = samplerOptions(sampler, { ...defaultParams, ...tuning });
    const drawn: Draw[] = [];
    const draw = drawerOf({ source: 'NV', shape: [4, 4, 4], seeds: [1], sigmas: plan.sigmas });
    const noise = runNoise((wanted) => {
      drawn.push(wanted);
      return draw(wanted);
    });
    const half = scale(0.5, start);
    await runPlan(plan, async () => ({ guided: half, uncond: () => half, preview: () => half }), start, {
      ...noise,
      options,
    });
    const foreseen = await rehearse(plan, options);
    expect(foreseen.slice(0, drawn.length)).toEqual(drawn);
    if (!samplers[sampler].choosesSteps) expect(foreseen).toHaveLength(drawn.length);
  });
});
