import type { SamplerName, SchedulerName } from '../../edit/choices.ts';
import { automaticScheduler, samplerNames, schedulerNames } from '../../edit/choices.ts';
import { resolveSampler, schedulerSpellings } from '../../edit/sampler-names.ts';
import { settingsOf } from '../../edit/sampler-settings.ts';
import { stableDiffusionAlphas, zeroTerminalSnr } from '../../engine/sampling/alphas.ts';
import { img2imgSigmas, img2imgSteps } from '../../engine/sampling/img2img-steps.ts';
import { planImg2img } from '../../engine/sampling/plan.ts';
import { samplers } from '../../engine/sampling/samplers.ts';
import { type SigmasOptions, scheduleFor, sigmasFor, timestepsFor } from '../../engine/sampling/sigmas.ts';
import { type Check, maxError, maxRelativeError } from '../compare.ts';

const TOLERANCE = 3e-6;

/** A schedule the reference made under changed options, or for a sampler's own type. */
export interface ScheduleRow {
  readonly sampler: SamplerName;
  readonly scheduler: SchedulerName;
  readonly n: number;
  readonly options?: Readonly<Record<string, number | boolean>>;
  readonly sigmas: readonly number[];
}

/** Schedules of one type for one model, by number of steps. */
export function checkScheduler(
  model: string,
  scheduler: string,
  byCount: Readonly<Record<string, readonly number[]>>,
): Check[] {
  const alphas = model === 'zero_terminal_snr' ? zeroTerminalSnr(stableDiffusionAlphas()) : stableDiffusionAlphas();
  const sampler: SamplerName = model === 'lcm_wrapper_50' ? 'LCM' : 'Euler';
  const names = { sampler, scheduler: scheduler as SchedulerName };
  return Object.entries(byCount).map(([n, want]) => {
    const got = sigmasFor(scheduleFor(sampler, alphas), names, Number(n), { isSdxl: model === 'sdxl' });
    return [`n = ${n}`, maxRelativeError(got, want), TOLERANCE] as const;
  });
}

/** One row of `variants` or `automatic`. */
export function checkScheduleRow({ sampler, scheduler, n, options = {}, sigmas }: ScheduleRow): Check[] {
  const schedule = scheduleFor(sampler, stableDiffusionAlphas(), { quantize: options.enable_quantization === true });
  const got = sigmasFor(schedule, { sampler, scheduler }, n, sigmasOptions(options));
  return [['sigmas', maxRelativeError(got, sigmas), TOLERANCE]];
}

/** A1111's options that bend schedules, its defaults where they are not set. */
export function sigmasOptions(options: Readonly<Record<string, unknown>>): SigmasOptions {
  const number = (key: string, otherwise: number) => (typeof options[key] === 'number' ? options[key] : otherwise);
  return {
    sigmaMin: number('sigma_min', 0),
    sigmaMax: number('sigma_max', 0),
    rho: number('rho', 0),
    betaAlpha: number('beta_dist_alpha', 0.6),
    betaBeta: number('beta_dist_beta', 0.6),
    useOldKarrasSchedulerSigmas: options.use_old_karras_scheduler_sigmas === true,
    alwaysDiscardNextToLastSigma: options.always_discard_next_to_last_sigma === true,
  };
}

/** Step counts and cut schedules of img2img. */
export interface StepsGolden {
  readonly img2img_steps: readonly (readonly [fix: number, steps: number, strength: number, n: number, tEnc: number])[];
  readonly ddim_timesteps: Readonly<Record<string, readonly number[]>>;
  readonly img2img_sigma_sched: readonly CutSchedule[];
}

interface CutSchedule {
  readonly sampler: SamplerName;
  readonly scheduler: SchedulerName;
  readonly steps: number;
  readonly denoising_strength: number;
  readonly fix_steps: boolean;
  readonly schedule_steps: number;
  readonly t_enc: number;
  readonly n_full: number;
  readonly sigma_sched: readonly number[];
  readonly cfg_total_steps: number;
}

/** How many steps img2img makes, and over which levels. */
export function checkSteps(golden: StepsGolden): Check[] {
  const counts = golden.img2img_steps.map(([fix, steps, strength, n, tEnc]): Check => {
    const got = img2imgSteps(steps, strength, fix === 1);
    return [`${steps} steps at ${strength}, fix ${fix}`, maxError([got.scheduleSteps, got.tEnc], [n, tEnc]), 0];
  });
  const timesteps = Object.entries(golden.ddim_timesteps).map(
    ([n, want]): Check => [`${n} timesteps`, maxError(timestepsFor(Number(n)), want), 0],
  );
  return [...counts, ...timesteps, ...golden.img2img_sigma_sched.flatMap(checkCut)];
}

function checkCut(golden: CutSchedule): Check[] {
  const { sampler, scheduler, steps, denoising_strength: strength, fix_steps: fix } = golden;
  const counted = img2imgSteps(steps, strength, fix);
  const plan = planImg2img(stableDiffusionAlphas(), { sampler, scheduler }, counted);
  const what = `${sampler}, ${scheduler}, ${steps} steps at ${strength}`;
  return [
    [`${what}: counts`, maxError([counted.scheduleSteps, counted.tEnc], [golden.schedule_steps, golden.t_enc]), 0],
    [`${what}: whole length`, Math.abs(plan.sigmas.length - golden.n_full), 0],
    [`${what}: sigmas`, maxRelativeError(img2imgSigmas(plan.sigmas, counted), golden.sigma_sched), TOLERANCE],
    [`${what}: calls planned`, Math.abs(plan.totalSteps - golden.cfg_total_steps), 0],
  ];
}

/** Names and traits of samplers and schedule types, and what combined names mean. */
export interface RegistryGolden {
  readonly samplers: readonly {
    readonly name: string;
    readonly aliases: readonly string[];
    readonly options: Readonly<Record<string, unknown>>;
  }[];
  readonly schedulers: readonly {
    readonly name: string;
    readonly label: string;
    readonly aliases: readonly string[] | null;
  }[];
  readonly resolve: readonly (readonly [string, string | null, boolean, string, string])[];
}

/** Every row of the registry; a check is 0 or 1 off. */
export function checkRegistry(golden: RegistryGolden): Check[] {
  const same = (what: string, got: unknown, want: unknown): Check => [
    what,
    JSON.stringify(got) === JSON.stringify(want) ? 0 : 1,
    0,
  ];
  const traits = golden.samplers.map(({ name, aliases, options }) => {
    const own = samplers[name as SamplerName];
    const automatic = automaticScheduler[name as SamplerName];
    const scheduler = automatic && schedulerSpellings[automatic][0];
    const flags = [
      settingsOf(name as SamplerName).discardsNextToLastSigma,
      own.secondOrder,
      own.usesBrownianNoise,
      own.usesEnsd,
    ].map(Boolean);
    const keys = ['discard_next_to_last_sigma', 'second_order', 'brownian_noise', 'uses_ensd'];
    const want = [aliases, options.scheduler, keys.map((key) => options[key] === true)];
    return same(name, [own.aliases, scheduler, flags], want);
  });
  const types = golden.schedulers.map(({ name, label, aliases }) => {
    const [own, ...others] = schedulerSpellings[label as SchedulerName];
    return same(label, [own, others.length > 0 ? others : null], [name, aliases]);
  });
  const resolved = golden.resolve.map(([sampler, scheduler, toAutomatic, ...want]) => {
    const got = resolveSampler(sampler, scheduler ?? undefined, { toAutomatic });
    return same(`${sampler} + ${scheduler}`, [got.sampler, got.scheduler], want);
  });
  return [
    same(
      'order of samplers',
      samplerNames,
      golden.samplers.map(({ name }) => name),
    ),
    same(
      "order of A1111's schedule types",
      schedulerNames.slice(0, golden.schedulers.length),
      golden.schedulers.map(({ label }) => label),
    ),
    ...traits,
    ...types,
    ...resolved,
  ];
}
