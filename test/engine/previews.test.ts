import { copyFile, mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { cheapPreview } from '../../src/engine/pipeline/preview.ts';
import { openPreviews, type PreviewOptions } from '../../src/engine/previews.ts';
import type { Tensor } from '../../src/engine/tensor/tensor.ts';
import { tensorError } from '../../src/golden/compare.ts';
import { readGoldenTensors } from '../../src/golden/tensors.ts';
import { float32, safetensorsBytes, temporaryFolder } from './weights/safetensors-file.ts';

const golden = (name: string) => fileURLToPath(new URL(`../golden/models/preview/${name}`, import.meta.url));
const device = async () => ({ device: 'cpu', threads: 1 }) as const;

const noise = (...shape: number[]): Tensor => ({
  data: Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => Math.sin(i * 12.9898)),
  shape,
});

/** TAESD's decoder with made-up numbers, at its true sizes. */
function taesd(): Buffer {
  const convolution = (out: number, from: number) => {
    const values = Array.from({ length: out * from * 9 }, (_, i) => 0.05 * Math.sin(i * 78.233));
    return float32([out, from, 3, 3], values);
  };
  const zeros = (n: number) => float32([n], new Array<number>(n).fill(0.01));
  const blocks = [3, 4, 5, 8, 9, 10, 13, 14, 15, 18].flatMap((block) =>
    [0, 2, 4].flatMap((i) => [
      [`${block}.conv.${i}.weight`, convolution(64, 64)] as const,
      [`${block}.conv.${i}.bias`, zeros(64)] as const,
    ]),
  );
  const between = [7, 12, 17].map((i) => [`${i}.weight`, convolution(64, 64)] as const);
  const ends = [
    ['1.weight', convolution(64, 4)] as const,
    ['1.bias', zeros(64)] as const,
    ['19.weight', convolution(3, 64)] as const,
    ['19.bias', zeros(3)] as const,
  ];
  return safetensorsBytes(Object.fromEntries([...blocks, ...between, ...ends]));
}

async function previewed(modelsDir: string, method: PreviewOptions['method'], latent: Tensor): Promise<Tensor> {
  await using previews = openPreviews({ modelsDir, method, device });
  return await previews.of('sd', latent);
}

test('a preview is made by the best decoder there is a file for, and by none where there is none', async () => {
  await using folder = await temporaryFolder();
  const io = await readGoldenTensors(golden('vae_approx_io.safetensors'));
  const latent = io.get('latent');
  await using previews = openPreviews({ modelsDir: folder.path, method: 'auto', device });
  expect((await previews.of('sd', latent)).data).toEqual(cheapPreview('sd', latent).data);
  await mkdir(join(folder.path, 'VAE-approx'));
  await copyFile(golden('vae_approx_tinyrandom.safetensors'), join(folder.path, 'VAE-approx', 'model.safetensors'));
  expect(tensorError(await previews.of('sd', latent), io.get('approx_nn'))).toBeLessThan(1e-4);
  await mkdir(join(folder.path, 'VAE-taesd'));
  await folder.write('VAE-taesd/taesd_decoder.safetensors', taesd());
  const [, , height = 0, width = 0] = latent.shape;
  expect((await previews.of('sd', latent)).shape).toEqual([1, 3, 8 * height, 8 * width]);
  expect((await previewed(folder.path, 'approx nn', latent)).shape).toEqual([1, 3, 2 * height, 2 * width]);
  expect((await previews.of('sdxl', latent)).data).toEqual(cheapPreview('sdxl', latent).data); // those are for others
  await rm(join(folder.path, 'VAE-taesd'), { recursive: true });
  expect((await previews.of('sd', latent)).shape).toEqual([1, 3, 2 * height, 2 * width]);
});

test('a decoder that is damaged, or has other sizes, is passed over', async () => {
  await using folder = await temporaryFolder();
  await mkdir(join(folder.path, 'VAE-taesd'));
  const path = join(folder.path, 'VAE-taesd', 'taesd_decoder.pth');
  const latent = noise(1, 4, 4, 4);
  for (const bytes of [Buffer.from('PK\x03\x04 and no more'), safetensorsBytes({ '1.weight': float32([1], [1]) })]) {
    await writeFile(path, bytes);
    expect((await previewed(folder.path, 'taesd', latent)).data).toEqual(cheapPreview('sd', latent).data);
  }
});

test('ComfyUI’s linear preview is one of its own', async () => {
  const latent = noise(1, 4, 4, 4);
  const preview = await previewed('/nowhere', 'latent2rgb', latent);
  expect(preview.data).toEqual(cheapPreview('sd', latent, 'ComfyUI').data);
  expect(preview.data).not.toEqual(cheapPreview('sd', latent).data);
});
