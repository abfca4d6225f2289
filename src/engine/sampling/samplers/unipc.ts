import { lincomb, type Term, weightedSum } from '../../tensor/arithmetic.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import type { EpsModel } from '../sampler.ts';
import type { TimestepRun } from './timesteps.ts';
import { type SkipType, unipcTimes, type VpTime, vpTime } from './unipc-time.ts';
import { correctorWeights, predictorWeights, type UnipcVariant } from './unipc-weights.ts';

/** How UniPC is tuned; names and values are A1111's options `uni_pc_…`. */
export interface UnipcOptions {
  readonly variant: UnipcVariant;
  readonly skipType: SkipType;
  /** 1…50; never more than there are steps. */
  readonly order: number;
  /** Lower orders towards the end, for stability with few steps. */
  readonly lowerOrderFinal: boolean;
}

/** A1111's defaults. */
export const unipcDefaults: UnipcOptions = {
  variant: 'bh1',
  skipType: 'time_uniform',
  order: 3,
  lowerOrderFinal: true,
};

/** What UniPC alone wants to know about a run. */
export interface UnipcRun {
  readonly unipc?: UnipcOptions;
  /** False when the start latent is pure noise. */
  readonly isImg2img?: boolean;
}

/** A time UniPC has been at, and the clean latent predicted there. */
interface Point {
  readonly tau: number;
  readonly clean: Tensor;
}

/**
 * UniPC: multistep predictor and corrector on predicted clean latents; as many model calls as timesteps.
 * Source: Zhao et al. 2023 (arXiv 2302.04867), algorithms 5–8; A1111 modules/models/diffusion/uni_pc
 *
 * @param timesteps  ascending; only their number and the highest one count
 */
export async function sampleUnipc(
  model: EpsModel,
  start: Tensor,
  timesteps: readonly number[],
  run: TimestepRun & UnipcRun,
): Promise<Tensor> {
  const { unipc: options = unipcDefaults, isImg2img = true } = run;
  const steps = timesteps.length;
  if (steps === 0) return start;
  const training = run.alphas.length;
  const time = vpTime(run.alphas);
  const tauStart = isImg2img ? timesteps.at(-1)! / training + 1 / training : 1;
  const taus = unipcTimes(time, options.skipType, steps, [tauStart, 1 / training]);
  const order = Math.min(options.order, steps);

  const predictClean = async (z: Tensor, tau: number): Promise<Point> => {
    const { guided } = await model(z, (tau - 1 / training) * training);
    const alpha = Math.exp(time.logAlpha(tau));
    return { tau, clean: lincomb(1 / alpha, z, -time.std(tau) / alpha, guided) };
  };

  let z = start;
  let past: readonly Point[] = [await predictClean(z, taus[0]!)]; // newest first
  for (let k = 1; k <= steps; k++) {
    const now = options.lowerOrderFinal ? Math.min(order, steps + 1 - k) : order;
    const step = { time, variant: options.variant, past: past.slice(0, k < order ? k : now), tau: taus[k]! };
    const predicted = predict(z, step);
    const reached = k < steps ? await predictClean(predicted, step.tau) : undefined;
    z = reached ? correct(z, step, reached) : predicted;
    if (reached) past = [reached, ...past].slice(0, order);
    run.onStep?.({ i: k - 1, sigma: step.tau, sigmaHat: step.tau, x: z, denoised: reached?.clean });
  }
  return z;
}

/** One step of the multistep solver: what is known, newest first, and the time to reach. As many points as its order. */
interface Step {
  readonly time: VpTime;
  readonly variant: UnipcVariant;
  readonly past: readonly Point[];
  readonly tau: number;
}

function predict(z: Tensor, step: Step): Tensor {
  const { hh, ratios } = spacing(step);
  return advance(z, step, differences(step, predictorWeights(step.variant, hh, ratios), ratios));
}

/** The step again, now that the prediction at its end is known. */
function correct(z: Tensor, step: Step, reached: Point): Tensor {
  const { hh, ratios } = spacing(step);
  const weights = correctorWeights(step.variant, hh, ratios);
  const [[newest, clean], ...older] = differences(step, weights, ratios);
  const last = weights.at(-1)!;
  return advance(z, step, [[newest - last, clean], ...older, [last, reached.clean]]);
}

/** −h, the step's length in λ, and where the older points lie in units of h (negative: before the start). */
function spacing({ time, past, tau }: Step): { readonly hh: number; readonly ratios: readonly number[] } {
  const from = time.lambda(past[0]!.tau);
  const h = time.lambda(tau) - from;
  return { hh: -h, ratios: past.slice(1).map((point) => (time.lambda(point.tau) - from) / h) };
}

/** Σ wᵢ·(mᵢ − m₀)/rᵢ over the older points, as terms of a sum: that of m₀ first. */
function differences(
  { past }: Step,
  weights: readonly number[],
  ratios: readonly number[],
): readonly [Term, ...Term[]] {
  const each = ratios.map((r, i): Term => [weights[i]! / r, past[i + 1]!.clean]);
  return [[-each.reduce((sum, [weight]) => sum + weight, 0), past[0]!.clean], ...each];
}

/** The first-order step, less α(τ) times the given terms, of which the first is the newest point's. */
function advance(
  z: Tensor,
  { time, past, tau }: Step,
  [[newest, clean], ...others]: readonly [Term, ...Term[]],
): Tensor {
  const from = past[0]!.tau;
  const alpha = Math.exp(time.logAlpha(tau));
  const phi1 = Math.expm1(time.lambda(from) - time.lambda(tau));
  return weightedSum([
    [time.std(tau) / time.std(from), z],
    [-alpha * (phi1 + newest), clean],
    ...others.map(([weight, x]): Term => [-alpha * weight, x]),
  ]);
}
