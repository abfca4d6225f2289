import { realpath } from 'node:fs/promises';
import { readSafetensors } from './safetensors.ts';
import type { WeightsFile } from './weights-file.ts';

/**
 * The table of contents of a weights file. Symbolic links are followed first: the runtime reads no tensors through them.
 * @throws Refusal 'weights-broken'
 */
export async function openWeights(path: string): Promise<WeightsFile> {
  return readSafetensors(await realpath(path));
}
