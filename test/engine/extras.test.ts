import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openWeights } from '../../src/engine/weights/open-weights.ts';
import { Refusal, type RefusalData, refusalData } from '../../src/errors.ts';
import { builtinModel, flatPng, openTinyEngine, pixelsOf, type TinyEngine } from '../support/tiny-engine.ts';
import { type TorchValue, torchBytes } from '../support/torch-file.ts';
import { float32, safetensorsBytes } from './weights/safetensors-file.ts';

/** A LoRA of rank 1 for one layer of the built-in model, loud enough to be seen. */
async function loraFor(layer: string, base: string, metadata: Readonly<Record<string, string>> = {}) {
  const { shape } = (await openWeights(builtinModel)).tensors.get(`${layer}.weight`)!;
  const fill = (...size: number[]) =>
    float32(
      size,
      Array.from({ length: size.reduce((a, b) => a * b, 1) }, (_, i) => 0.3 * Math.sin(1 + i)),
    );
  const parts = { [`${base}.lora_up.weight`]: fill(shape[0]!, 1), [`${base}.lora_down.weight`]: fill(1, shape[1]!) };
  return safetensorsBytes(parts, metadata);
}

async function refused(work: Promise<unknown>): Promise<RefusalData> {
  const error = await work.then(
    () => new Error('nothing was refused'),
    (reason: unknown) => reason,
  );
  if (error instanceof Refusal) return refusalData(error);
  throw error;
}

const files = {
  'paint.safetensors': () =>
    loraFor(
      'model.diffusion_model.middle_block.1.transformer_blocks.0.attn2.to_v',
      'lora_unet_middle_block_1_transformer_blocks_0_attn2_to_v',
      { ss_output_name: 'painted', sshs_model_hash: 'abcdef0123456789' },
    ),
  'words.safetensors': () =>
    loraFor(
      'cond_stage_model.transformer.text_model.encoder.layers.0.mlp.fc1',
      'lora_te_text_model_encoder_layers_0_mlp_fc1',
    ),
};

describe('a prompt that names LoRAs', () => {
  let tiny: TinyEngine;
  let init: Uint8Array;
  beforeAll(async () => {
    tiny = await openTinyEngine();
    await mkdir(join(tiny.dir, 'Lora'));
    for (const [name, make] of Object.entries(files)) await writeFile(join(tiny.dir, 'Lora', name), await make());
    init = await flatPng({}, { left: 20, top: 20, width: 60, height: 40, color: '#ff8800' });
  });
  afterAll(() => tiny[Symbol.asyncDispose]());

  const paint = async (prompt: string, negativePrompt = '') => {
    const { images } = await tiny.run({ init, params: { prompt, negativePrompt, steps: 2 } });
    return { pixels: (await pixelsOf(images[0]!.image)).data, infotext: images[0]!.infotext };
  };

  test('is painted with them, and the next one without them is painted as before', async () => {
    const before = await paint('a cat');
    const withLora = await paint('a cat<lora:paint:1>');
    expect(withLora.pixels.equals(before.pixels)).toBe(false);
    expect((await paint('a cat')).pixels.equals(before.pixels)).toBe(true);
    expect((await paint('a cat<lora:paint:0>')).pixels.equals(before.pixels)).toBe(true);
  });

  test('may weigh text encoder and U-Net apart', async () => {
    const [plain, both, unetOnly] = [
      await paint('a cat'),
      await paint('a cat<lora:words:1>'),
      await paint('a cat<lora:words:0:1>'),
    ];
    expect(both.pixels.equals(plain.pixels)).toBe(false);
    expect(unetOnly.pixels.equals(plain.pixels)).toBe(true);
    expect((await paint('a cat<lora:words:te=1:unet=0>')).pixels.equals(both.pixels)).toBe(true);
  });

  test('may call one by what its trainer called it; one that is mentioned twice works twice, as the last mention says', async () => {
    const twice = await paint('a cat<lora:paint:5><lora:paint:0.5>');
    const once = await paint('a cat<lora:painted:1>');
    const difference = twice.pixels.map((v, i) => Math.abs(v - once.pixels[i]!));
    expect(Math.max(...difference)).toBeLessThan(2);
  });

  test('lists their hashes in the infotext, by the names it gave them', async () => {
    const { infotext } = await paint('a cat<lora:painted:1><lora:words:0.5>');
    expect(infotext).toMatch(/, Lora hashes: "painted: abcdef012345, words: [0-9a-f]{12}", /);
    expect((await paint('a cat')).infotext).not.toContain('Lora hashes');
  });

  test('is refused with the nearest names when there is none of that name', async () => {
    expect(await refused(paint('a cat<lora:paitn:1>'))).toEqual({
      code: 'unknown-name',
      details: { kind: 'LoRA', given: 'paitn', nearest: expect.arrayContaining(['paint', 'painted']) },
    });
  });

  test('is refused when a weight is no number, rather than painted without', async () => {
    expect(await refused(paint('a cat<lora:paint:strong>'))).toEqual({
      code: 'bad-weight',
      details: { text: 'strong' },
    });
  });

  test('may hold the name of a textual inversion, in either prompt; one of another width is a word like any other', async () => {
    const folder = join(tiny.dir, 'embeddings');
    const inversion = (width: number) =>
      safetensorsBytes({
        emb_params: float32(
          [2, width],
          Array.from({ length: 2 * width }, (_, i) => Math.sin(i)),
        ),
      });
    const [before, negative] = [await paint('a cat, Glow'), await paint('a cat', 'glow')];
    await mkdir(folder);
    await writeFile(join(folder, 'glow.safetensors'), inversion(64));
    await writeFile(join(folder, 'wide.safetensors'), inversion(768));
    const after = await paint('a cat, Glow');
    expect(after.pixels.equals(before.pixels)).toBe(false);
    expect(after.infotext).toMatch(/, TI hashes: "glow: [0-9a-f]{12}", /);
    expect((await paint('a cat', 'glow')).pixels.equals(negative.pixels)).toBe(false);
    expect((await paint('a cat, wide')).infotext).not.toContain('TI hashes');
    for (const pieces of ['[gl|gl]ow', 'g[lo:low:2]w', '(gl:1.0)ow'])
      expect((await paint(`a cat, ${pieces}`)).infotext, pieces).toContain('TI hashes');
  });

  test('may hold hypernetworks, which work on what the U-Net reads of the text', async () => {
    const folder = join(tiny.dir, 'hypernetworks');
    const weights = (side: number) => ({
      shape: [64, 64],
      values: Array.from({ length: 64 * 64 }, (_, i) => side * Math.sin(i)),
    });
    const module = (side: number) => new Map([['linear.0.weight', weights(side)]]);
    const content = new Map<number | string, TorchValue>([[64, [module(1), module(-1)]]]);
    await mkdir(folder);
    await writeFile(join(folder, 'style.pt'), torchBytes(content));
    await writeFile(join(folder, 'strange.pt'), torchBytes(new Map([...content, ['activation_func', 'wavy']])));
    const before = await paint('a cat');
    const after = await paint('a cat<hypernet:style:0.5>');
    expect(after.pixels.equals(before.pixels)).toBe(false);
    expect(after.infotext).toMatch(/^a cat<hypernet:style:0.5>\n/);
    expect((await paint('a cat<hypernet:style:0>')).pixels.equals(before.pixels)).toBe(true);
    expect((await paint('a cat')).pixels.equals(before.pixels)).toBe(true);
    expect(await refused(paint('a cat<hypernet:stile:1>'))).toEqual({
      code: 'unknown-name',
      details: { kind: 'hypernetwork', given: 'stile', nearest: expect.arrayContaining(['style']) },
    });
    expect(await refused(paint('a cat<hypernet:strange>'))).toMatchObject({ code: 'weights-unsupported' });
  });

  test('is told how many layers of a LoRA do not fit, and that BREAK within brackets is a word', async () => {
    const base = 'lora_unet_middle_block_1_transformer_blocks_0_attn2_to_';
    const parts = { 'lora_up.weight': float32([3, 1], [1, 1, 1]), 'lora_down.weight': float32([1, 2], [1, 1]) };
    const wrong = ['q', 'k', 'v'].flatMap((to) =>
      Object.entries(parts).map(([part, tensor]) => [`${base}${to}.${part}`, tensor] as const),
    );
    await writeFile(join(tiny.dir, 'Lora', 'other.safetensors'), safetensorsBytes(Object.fromEntries(wrong)));
    const remarksOn = async (prompt: string) => (await tiny.run({ init, params: { prompt, steps: 1 } })).remarks;
    expect(await remarksOn('a cat<lora:other:1><lora:paint:1><lora:other:2>')).toEqual([
      { kind: 'lora-misfits', name: 'other', layers: 3 },
    ]);
    expect(await remarksOn('(a BREAK b)')).toEqual([{ kind: 'break-in-brackets' }]);
    expect(await remarksOn('(a) BREAK b<lora:paint>')).toBeUndefined();
  });

  test('uses a file that arrives between two edits, and the new one when it is replaced', async () => {
    const late = join(tiny.dir, 'Lora', 'late.safetensors');
    expect((await refused(paint('<lora:late>'))).code).toBe('unknown-name');
    await writeFile(late, await files['words.safetensors']());
    const first = await paint('a cat<lora:late>');
    expect(first.pixels.equals((await paint('a cat<lora:words>')).pixels)).toBe(true);
    await writeFile(late, await files['paint.safetensors']());
    expect((await paint('a cat<lora:late>')).pixels.equals((await paint('a cat<lora:paint>')).pixels)).toBe(true);
  });
});
