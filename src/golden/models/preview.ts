import { join } from 'node:path';
import { cheapPreview } from '../../engine/pipeline/preview.ts';
import { attempt, tensorError } from '../compare.ts';
import type { GoldenOutcome } from '../outcome.ts';
import { readGoldenTensors } from '../tensors.ts';
import { goldenFiles } from './checkpoint.ts';

const area = 'models/preview';
const tolerance = 1e-4;
const spaces = { cheap_sd1: 'sd', cheap_sdxl: 'sdxl' } as const;

/** Latents as people see them while an edit runs (`preview/`). */
export async function* previewCases(dir: string): AsyncIterable<GoldenOutcome> {
  for (const file of await goldenFiles(dir, /_io\.safetensors$/)) {
    const golden = await readGoldenTensors(join(dir, file));
    for (const [name, space] of Object.entries(spaces)) {
      if (!golden.tensors.has(name)) continue;
      yield attempt(area, name, async () => {
        return [[name, tensorError(cheapPreview(space, golden.get('latent')), golden.get(name)), tolerance]];
      });
    }
    const others = [...golden.tensors.keys()].filter((name) => name !== 'latent' && !(name in spaces));
    for (const name of others) {
      yield {
        area,
        name,
        status: 'not covered',
        reason: 'previews are made with A1111\'s "Approx cheap" matrices only',
      };
    }
  }
}
