import { join } from 'node:path';
import { torchEntries } from '../../engine/weights/torch.ts';
import { readTorchFile } from '../../engine/weights/torch-file.ts';
import { isTorchTensor } from '../../engine/weights/torch-objects.ts';
import { readTensor } from '../../engine/weights/weights-file.ts';
import { Refusal } from '../../errors.ts';
import { attempt, type Check, tensorError } from '../compare.ts';
import { mismatch, readJson } from '../img2img/case.ts';
import type { GoldenOutcome } from '../outcome.ts';
import { type GoldenTensors, readGoldenTensors } from '../tensors.ts';

interface TorchCase {
  readonly file: string;
  readonly tensors?: Readonly<Record<string, readonly [dtype: string, shape: readonly number[]]>>;
  readonly scalars?: Readonly<Record<string, unknown>>;
  readonly must_reject?: boolean;
}

/** Files of torch, old and new, and pickles that must not be read (`pth/`). */
export async function* torchCases(dir: string): AsyncIterable<GoldenOutcome> {
  for (const golden of await readJson<TorchCase[]>(dir, 'cases.json')) {
    const path = join(dir, golden.file);
    yield attempt('models/pth', golden.file, async () =>
      golden.must_reject ? refusalChecks(path) : contentChecks(path, golden),
    );
  }
}

async function refusalChecks(path: string): Promise<Check[]> {
  try {
    await torchEntries(path, await readTorchFile(path));
    return [['was accepted', Number.POSITIVE_INFINITY, 0]];
  } catch (error) {
    if (!(error instanceof Refusal) || error.code !== 'weights-broken') throw error;
    return [['was refused', 0, 0]];
  }
}

async function contentChecks(path: string, { tensors = {}, scalars = {} }: TorchCase): Promise<Check[]> {
  const file = await readTorchFile(path);
  const entries = await torchEntries(path, file);
  const expected = await readGoldenTensors(`${path}.expected.safetensors`);
  const checks: Check[] = [['tensor names', mismatch([...entries.keys()].sort(), Object.keys(tensors).sort()), 0]];
  for (const [name, entry] of entries) {
    checks.push([name, tensorError(await readTensor(entry), valuesOf(expected, name)), 0]);
  }
  const plain = new Map(plainValues(file.value, ''));
  for (const [name, value] of Object.entries(scalars)) checks.push([name, mismatch(plain.get(name), value), 0]);
  return checks;
}

function valuesOf(expected: GoldenTensors, name: string) {
  return expected.get(expected.tensors.has(name) ? name : name.replaceAll('/', '.'));
}

/** Everything but tensors, by its path; empty lists stay lists. */
function* plainValues(value: unknown, path: string): Generator<[string, unknown]> {
  if (isTorchTensor(value)) return;
  const isFilled = Array.isArray(value) && value.length > 0;
  const items = value instanceof Map || isFilled ? [...value.entries()] : undefined;
  if (!items) yield [path, value];
  for (const [key, item] of items ?? []) yield* plainValues(item, path === '' ? `${key}` : `${path}/${key}`);
}
