import { copyFile, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import sharp from 'sharp';
import { expect, test } from 'vitest';
import { openCheckpoint } from '../../../src/engine/pipeline/models.ts';
import { tiled } from '../../../src/engine/pipeline/tiled-vae.ts';
import type { Tensor } from '../../../src/engine/tensor/tensor.ts';
import { openWeights } from '../../../src/engine/weights/open-weights.ts';
import { builtinModel, flatPng, openTinyEngine } from '../../support/tiny-engine.ts';
import { temporaryFolder } from '../weights/safetensors-file.ts';

const noise = (shape: readonly number[]): Tensor => ({
  data: Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => Math.sin(i * 12.9898) * 0.8),
  shape,
});
const same = async (x: Tensor) => x;
const largest = (a: Tensor, b: Tensor) => a.data.reduce((most, v, i) => Math.max(most, Math.abs(v - b.data[i]!)), 0);

test('tiles laid over one another are what was cut, at every size', () =>
  fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 40 }), async (height, width) => {
      const x = noise([1, 2, height, width]);
      const out = await tiled(x, same, { height: 8, width: 6, overlap: 2 }, 1);
      expect(out.shape).toEqual(x.shape);
      expect(largest(out, x)).toBeLessThan(1e-6);
    }),
    { numRuns: 60, seed: 7 },
  ));

test('no tile is larger than its shape allows, and neighbours overlap', async () => {
  const seen: (readonly number[])[] = [];
  const watch = async (tile: Tensor) => {
    seen.push(tile.shape.slice(2));
    return tile;
  };
  await tiled(noise([1, 1, 20, 9]), watch, { height: 8, width: 8, overlap: 2 }, 1);
  expect(seen.every(([h, w]) => h! <= 8 && w! <= 8)).toBe(true);
  expect(seen).toHaveLength(6);
});

test('a picture too large for the budget goes through in tiles, and looks the same without a seam', async () => {
  const cpu = { device: 'cpu', threads: 1 } as const;
  await using whole = await openCheckpoint(builtinModel, { device: cpu });
  await using small = await openCheckpoint(builtinModel, { device: cpu, vaeBudget: 1e6 });
  const pixels: Tensor = {
    data: new Float32Array(3 * 64 * 1024).map((_, i) => ((i % 1024) / 512 - 1) * 0.7),
    shape: [1, 3, 64, 1024],
  };
  const [a, b] = [await whole.encodeImage(pixels), await small.encodeImage(pixels)];
  expect(b.shape).toEqual(a.shape);
  expect(b).not.toEqual(a);
  const [shown, inTiles] = [await whole.decodeLatent(a), await small.decodeLatent(a)];
  expect(inTiles.shape).toEqual([1, 3, 64, 1024]);
  const step = (t: Tensor) =>
    t.data.reduce((most, v, i) => (i % 1024 === 0 ? most : Math.max(most, Math.abs(v - t.data[i - 1]!))), 0);
  expect(step(inTiles)).toBeLessThan(1.5 * step(shown) + 0.02); // no edge that the whole picture has not
}, 60_000);

test('a VAE file is used when it is asked for, found beside its checkpoint, and told of in the infotext', async () => {
  await using tiny = await openTinyEngine();
  const [models, vaes] = [join(tiny.dir, 'Stable-diffusion'), join(tiny.dir, 'VAE')];
  await mkdir(models);
  await mkdir(vaes);
  await copyFile(builtinModel, join(models, 'cat.safetensors'));
  await copyFile(builtinModel, join(models, 'cat.vae.safetensors')); // a checkpoint holds a VAE
  await copyFile(builtinModel, join(vaes, 'other.safetensors'));
  const { checkpoints, models: others } = await tiny.engine.catalog();
  expect(checkpoints.map(({ name }) => name)).toEqual(['cat', 'palimpsest-tiny']);
  expect(others?.map(({ kind, name }) => [kind, name])).toEqual([
    ['vae', 'other'],
    ['vae', 'cat.vae'],
  ]);
  const init = await flatPng({});
  const told = async (vae: string) => {
    const { images } = await tiny.run({ init, params: { checkpoint: 'cat', vae, steps: 1 } });
    return /VAE hash: ([0-9a-f]{10}), VAE: ([^,]+)/.exec(images[0]!.infotext)?.[2];
  };
  expect(await told('Automatic')).toBe('cat.vae.safetensors');
  expect(await told('other')).toBe('other.safetensors');
  expect(await told('None')).toBeUndefined();
  await expect(told('nobody')).rejects.toMatchObject({ code: 'unknown-name', details: { kind: 'VAE' } });

  // What is put in the place of an open file, under its name, is what the next edit is made with.
  const bytes = await readFile(builtinModel);
  const bias = (await openWeights(builtinModel)).tensors.get('first_stage_model.decoder.conv_out.bias')!;
  for (let at = 0; at < bias.length; at += 2) bytes.writeUInt16LE(0x4400, bias.offset + at); // 4 in half floats: white
  const painted = async (vae: string) => {
    const [image] = (await tiny.run({ init, params: { checkpoint: 'cat', vae, steps: 1, denoisingStrength: 0.9 } }))
      .images;
    return {
      mean: (await sharp(image!.image).stats()).channels[1]!.mean,
      hash: /Model hash: (\w+)/.exec(image!.infotext)?.[1],
    };
  };
  const before = [await painted('None'), await painted('other')];
  expect(Math.max(...before.map(({ mean }) => mean))).toBeLessThan(250);
  await writeFile(join(vaes, 'other.safetensors'), bytes);
  expect((await painted('other')).mean).toBe(255);
  expect((await painted('None')).mean).toBe(before[0]!.mean);
  await writeFile(join(models, 'cat.safetensors'), bytes);
  const after = await painted('None');
  expect(after.mean).toBe(255);
  expect(after.hash).not.toBe(before[0]!.hash);
}, 60_000);

test('a file that is taken away while it is open is named, whatever is not in memory yet', async () => {
  await using folder = await temporaryFolder();
  const path = await folder.write('cat.safetensors', await readFile(builtinModel));
  await using checkpoint = await openCheckpoint(path, { device: { device: 'cpu', threads: 1 } });
  await rm(path);
  await expect(checkpoint.decodeLatent(noise([1, 4, 8, 8]))).rejects.toMatchObject({
    details: { file: 'cat.safetensors', why: expect.stringContaining('while it was in use') },
  });
});
