import { describe, expect, test } from 'vitest';
import { examineCheckpoint } from '../../../src/engine/weights/checkpoint-facts.ts';
import { openCheckpointFile } from '../../../src/engine/weights/checkpoint-file.ts';
import { missingEncoders } from '../../../src/engine/weights/completion.ts';
import type { TensorEntry, WeightsFile } from '../../../src/engine/weights/weights-file.ts';
import { layoutEntries, readLayout } from '../../../src/golden/models/layouts.ts';

const fileOf = (shapes: Readonly<Record<string, readonly number[]>>): WeightsFile => ({
  path: '/models/a.safetensors',
  tensors: new Map(layoutEntries(shapes).map((entry): [string, TensorEntry] => [entry.name, entry])),
  metadata: new Map(),
});

/** Some layers of a network that is no U-Net. */
const layersOf = (...names: readonly string[]) =>
  Object.fromEntries(
    names.flatMap((name) => ['q', 'k', 'v', 'o', 'g', 'h'].map((part) => [`${name}.${part}.weight`, [4, 4]])),
  );

describe('a network that is no U-Net is refused by what it is:', () => {
  test.each([
    ['Stable Diffusion 3', layersOf('model.diffusion_model.joint_blocks.0')],
    ['Flux', layersOf('model.diffusion_model.double_blocks.0')],
    ['Flux', layersOf('double_blocks.0')],
    ['a diffusion transformer', layersOf('model.diffusion_model.x_embedder.proj')],
    ['of an architecture that is not known here', layersOf('model.diffusion_model.novel.0')],
  ])('%s', async (name, shapes) => {
    await expect(examineCheckpoint(fileOf(shapes))).rejects.toMatchObject({
      code: 'weights-unsupported',
      details: { file: 'a.safetensors', why: expect.stringContaining(`it is ${name}`) },
    });
  });
});

test.each([5, 7, 12])('a U-Net of %i input channels is refused, whatever its family', async (channels) => {
  const shapes = await readLayout('test/golden/models/layouts', 'unet_sd15');
  const [width, , ...kernel] = shapes['input_blocks.0.0.weight']!;
  const odd = { ...shapes, 'input_blocks.0.0.weight': [width!, channels, ...kernel] };
  await expect(examineCheckpoint(fileOf(odd))).rejects.toMatchObject({
    details: { why: `its U-Net takes ${channels} channels, and only 4, 8 and 9 have a meaning here` },
  });
});

test.each(['conditioner.embedders.0.model.', 'cond_stage_model.model.'])(
  'the one text encoder of a small SD2 is OpenCLIP-H, whatever its place: %s',
  async (place) => {
    const file = await openCheckpointFile('test/golden/models/sd2/sd2_tiny_bf16.safetensors');
    const tensors = [...file.tensors].map(([name, entry]): [string, TensorEntry] => [
      name.replace('cond_stage_model.model.', place),
      entry,
    ]);
    const { facts, parts } = await examineCheckpoint({ ...file, tensors: new Map(tensors) });
    expect(facts.family).toBe('sd2');
    expect(parts.text.map(({ name }) => name)).toEqual(['clip_h']);
    expect(missingEncoders(facts, parts.text)).toEqual([]);
  },
);
