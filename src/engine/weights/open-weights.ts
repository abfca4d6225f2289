import { open } from 'node:fs/promises';
import { basename } from 'node:path';
import { Refusal, refusalData } from '../../errors.ts';
import { readSafetensors } from './safetensors.ts';
import { readTorch } from './torch.ts';
import { isTorchFile } from './torch-file.ts';
import { asRefusal, realFile, type WeightsFile } from './weights-file.ts';

/**
 * The table of contents of a weights file, `.safetensors` or torch's, told apart by how they begin. It goes by the name it was asked for under,
 * whatever file that is a link to.
 *
 * @throws Refusal 'weights-broken'
 */
export async function openWeights(path: string): Promise<WeightsFile> {
  try {
    const real = await realFile(path);
    return { ...(isTorchFile(await firstBytes(real)) ? await readTorch(real) : await readSafetensors(real)), path };
  } catch (error) {
    const refusal = asRefusal(path, error);
    const { code, details } = refusalData(refusal);
    if (code !== 'weights-broken') throw refusal;
    throw new Refusal(code, { ...details, file: basename(path) }, { cause: refusal.cause });
  }
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
