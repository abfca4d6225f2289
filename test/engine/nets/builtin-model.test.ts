import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Checkpoint, openCheckpoint } from '../../../src/engine/pipeline/models.ts';
import { stableDiffusionAlphas } from '../../../src/engine/sampling/alphas.ts';
import { sigmaPreconditioning } from '../../../src/engine/sampling/preconditioning.ts';
import { pairs } from '../../../src/engine/sampling/sampler.ts';
import { discreteSchedule } from '../../../src/engine/sampling/schedule.ts';
import { addScaled, lerp, scale } from '../../../src/engine/tensor/arithmetic.ts';
import { concatRows, rows } from '../../../src/engine/tensor/rows.ts';
import type { Tensor } from '../../../src/engine/tensor/tensor.ts';
import { tensorError } from '../../../src/golden/compare.ts';
import { type GoldenTensors, readGoldenTensors } from '../../../src/golden/tensors.ts';

const model = fileURLToPath(new URL('../../../models/palimpsest-tiny.safetensors', import.meta.url));
const golden = (name: string): Promise<GoldenTensors> =>
  readGoldenTensors(fileURLToPath(new URL(`../../golden/tiny/${name}.safetensors`, import.meta.url)));

describe('the built-in model computes what the framework it was trained with computes:', () => {
  let checkpoint: Checkpoint;
  beforeAll(async () => {
    checkpoint = await openCheckpoint(model, { device: { device: 'cpu' } });
  });
  afterAll(() => checkpoint[Symbol.asyncDispose]());

  test('text', async () => {
    const text = await golden('text');
    const ids = text.get('input_ids');
    const tokenRows = Array.from({ length: ids.shape[0]! }, (_, i) => [...rows(ids, i, i + 1).data]);
    const { states } = await checkpoint.encodeText(tokenRows, 1, []);
    expect(tensorError(states[0]!, text.get('last_hidden_state'))).toBeLessThan(2e-4);
  });

  test('a step of the U-Net, at whole and broken timesteps, in square and other sizes', async () => {
    const unet = await golden('unet');
    const x = unet.get('x');
    const both = (context: Tensor) => concatRows([context, context]);
    for (const prompt of ['empty', 'prompt']) {
      for (const t of [37, 801]) {
        const eps = await checkpoint.unet(x, [t, t], both(unet.get(`context_${prompt}`)));
        expect(tensorError(eps, unet.get(`eps_t${t}_${prompt}`))).toBeLessThan(5e-4);
      }
    }
    const wide = await checkpoint.unet(unet.get('x_24x40'), [500.5], unet.get('context_prompt'));
    expect(tensorError(wide, unet.get('eps_24x40_t500.5_prompt'))).toBeLessThan(5e-4);
  });

  test('picture to latent and back', async () => {
    const vae = await golden('vae');
    expect(tensorError(await checkpoint.encodeMoments(vae.get('pixels')), vae.get('moments'))).toBeLessThan(1e-3);
    const latent = await checkpoint.encodeImage(vae.get('pixels'));
    expect(tensorError(latent, vae.get('latent_scaled'))).toBeLessThan(1e-3 * checkpoint.facts.latentScale);
    expect(tensorError(await checkpoint.decodeLatent(vae.get('latent_scaled')), vae.get('decoded'))).toBeLessThan(1e-3);
  });

  test('five guided steps from noise', async () => {
    const [euler, text] = [await golden('euler5'), await golden('unet')];
    const contexts = concatRows([text.get('context_prompt'), text.get('context_empty')]);
    const given = sigmaPreconditioning(discreteSchedule(stableDiffusionAlphas()), 'eps');
    const sigmas = [...euler.get('sigmas').data];
    let x = euler.get('start');
    for (const [sigma, next] of pairs(sigmas)) {
      const t = given.timestep(sigma);
      const input = scale(given.inputScale(sigma), x);
      const eps = await checkpoint.unet(concatRows([input, input]), [t, t], contexts);
      const guided = lerp(rows(eps, 1, 2), rows(eps, 0, 1), 5);
      x = addScaled(x, next - sigma, guided);
    }
    expect(tensorError(x, euler.get('final'))).toBeLessThan(5e-3);
  });

  test('what its file says of itself is believed', () => {
    const { family, prediction, nativeSize, latentScale, headsAt } = checkpoint.facts;
    expect({ family, prediction, nativeSize, latentScale }).toEqual({
      family: 'sd1',
      prediction: 'eps',
      nativeSize: 256,
      latentScale: 0.18215,
    });
    expect(headsAt(96)).toBe(4);
  });
});
