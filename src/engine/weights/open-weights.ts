import { open, realpath } from 'node:fs/promises';
import { readSafetensors } from './safetensors.ts';
import { readTorch } from './torch.ts';
import { isTorchFile } from './torch-file.ts';
import type { WeightsFile } from './weights-file.ts';

/**
 * The table of contents of a weights file, `.safetensors` or torch's, told apart by how they begin. Symbolic links are followed
 * first: the runtime reads no tensors through them.
 *
 * @throws Refusal 'weights-broken'
 */
export async function openWeights(path: string): Promise<WeightsFile> {
  const real = await realpath(path);
  return isTorchFile(await firstBytes(real)) ? await readTorch(real) : await readSafetensors(real);
}

async function firstBytes(path: string): Promise<Buffer> {
  const handle = await open(path);
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(4), 0, 4, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await handle.close();
  }
}
