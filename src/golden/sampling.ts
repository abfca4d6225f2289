import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { schedulerNames } from '../edit/choices.ts';
import { attempt, type Check } from './compare.ts';
import type { GoldenOutcome } from './outcome.ts';
import {
  checkRegistry,
  checkScheduleRow,
  checkScheduler,
  checkSteps,
  type RegistryGolden,
  type ScheduleRow,
  type StepsGolden,
} from './sampling/schedules.ts';
import { runStack, type StackCase } from './sampling/stack.ts';
import {
  type BrownianGolden,
  type ConversionsGolden,
  checkBrownianTree,
  checkConversions,
  checkModelSchedule,
  checkPieces,
  checkRescaleCfg,
  checkSeedSequence,
  type PiecesGolden,
} from './sampling/tables.ts';
import { runTrajectory, type TrajectoryCase } from './sampling/trajectories.ts';

const AREA = 'sampling';

/** Golden data of schedules, samplers, guidance and Brownian noise. Files that are not there are passed over. */
export async function* goldenSampling(dir: string): AsyncIterable<GoldenOutcome> {
  for (const [file, cases] of Object.entries(casesByFile)) {
    if (!existsSync(join(dir, file))) continue;
    for (const { name, run, missing } of await cases(dir, file)) {
      if (missing) yield { area: AREA, name, status: 'not covered', reason: missing };
      else yield await attempt(AREA, name, async () => run());
    }
  }
}

interface Case {
  readonly name: string;
  readonly run: () => readonly Check[] | Promise<readonly Check[]>;
  /** Why this version does not cover it. */
  readonly missing?: string;
}

/** The cases each file holds. */
const casesByFile: Readonly<Record<string, (dir: string, file: string) => Promise<Case[]>>> = {
  'model_schedule.safetensors': async (dir) => [{ name: 'model_schedule', run: () => checkModelSchedule(dir) }],
  'rescale_cfg.safetensors': async (dir) => [{ name: 'rescale_cfg', run: () => checkRescaleCfg(dir) }],
  'conversions.json': single('conversions', (golden: ConversionsGolden) => checkConversions(golden)),
  'steps.json': single('steps', (golden: StepsGolden) => checkSteps(golden)),
  'pieces.json': single('pieces', (golden: PiecesGolden) => checkPieces(golden)),
  'registry.json': single('registry', (golden: RegistryGolden) => checkRegistry(golden)),
  'schedules.json': scheduleCases,
  'brownian.json': brownianCases,
  'trajectories.json': async (dir, file) => {
    const golden = await readJson<Record<string, TrajectoryCase>>(dir, file);
    return Object.entries(golden).map(([name, one]) => ({
      name: `traj:${name}`,
      run: () => runTrajectory(dir, name, one),
    }));
  },
  'stack.json': async (dir, file) => {
    const golden = await readJson<Record<string, StackCase>>(dir, file);
    return Object.entries(golden).map(([name, one]) => ({
      name: `stack:${name}`,
      run: () => runStack(dir, name, one),
    }));
  },
};

function single<T>(name: string, check: (golden: T) => Check[]) {
  return async (dir: string, file: string): Promise<Case[]> => {
    const golden = await readJson<T>(dir, file);
    return [{ name, run: () => check(golden) }];
  };
}

type Schedules = Readonly<Record<string, Readonly<Record<string, Readonly<Record<string, readonly number[]>>>>>> & {
  readonly variants?: readonly ScheduleRow[];
  readonly automatic?: readonly ScheduleRow[];
};

async function scheduleCases(dir: string, file: string): Promise<Case[]> {
  const { variants = [], automatic = [], ...models } = await readJson<Schedules>(dir, file);
  const tables = Object.entries(models).flatMap(([model, types]) =>
    Object.entries(types).map(([label, byCount]): Case => {
      const name = `schedules:${model}:${label}`;
      const scheduler = schedulerNames.find((known) => known === label || `${known} (fork only)` === label);
      if (!scheduler) return { name, run: () => [], missing: 'an unknown schedule type' };
      return { name, run: () => checkScheduler(model, scheduler, byCount) };
    }),
  );
  const row =
    (kind: string) =>
    (one: ScheduleRow, i: number): Case => ({
      name: `schedules:${kind}:${i}:${one.sampler}:${one.scheduler}`,
      run: () => checkScheduleRow(one),
    });
  return [...tables, ...variants.map(row('variants')), ...automatic.map(row('automatic'))];
}

async function brownianCases(dir: string, file: string): Promise<Case[]> {
  const golden = await readJson<BrownianGolden>(dir, file);
  return [
    { name: 'brownian:seed_sequence', run: () => checkSeedSequence(golden) },
    ...golden.trees.map((tree) => ({ name: `brownian:${tree.key}`, run: () => checkBrownianTree(dir, tree) })),
  ];
}

async function readJson<T>(dir: string, file: string): Promise<T> {
  return JSON.parse(await readFile(join(dir, file), 'utf8')) as T;
}
