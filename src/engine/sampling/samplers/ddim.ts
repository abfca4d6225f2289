import { lincomb, weightedSum } from '../../tensor/arithmetic.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import type { EpsModel, EpsPrediction } from '../sampler.ts';
import { type TimestepRun, transfers } from './timesteps.ts';

/** DDIM: Song et al. 2020 (arXiv 2010.02502), eq. 12. The lowest timestep is only reached, never processed. */
export function sampleDdim(
  model: EpsModel,
  z: Tensor,
  timesteps: readonly number[],
  run: TimestepRun,
): Promise<Tensor> {
  return ddim(model, z, timesteps, { run, direction: ({ guided }) => guided });
}

/** DDIM CFG++: goes on in the direction of the negative prompt alone. Source: Chung et al. 2024 (arXiv 2406.08070), algorithm 2 */
export function sampleDdimCfgpp(
  model: EpsModel,
  z: Tensor,
  timesteps: readonly number[],
  run: TimestepRun,
): Promise<Tensor> {
  return ddim(model, z, timesteps, { run, direction: ({ uncond }) => uncond() });
}

async function ddim(
  model: EpsModel,
  start: Tensor,
  timesteps: readonly number[],
  { run, direction }: { run: TimestepRun; direction: (prediction: EpsPrediction) => Tensor },
): Promise<Tensor> {
  const { eta } = run.options;
  let z = start;
  for (const [i, { t, alpha, next }] of transfers(timesteps, run.alphas).entries()) {
    const prediction = await model(z, t);
    const deviation = eta * Math.sqrt(((1 - next) / (1 - alpha)) * (1 - alpha / next));
    const before = z;
    z = weightedSum([
      [Math.sqrt(next / alpha), z],
      [-Math.sqrt((next * (1 - alpha)) / alpha), prediction.guided],
      [Math.sqrt(1 - next - deviation ** 2), direction(prediction)],
      ...(deviation > 0 ? [[deviation, run.noise.next()] as const] : []),
    ]);
    if (deviation === 0) run.noise.skip(); // as A1111: one draw per step, used or not
    run.onStep?.({ i, sigma: t, sigmaHat: t, x: z, denoised: cleanOf(before, prediction.guided, alpha) });
  }
  return z;
}

/** PLMS: DDIM with ε extrapolated from up to three earlier ones. Source: Liu et al. 2022 (arXiv 2202.09778), eq. 9–12 */
export async function samplePlms(
  model: EpsModel,
  start: Tensor,
  timesteps: readonly number[],
  run: TimestepRun,
): Promise<Tensor> {
  let z = start;
  let past: readonly Tensor[] = []; // ε as predicted, newest first
  for (const [i, { t, tNext, alpha, next }] of transfers(timesteps, run.alphas).entries()) {
    const before = z;
    const along = Math.sqrt(1 - next) - Math.sqrt((next * (1 - alpha)) / alpha);
    const move = (eps: Tensor) => lincomb(Math.sqrt(next / alpha), before, along, eps);
    const { guided: eps } = await model(z, t);
    const better =
      past.length > 0 ? extrapolated(eps, past) : lincomb(0.5, eps, 0.5, (await model(move(eps), tNext)).guided);
    z = move(better);
    past = [eps, ...past].slice(0, 3);
    run.onStep?.({ i, sigma: t, sigmaHat: t, x: z, denoised: cleanOf(before, better, alpha) });
  }
  return z;
}

/** The clean latent that z and its noise ε tell of. */
function cleanOf(z: Tensor, eps: Tensor, alpha: number): Tensor {
  return lincomb(1 / Math.sqrt(alpha), z, -Math.sqrt((1 - alpha) / alpha), eps);
}

/** Adams–Bashforth of as high an order (2 to 4) as there is a past. */
function extrapolated(eps: Tensor, [e1, e2, e3]: readonly Tensor[]): Tensor {
  if (e1 && e2 && e3) {
    return weightedSum([
      [55 / 24, eps],
      [-59 / 24, e1],
      [37 / 24, e2],
      [-9 / 24, e3],
    ]);
  }
  if (e1 && e2) {
    return weightedSum([
      [23 / 12, eps],
      [-16 / 12, e1],
      [5 / 12, e2],
    ]);
  }
  return lincomb(3 / 2, eps, -1 / 2, e1!);
}
