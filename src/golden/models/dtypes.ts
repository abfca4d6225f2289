import { join } from 'node:path';
import { readSafetensors } from '../../engine/weights/safetensors.ts';
import { readTensor } from '../../engine/weights/weights-file.ts';
import { Refusal } from '../../errors.ts';
import { attempt, type Check, tensorError } from '../compare.ts';
import type { GoldenOutcome } from '../outcome.ts';
import { readGoldenTensors } from '../tensors.ts';
import { goldenFiles } from './checkpoint.ts';

const area = 'models/dtypes';

/** Every dtype decodes exactly, every malformed file is refused (`dtypes/`). */
export async function* dtypeCases(dir: string): AsyncIterable<GoldenOutcome> {
  for (const file of await goldenFiles(dir, /^(?!expected).*\.safetensors$/)) {
    yield attempt(area, file, () => decodeChecks(dir, file));
  }
  for (const file of await goldenFiles(join(dir, 'malformed'), /./)) {
    yield attempt(area, `malformed ${file}`, () => refusalChecks(join(dir, 'malformed', file)));
  }
}

async function decodeChecks(dir: string, file: string): Promise<Check[]> {
  const expected = await readGoldenTensors(join(dir, 'expected_f32.safetensors'));
  const { tensors } = await readSafetensors(join(dir, file));
  const checks = [...tensors.values()].map(async (entry): Promise<Check> => {
    const decoded = await readTensor(entry); // tensors whose values are not given must at least be as long as they say
    const values = expected.tensors.has(entry.name) ? expected.get(entry.name) : decoded;
    return [entry.name, tensorError(decoded, values), 0];
  });
  return await Promise.all(checks);
}

/** 0 when the file is refused as broken, else infinite. */
async function refusalChecks(path: string): Promise<Check[]> {
  try {
    await readSafetensors(path);
    return [['was accepted', Number.POSITIVE_INFINITY, 0]];
  } catch (error) {
    if (!(error instanceof Refusal) || error.code !== 'weights-broken') throw error;
    return [['was refused', 0, 0]];
  }
}
