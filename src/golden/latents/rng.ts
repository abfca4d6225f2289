import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { RandnSource } from '../../edit/choices.ts';
import { jobSeeds } from '../../engine/sampling/job-seeds.ts';
import { generatorFor } from '../../engine/tensor/generator.ts';
import { imageRng } from '../../engine/tensor/image-rng.ts';
import { mt19937 } from '../../engine/tensor/mt19937.ts';
import { numpyRandom, pcg64State } from '../../engine/tensor/pcg64.ts';
import { philox } from '../../engine/tensor/philox.ts';
import { slerp } from '../../engine/tensor/slerp.ts';
import type { Tensor } from '../../engine/tensor/tensor.ts';
import { attempt, type Check, maxError, tensorError } from '../compare.ts';
import { readJson } from '../img2img/case.ts';
import type { GoldenOutcome } from '../outcome.ts';
import { readGoldenTensors } from '../tensors.ts';

const area = 'img2img/rng';

/** Random numbers: the generators word by word, and the noise of batches of pictures. Files that are not there are passed over. */
export async function* goldenRng(dir: string): AsyncGenerator<GoldenOutcome> {
  for (const [file, cases] of Object.entries(casesByFile)) {
    if (!existsSync(join(dir, file))) continue;
    for (const [name, check] of await cases(dir, file)) yield await attempt(area, name, async () => check());
  }
}

type Case = readonly [name: string, check: () => readonly Check[]];

const casesByFile: Readonly<Record<string, (dir: string, file: string) => Promise<Case[]>>> = {
  'cpu_randn.json': single('CPU', 2e-6),
  'nv_randn.json': single('NV', 1e-6),
  'cpu_sequence.json': sequence('CPU', 2e-6),
  'nv_sequence.json': sequence('NV', 1e-6),
  'cpu_uniform.json': uniform,
  'philox_words.json': philoxWords,
  'image_rng.json': imageNoise,
  'slerp.safetensors': slerps,
  'job_seeds.json': seedsOfJobs,
  'pcg64_seed0.json': pcg64,
};

/** A block of normals, cut down to its ends and sums. */
interface Block {
  readonly shape: readonly number[];
  readonly first: readonly number[];
  readonly last: readonly number[];
  readonly sum: number;
  readonly sumsq: number;
}

function blockChecks(got: Tensor, want: Block, tolerance: number, what = ''): Check[] {
  const values = Array.from(got.data);
  const sum = (of: readonly number[]) => of.reduce((a, b) => a + b, 0);
  // Sums of n values may be off by n times what each may be.
  const size = values.length;
  return [
    [`${what}first values`, maxError(values.slice(0, want.first.length), want.first), tolerance],
    [`${what}last values`, maxError(values.slice(size - want.last.length), want.last), tolerance],
    [`${what}sum`, Math.abs(sum(values) - want.sum), tolerance * size],
    [`${what}sum of squares`, Math.abs(sum(values.map((v) => v * v)) - want.sumsq), 12 * tolerance * size],
  ];
}

function single(source: RandnSource, tolerance: number) {
  return async (dir: string, file: string): Promise<Case[]> => {
    const cases = await readJson<(Block & { seed: number })[]>(dir, file);
    return cases.map((one) => [
      `${source} seed ${one.seed}, [${one.shape}]`,
      () => blockChecks(generatorFor(source, one.seed).randn(one.shape), one, tolerance),
    ]);
  };
}

function sequence(source: RandnSource, tolerance: number) {
  return async (dir: string, file: string): Promise<Case[]> => {
    const cases = await readJson<{ seed: number; draws: Block[] }[]>(dir, file);
    return cases.map(({ seed, draws }) => [
      `${source} sequence of seed ${seed}`,
      () => {
        const generator = generatorFor(source, seed);
        return draws.flatMap((one, i) => blockChecks(generator.randn(one.shape), one, tolerance, `draw ${i}: `));
      },
    ]);
  };
}

async function uniform(dir: string, file: string): Promise<Case[]> {
  const cases = await readJson<{ seed: number; torch_rand_float32: number[] }[]>(dir, file);
  return cases.map(({ seed, torch_rand_float32: want }) => [
    `uniform of seed ${seed}`,
    () => {
      const word = mt19937(seed);
      return [
        [
          'values',
          maxError(
            want.map(() => (word() & 0xffffff) * 2 ** -24),
            want,
          ),
          0,
        ],
      ];
    },
  ]);
}

async function philoxWords(dir: string, file: string): Promise<Case[]> {
  const cases = await readJson<({ seed: number; offset: number } & Record<'g0' | 'g1' | 'g2' | 'g3', number[]>)[]>(
    dir,
    file,
  );
  return cases.map(({ seed, offset, ...want }) => [
    `Philox words of seed ${seed}, offset ${offset}`,
    () => {
      const key = [seed >>> 0, Math.floor(seed / 2 ** 32) >>> 0] as const;
      const words = want.g0.map((_, i) => philox([offset, 0, i, 0], key));
      return [want.g0, want.g1, want.g2, want.g3].map((g, w) => [
        `g${w}`,
        maxError(
          words.map((four) => four[w]!),
          g,
        ),
        0,
      ]);
    },
  ]);
}

interface ImageNoiseCase {
  readonly key: string;
  readonly source: RandnSource;
  readonly shape: readonly [number, number, number];
  readonly eta_noise_seed_delta: number;
  readonly seeds: readonly number[];
  readonly subseeds?: readonly number[];
  readonly subseed_strength?: number;
  readonly seed_resize_from_w?: number;
  readonly seed_resize_from_h?: number;
}

async function imageNoise(dir: string, file: string): Promise<Case[]> {
  const golden = await readGoldenTensors(join(dir, 'image_rng.safetensors'));
  return (await readJson<ImageNoiseCase[]>(dir, file)).map((one) => [
    `image noise ${one.key}`,
    () => {
      const rng = imageRng({
        source: one.source,
        shape: one.shape,
        seeds: one.seeds,
        variation: { subseeds: one.subseeds ?? [], strength: one.subseed_strength ?? 0 },
        seedResizeFrom: { width: one.seed_resize_from_w ?? 0, height: one.seed_resize_from_h ?? 0 },
        etaNoiseSeedDelta: one.eta_noise_seed_delta,
      });
      const tolerance = one.subseed_strength ? 1e-5 : 2e-6;
      return ['first', 'second', 'third'].map((draw) => {
        return [draw, tensorError(rng.next(), golden.get(`${one.key}.${draw}`)), tolerance] as const;
      });
    },
  ]);
}

async function slerps(dir: string, file: string): Promise<Case[]> {
  const golden = await readGoldenTensors(join(dir, file));
  const names = [...golden.tensors.keys()].filter((name) => name.startsWith('slerp_'));
  return names.map((name) => [
    name,
    () => {
      const close = name.startsWith('slerp_close_') ? '_close' : '';
      const t = Number(name.slice(name.lastIndexOf('_') + 1));
      const got = slerp(t, golden.get(`low${close}`), golden.get(`high${close}`));
      return [['values', tensorError(got, golden.get(name)), 1e-5]];
    },
  ]);
}

interface JobSeedsCase extends Record<'seed' | 'subseed' | 'subseed_strength' | 'batch_size' | 'n_iter', number> {
  readonly all_seeds: readonly number[];
  readonly all_subseeds: readonly number[];
}

async function seedsOfJobs(dir: string, file: string): Promise<Case[]> {
  return (await readJson<JobSeedsCase[]>(dir, file)).map((one) => [
    `seeds of ${one.n_iter} × ${one.batch_size} pictures from ${one.seed}, variation ${one.subseed_strength}`,
    () => {
      const { seed, subseed, subseed_strength: subseedStrength, batch_size: batchSize, n_iter: batchCount } = one;
      const batches = jobSeeds({ seed, subseed, subseedStrength, batchSize, batchCount });
      return [
        [
          'seeds',
          maxError(
            batches.flatMap(({ seeds }) => seeds),
            one.all_seeds,
          ),
          0,
        ],
        [
          'subseeds',
          maxError(
            batches.flatMap(({ subseeds }) => subseeds),
            one.all_subseeds,
          ),
          0,
        ],
      ];
    },
  ]);
}

async function pcg64(dir: string, file: string): Promise<Case[]> {
  const golden = await readJson<{ state: string; inc: string; first_doubles: number[]; double_100000: number }>(
    dir,
    file,
  );
  return [
    [
      'PCG64 of seed 0',
      () => {
        const { state, inc } = pcg64State(0);
        const random = numpyRandom(0);
        const doubles = Array.from({ length: 100001 }, random);
        return [
          ['state', String(state) === golden.state && String(inc) === golden.inc ? 0 : 1, 0],
          ['first doubles', maxError(doubles.slice(0, golden.first_doubles.length), golden.first_doubles), 0],
          ['double 100000', Math.abs(doubles[100000]! - golden.double_100000), 0],
        ];
      },
    ],
  ];
}
