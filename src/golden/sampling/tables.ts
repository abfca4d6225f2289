import { join } from 'node:path';
import type { RandnSource } from '../../edit/choices.ts';
import {
  downcastAlphas,
  scaledLinearBetas,
  stableDiffusionAlphas,
  zeroTerminalSnr,
} from '../../engine/sampling/alphas.ts';
import { brownianNoise, brownianPath } from '../../engine/sampling/brownian.ts';
import { log32 } from '../../engine/sampling/float32.ts';
import { lcmBoundary, skipAndOut } from '../../engine/sampling/preconditioning.ts';
import { rescaledCfg } from '../../engine/sampling/rescale-cfg.ts';
import { lmsCoefficients } from '../../engine/sampling/samplers/lms.ts';
import { ancestralStep } from '../../engine/sampling/samplers/steps.ts';
import { type SkipType, unipcTimes, vpTime } from '../../engine/sampling/samplers/unipc-time.ts';
import { discreteSchedule, lcmSchedule, type Schedule, sigmasOf } from '../../engine/sampling/schedule.ts';
import { concatRows, rows } from '../../engine/tensor/rows.ts';
import { seedSequence } from '../../engine/tensor/seed-sequence.ts';
import { type Check, maxError, maxRelativeError, tensorError } from '../compare.ts';
import { readGoldenTensors } from '../tensors.ts';
import { blocksOf } from './recorded-noise.ts';

const at = (values: readonly number[]) => values.map(Math.fround);

/** Betas, ᾱ and σ of the model, to the last bit; ln σ to one unit in the last place. */
export async function checkModelSchedule(dir: string): Promise<Check[]> {
  const golden = await readGoldenTensors(join(dir, 'model_schedule.safetensors'));
  const alphas = stableDiffusionAlphas();
  const stretched = zeroTerminalSnr(alphas);
  const own: Record<string, ArrayLike<number>> = {
    betas64: scaledLinearBetas(),
    alphas_cumprod: alphas,
    sigmas: sigmasOf(alphas),
    alphas_cumprod_zsnr: stretched,
    sigmas_zsnr: sigmasOf(stretched),
    alphas_cumprod_downcast: downcastAlphas(alphas),
  };
  const exact = Object.entries(own).map(
    ([name, values]) => [name, maxError(values, golden.tensors.get(name)!.data), 0] as const,
  );
  const logs = maxRelativeError(sigmasOf(alphas).map(log32), golden.get('log_sigmas').data);
  return [...exact, ['log_sigmas', logs, 2 ** -23]];
}

/** σ → t and back for one kind of schedule. */
export interface ConversionsGolden {
  readonly sigma_in: readonly number[];
  readonly t_in: readonly number[];
  readonly eps: ConversionTable;
  readonly zsnr: ConversionTable;
  readonly lcm: ConversionTable & Record<'sigmas' | 'boundary_c_out' | 'boundary_c_skip', readonly number[]>;
  readonly eps_scalings: Record<'c_in' | 'c_out', readonly number[]>;
  readonly v_scalings: Record<'c_in' | 'c_out' | 'c_skip', readonly number[]>;
}

interface ConversionTable {
  readonly sigma_to_t: readonly number[];
  readonly sigma_to_t_quantized?: readonly number[];
  readonly t_to_sigma: readonly number[];
}

/** Conversions between σ and timestep, and the factors around the network. */
export function checkConversions(golden: ConversionsGolden): Check[] {
  const alphas = stableDiffusionAlphas();
  const stretched = zeroTerminalSnr(alphas);
  const lcm = lcmSchedule(alphas);
  const sigmas = at(golden.sigma_in);
  const cIn = sigmas.map((sigma) => 1 / Math.sqrt(sigma ** 2 + 1));
  const [eps, v] = (['eps', 'v'] as const).map((kind) => sigmas.map((sigma) => skipAndOut(kind, sigma)));
  const boundary = sigmas.map((sigma) => lcmBoundary(lcm.sigmaToT(sigma)));
  const relative = (what: string, got: ArrayLike<number>, want: ArrayLike<number>): Check => [
    what,
    maxRelativeError(got, want),
    2e-6,
  ];
  return [
    ...tableChecks('eps', golden, golden.eps, [discreteSchedule(alphas), discreteSchedule(alphas, { quantize: true })]),
    ...tableChecks('zsnr', golden, golden.zsnr, [
      discreteSchedule(stretched),
      discreteSchedule(stretched, { quantize: true }),
    ]),
    ...tableChecks('lcm', golden, golden.lcm, [lcm, lcm]),
    relative('lcm sigmas', lcm.sigmas, golden.lcm.sigmas),
    relative(
      'lcm c_out',
      boundary.map(({ cOut }) => cOut),
      golden.lcm.boundary_c_out,
    ),
    relative(
      'lcm c_skip',
      boundary.map(({ cSkip }) => cSkip),
      golden.lcm.boundary_c_skip,
    ),
    relative('eps c_in', cIn, golden.eps_scalings.c_in),
    relative(
      'eps c_out',
      eps!.map(({ cOut }) => cOut),
      golden.eps_scalings.c_out,
    ),
    relative('v c_in', cIn, golden.v_scalings.c_in),
    relative(
      'v c_out',
      v!.map(({ cOut }) => cOut),
      golden.v_scalings.c_out,
    ),
    relative(
      'v c_skip',
      v!.map(({ cSkip }) => cSkip),
      golden.v_scalings.c_skip,
    ),
  ];
}

function tableChecks(
  kind: string,
  { sigma_in: sigmas, t_in: ts }: ConversionsGolden,
  table: ConversionTable,
  [plain, quantized]: readonly [Schedule, Schedule],
): Check[] {
  const quantizedError = table.sigma_to_t_quantized
    ? maxError(at(sigmas).map(quantized.sigmaToT), table.sigma_to_t_quantized)
    : 0;
  return [
    [`${kind} sigma_to_t`, maxRelativeError(at(sigmas).map(plain.sigmaToT), table.sigma_to_t), 2e-6],
    [`${kind} sigma_to_t quantized`, quantizedError, 0],
    [`${kind} t_to_sigma`, maxRelativeError(at(ts).map(plain.tToSigma), table.t_to_sigma), 2e-6],
  ];
}

/** Parts of samplers that have numbers of their own. */
export interface PiecesGolden {
  readonly lms: { readonly sigmas: readonly number[]; readonly coeffs: readonly (readonly number[])[] };
  readonly ancestral: { readonly rows: readonly (readonly number[])[] };
  readonly unipc: Record<'t' | 'log_alpha' | 'std' | 'lambda' | 'inverse_lambda', readonly number[]> & {
    readonly time_steps: Readonly<Record<SkipType, Readonly<Record<string, readonly number[]>>>>;
  };
}

/** LMS coefficients, ancestral splits and UniPC's times. */
export function checkPieces({ lms, ancestral, unipc }: PiecesGolden): Check[] {
  const time = vpTime(stableDiffusionAlphas());
  const lmsErrors = lms.coeffs.map((row, i) => {
    return maxError(lmsCoefficients(at(lms.sigmas), i), row) / Math.max(...row.map(Math.abs));
  });
  const splits = ancestral.rows.flatMap(([from = 0, to = 0, eta = 0, down = 0, up = 0]) => {
    const split = ancestralStep(Math.fround(from), Math.fround(to), eta);
    return [Math.abs(split.down - down), Math.abs(split.up - up)];
  });
  const grids = Object.entries(unipc.time_steps).flatMap(([skip, grid]) =>
    Object.entries(grid).map(([steps, want]): Check => {
      const got = unipcTimes(time, skip as SkipType, Number(steps), [1, 0.001]);
      return [`UniPC ${skip} ${steps}`, maxRelativeError(got, want), 1e-4];
    }),
  );
  return [
    ['LMS coefficients', Math.max(...lmsErrors), 1e-6],
    ['ancestral splits', Math.max(...splits), 1e-4],
    ['UniPC log_alpha', maxRelativeError(unipc.t.map(time.logAlpha), unipc.log_alpha), 1e-4],
    ['UniPC std', maxRelativeError(unipc.t.map(time.std), unipc.std), 1e-4],
    ['UniPC lambda', maxRelativeError(unipc.t.map(time.lambda), unipc.lambda), 1e-4],
    ['UniPC inverse_lambda', maxRelativeError(unipc.lambda.map(time.inverseLambda), unipc.inverse_lambda), 1e-4],
    ...grids,
  ];
}

/** Guidance with rescaled contrast; every picture of the file has its own σ. */
export async function checkRescaleCfg(dir: string): Promise<Check[]> {
  const golden = await readGoldenTensors(join(dir, 'rescale_cfg.safetensors'));
  const [x, cond, uncond] = ['input', 'denoised_cond', 'denoised_uncond'].map(golden.get);
  const images = Array.from(golden.get('sigma').data, (sigma, i) => {
    const only = (all: typeof x) => rows(all!, i, i + 1);
    const input = {
      x: only(x),
      cond: only(cond),
      uncond: only(uncond),
      sigma,
      cfgScale: Number(golden.metadata.cond_scale),
    };
    return rescaledCfg(input, Number(golden.metadata.multiplier));
  });
  return [['output', tensorError(concatRows(images), golden.get('output')), 1e-5]];
}

/** Seeds and queries of the reference's Brownian trees. */
export interface BrownianGolden {
  readonly seed_sequence: readonly {
    readonly entropy: number;
    readonly spawn_key: readonly number[];
    readonly pool_size: number;
    readonly state4: readonly number[];
  }[];
  readonly trees: readonly BrownianTreeGolden[];
}

/** One tree per seed, and what it answered. */
export interface BrownianTreeGolden {
  readonly key: string;
  readonly randn_source: RandnSource;
  readonly seeds: readonly number[];
  readonly sigma_min: number;
  readonly sigma_max: number;
  readonly queries: readonly (readonly [from: number, to: number])[];
}

/** numpy's SeedSequence, word by word. */
export function checkSeedSequence({ seed_sequence: cases }: BrownianGolden): Check[] {
  return cases.map(({ entropy, spawn_key: spawnKey, pool_size: poolSize, state4 }) => {
    const words = seedSequence(entropy, state4.length, { spawnKey, poolSize });
    return [`seed ${entropy}, key [${spawnKey}]`, maxError(words, state4), 0] as const;
  });
}

/** Every answer of a tree, and the whole increment of its first path. */
export async function checkBrownianTree(dir: string, tree: BrownianTreeGolden): Promise<Check[]> {
  const golden = await readGoldenTensors(join(dir, 'brownian.safetensors'));
  const want = blocksOf(golden.get(tree.key));
  const ends = [Math.fround(tree.sigma_min), Math.fround(tree.sigma_max)] as const;
  const options = { source: tree.randn_source, shape: want[0]!.shape.slice(1), seeds: tree.seeds };
  const noise = brownianNoise(ends, options);
  const answers = tree.queries.map(
    ([from, to], i): Check => [
      `${from} → ${to}`,
      maxError(noise(Math.fround(from), Math.fround(to)).data, want[i]!.data),
      2e-6,
    ],
  );
  const whole = brownianPath(ends, tree.seeds[0]!, options)(...ends);
  return [...answers, ['whole increment', maxError(whole.data, golden.get(`${tree.key}_w_total`).data), 2e-6]];
}
