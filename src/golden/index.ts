import { readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { pixelAreas } from './img2img.ts';
import { latentAreas } from './latents.ts';
import { modelAreas } from './models.ts';
import type { GoldenArea, GoldenOutcome } from './outcome.ts';
import { conditioningChunkCases, promptCases, tokenizerCases } from './prompts.ts';
import { goldenSampling } from './sampling.ts';

/** What checks each folder of a golden folder's areas; several may look at different cases of one. */
const areas: Readonly<Record<string, Readonly<Record<string, readonly GoldenArea[]>>>> = {
  img2img: merged([pixelAreas, latentAreas]),
  models: merged([modelAreas, { tokenizer: tokenizerCases, prompts: promptCases, sd15: conditioningChunkCases }]),
  vision: {},
};

function merged(
  tables: readonly Readonly<Record<string, GoldenArea>>[],
): Readonly<Record<string, readonly GoldenArea[]>> {
  const folders = new Set(tables.flatMap((table) => Object.keys(table)));
  return Object.fromEntries([...folders].map((folder) => [folder, tables.flatMap((table) => table[folder] ?? [])]));
}

/** Names in a folder; none when there is no such folder. */
async function namesIn(dir: string, kind: 'folders' | 'files'): Promise<readonly string[]> {
  try {
    const entries = await readdir(dir, { withFileTypes: true });
    return entries
      .filter((e) => e.isDirectory() === (kind === 'folders'))
      .map((e) => e.name)
      .sort();
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw cause;
  }
}

/** What is wrong with one folder, whose cases cannot be read, keeps nothing from the others. */
async function* orFailed(area: string, cases: AsyncIterable<GoldenOutcome>): AsyncIterable<GoldenOutcome> {
  try {
    yield* cases;
  } catch (error) {
    yield { area, name: '–', status: 'failed', reason: String(error) };
  }
}

/** Every file or folder of an area that nothing here checks, once each: nothing is passed over in silence. */
async function* uncovered(area: string, dir: string): AsyncIterable<GoldenOutcome> {
  const names = [...(await namesIn(dir, 'folders')), ...(await namesIn(dir, 'files'))];
  for (const name of names.filter((n) => n !== 'README.md')) {
    yield { area, name, status: 'not covered', reason: 'this version has nothing that computes it' };
  }
}

/**
 * Every case in a folder laid out like the golden data: `img2img`, `sampling`, `models`, `vision`, or some of them.
 * What no runner knows is told as not covered.
 */
export async function* goldenCases(dir: string): AsyncIterable<GoldenOutcome> {
  const sampling = join(dir, 'sampling');
  if ((await namesIn(sampling, 'files')).length > 0) yield* goldenSampling(sampling);
  for (const [area, runners] of Object.entries(areas)) {
    for (const folder of await namesIn(join(dir, area), 'folders')) {
      const path = join(dir, area, folder);
      const known = runners[folder];
      if (known) for (const run of known) yield* orFailed(`${area}/${folder}`, run(path));
      else yield* uncovered(`${area}/${basename(path)}`, path);
    }
  }
}
