import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { PartialParams } from '../../src/edit/index.ts';
import { Refusal } from '../../src/errors.ts';
import { type TinyFamily, type TinyTensors, tinyCheckpoint, tinyFile } from '../support/tiny-checkpoint.ts';
import { flatPng, openTinyEngine, pixelsOf, type TinyEngine } from '../support/tiny-engine.ts';
import { float32, type GivenTensor } from './weights/safetensors-file.ts';

let tiny: TinyEngine;
let init: Uint8Array;
beforeAll(async () => {
  tiny = await openTinyEngine();
  for (const folder of ['Stable-diffusion', 'VAE', 'text_encoder', 'Lora']) await mkdir(join(tiny.dir, folder));
  init = await flatPng({ width: 64, height: 64 }, { left: 8, top: 8, width: 30, height: 40, color: '#ff8800' });
});
afterAll(() => tiny[Symbol.asyncDispose]());

const put = (name: string, tensors: TinyTensors) => writeFile(join(tiny.dir, name), tinyFile(tensors));

async function paint(checkpoint: string, params: PartialParams = {}) {
  const given = { checkpoint, prompt: 'a (cat:1.2) AND [hat:tree:0.5]', steps: 3, denoisingStrength: 0.7, ...params };
  const { images } = await tiny.run({ init, params: given, width: 64, height: 64 });
  return { pixels: (await pixelsOf(images[0]!.image)).data, infotext: images[0]!.infotext };
}

/** The largest difference of a colour. */
const distance = (a: Buffer, b: Buffer) => a.reduce((most, v, i) => Math.max(most, Math.abs(v - b[i]!)), 0);

/** The tensors whose names the pattern finds, what it found taken off; or, kept, those it does not find. */
function split(tensors: TinyTensors, pattern: RegExp): { readonly found: TinyTensors; readonly rest: TinyTensors } {
  const entries = Object.entries(tensors);
  return {
    found: Object.fromEntries(
      entries.flatMap(([name, t]) => (pattern.test(name) ? [[name.replace(pattern, ''), t] as const] : [])),
    ),
    rest: Object.fromEntries(entries.filter(([name]) => !pattern.test(name))),
  };
}

describe.each<readonly [TinyFamily, number]>([
  ['sd1', 4],
  ['sd2', 4],
  ['sdxl', 4],
  ['refiner', 4],
])('an edit with a checkpoint of %s', (family, inChannels) => {
  test('is painted, and follows the prompt', async () => {
    await put(`Stable-diffusion/${family}.safetensors`, await tinyCheckpoint(family, inChannels));
    const first = await paint(family);
    expect(new Set(first.pixels).size).toBeGreaterThan(20);
    expect(distance(first.pixels, (await paint(family, { prompt: 'a red house' })).pixels)).toBeGreaterThan(2);
    expect((await paint(family)).pixels.equals(first.pixels)).toBe(true);
  });
});

test('InstructPix2Pix sees the picture, as much as it is told to', async () => {
  await put('Stable-diffusion/edits.safetensors', await tinyCheckpoint('sd1', 8));
  const usual = await paint('edits');
  expect(usual.infotext).toContain(', Image CFG scale: 1.5, ');
  const more = await paint('edits', { imageCfgScale: 3 });
  expect(more.infotext).toContain(', Image CFG scale: 3, ');
  expect(distance(more.pixels, usual.pixels)).toBeGreaterThan(2);
  expect((await paint('edits', { imageCfgScale: 1 })).pixels.equals(usual.pixels)).toBe(false);
});

describe('a pruned checkpoint', () => {
  let whole: TinyTensors;
  let complete: Buffer;
  beforeAll(async () => {
    whole = await tinyCheckpoint('sdxl');
    await put('Stable-diffusion/whole.safetensors', whole);
    complete = (await paint('whole')).pixels;
    await put('Stable-diffusion/pruned.safetensors', split(whole, /^(first_stage_model|conditioner)\./).rest);
  });
  const why = async () => {
    const refused: unknown = await paint('pruned').catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(Refusal);
    return refused;
  };

  test('says what it lacks and where that goes, one after the other, until nothing is missing', async () => {
    const asks = (words: string) => ({
      code: 'weights-unsupported',
      details: { file: 'pruned.safetensors', why: words },
    });
    expect(await why()).toMatchObject(asks('it holds no text encoder CLIP-L: put one into text_encoder/'));
    await put('text_encoder/clip_l.safetensors', split(whole, /^conditioner\.embedders\.0\.transformer\./).found);
    expect(await why()).toMatchObject(asks('it holds no text encoder OpenCLIP ViT-bigG: put one into text_encoder/'));
    await put('text_encoder/clip_g.safetensors', split(whole, /^conditioner\.embedders\.1\.model\./).found);
    const vae = split(whole, /^first_stage_model\./).found;
    await put('VAE/mine.safetensors', vae);
    expect(await why()).toMatchObject({
      details: {
        why: expect.stringMatching(
          /^it holds no VAE: put one for SDXL into VAE\/, .* "xl" .*, or choose .* by its name/,
        ),
      },
    });
    const chosen = await paint('pruned', { vae: 'mine' });
    expect(chosen.pixels.equals(complete)).toBe(true);
    expect(chosen.infotext).toContain(', VAE: mine.safetensors, ');
    await put('VAE/my-xl.safetensors', vae);
    const painted = await paint('pruned');
    expect(painted.pixels.equals(complete)).toBe(true);
    expect(painted.infotext).toContain(', VAE: my-xl.safetensors, ');
  });

  test('takes the text encoders in Hugging Face’s names, as diffusers writes them', async () => {
    await rm(join(tiny.dir, 'text_encoder', 'clip_g.safetensors'));
    await put(
      'text_encoder/clip_g_hf.safetensors',
      inHuggingFaceNames(split(whole, /^conditioner\.embedders\.1\.model\./).found),
    );
    expect(distance((await paint('pruned')).pixels, complete)).toBeLessThanOrEqual(1);
    const diffusers = Object.entries(whole).map(([name, tensor]) => {
      return [name.replace('conditioner.embedders.0.transformer.', 'text_encoder.'), tensor] as const;
    });
    const { rest, found } = split(Object.fromEntries(diffusers), /^conditioner\.embedders\.1\.model\./);
    const second = Object.entries(inHuggingFaceNames(found)).map(([name, t]) => [`text_encoder_2.${name}`, t] as const);
    await put('Stable-diffusion/diffusers.safetensors', { ...rest, ...Object.fromEntries(second) });
    expect(distance((await paint('diffusers')).pixels, complete)).toBeLessThanOrEqual(1);
  });
});

test('a refiner takes over near the end, also where there is no room for both, and is named in the infotext', async () => {
  await put('Stable-diffusion/xl.safetensors', await tinyCheckpoint('sdxl'));
  await put('Stable-diffusion/refiner.safetensors', await tinyCheckpoint('refiner'));
  await put('Stable-diffusion/sd1.safetensors', await tinyCheckpoint('sd1'));
  const alone = await paint('xl');
  const params = { prompt: 'a cat', refiner: 'refiner', refinerSwitchAt: 0.8, batchCount: 2 };
  const both = await paint('xl', params);
  expect(both.infotext).toMatch(/, Refiner: refiner \[[0-9a-f]{10}\], Refiner switch at: 0\.8, /);
  expect(both.pixels.equals((await paint('xl', { prompt: 'a cat' })).pixels)).toBe(false);
  const never = await paint('xl', { refiner: 'refiner', refinerSwitchAt: 1 });
  expect(never.pixels.equals(alone.pixels)).toBe(true);
  expect(never.infotext).not.toContain('Refiner');
  await using narrow = await openTinyEngine({ modelsDir: tiny.dir, memoryBudgetMb: 1 });
  const request = {
    init,
    width: 64,
    height: 64,
    params: { checkpoint: 'xl', steps: 3, denoisingStrength: 0.7, ...params },
  };
  const [once, again] = (await narrow.run(request)).images;
  expect((await pixelsOf(once!.image)).data.equals(both.pixels)).toBe(true);
  expect((await pixelsOf(again!.image)).data.equals(both.pixels)).toBe(false); // another seed
  expect(again!.infotext).toContain('Refiner: refiner');
  await expect(paint('xl', { refiner: 'sd1' })).rejects.toMatchObject({
    code: 'weights-unsupported',
    details: { why: 'it refines no pictures of xl' },
  });
});

test('clip skip works on SDXL’s CLIP-L if it is meant to, and then the last layer is one of them', async () => {
  await put('Stable-diffusion/xl.safetensors', await tinyCheckpoint('sdxl'));
  const usual = await paint('xl');
  expect((await paint('xl', { clipSkip: 3 })).pixels.equals(usual.pixels)).toBe(true);
  expect((await paint('xl', { clipSkip: 2, sdxlClipLSkip: true })).pixels.equals(usual.pixels)).toBe(true);
  expect((await paint('xl', { clipSkip: 3, sdxlClipLSkip: true })).pixels.equals(usual.pixels)).toBe(false);
  expect((await paint('xl', { clipSkip: 1, sdxlClipLSkip: true })).pixels.equals(usual.pixels)).toBe(false);
});

test('a textual inversion of SDXL has vectors for both text encoders, also out of a LoRA', async () => {
  await put('Stable-diffusion/xl.safetensors', await tinyCheckpoint('sdxl'));
  await mkdir(join(tiny.dir, 'embeddings'));
  const vectors = (width: number) =>
    float32(
      [3, width],
      Array.from({ length: 3 * width }, (_, i) => Math.sin(i)),
    );
  const glow = { clip_l: vectors(64), clip_g: vectors(128) };
  const prompt = 'a Glow, [cat:tree:0.5] AND a (hat:1.2)';
  const before = await paint('xl', { prompt });
  const bundled = Object.entries(glow).map(([part, tensor]) => [`bundle_emb.glow.${part}`, tensor] as const);
  const plain = {
    'lora_unet_out_2.lora_up.weight': float32([4, 1, 1, 1], [0, 0, 0, 0]),
    'lora_unet_out_2.lora_down.weight': float32([1, 32, 3, 3], Array<number>(288).fill(0)),
  };
  await put('Lora/shiny.safetensors', { ...plain, ...Object.fromEntries(bundled) });
  const shiny = await paint('xl', { prompt: `${prompt}<lora:shiny>` });
  expect(shiny.pixels.equals(before.pixels)).toBe(false);
  expect(shiny.infotext).not.toContain('TI hashes');
  await put('embeddings/glow.safetensors', glow);
  const after = await paint('xl', { prompt });
  expect(after.pixels.equals(shiny.pixels)).toBe(true);
  expect(after.infotext).toMatch(/, TI hashes: "glow: [0-9a-f]{12}", /);
  await put('embeddings/half.safetensors', { clip_l: vectors(64) });
  expect((await paint('xl', { prompt: 'a half' })).infotext).not.toContain('TI hashes');
});

const floatsOf = ({ bytes }: GivenTensor) => new Float32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4);

/** OpenCLIP's tensors as Hugging Face calls them: queries, keys and values apart, the projection turned over. */
function inHuggingFaceNames(tensors: TinyTensors): TinyTensors {
  const renamed: Record<string, GivenTensor> = {};
  for (const [name, tensor] of Object.entries(tensors)) {
    const stacked = /^transformer\.resblocks\.(\d+)\.attn\.in_proj_(weight|bias)$/.exec(name);
    const values = floatsOf(tensor);
    const third = values.length / 3;
    if (stacked) {
      const [rows = 0, ...columns] = tensor.shape;
      for (const [i, part] of ['q_proj', 'k_proj', 'v_proj'].entries()) {
        const own = [...values.subarray(i * third, (i + 1) * third)];
        const layer = `text_model.encoder.layers.${stacked[1]}.self_attn.${part}.${stacked[2]}`;
        renamed[layer] = float32([rows / 3, ...columns], own);
      }
    } else if (name === 'text_projection') {
      const [rows = 0, columns = 0] = tensor.shape;
      const turned = Array.from(values, (_, i) => values[(i % rows) * columns + Math.floor(i / rows)]!);
      renamed['text_projection.weight'] = float32([columns, rows], turned);
    } else renamed[`text_model.${huggingFaceName(name)}`] = tensor;
  }
  return renamed;
}

function huggingFaceName(name: string): string {
  return name
    .replace('transformer.resblocks', 'encoder.layers')
    .replace(/\.ln_([12])\./, '.layer_norm$1.')
    .replace('.mlp.c_fc.', '.mlp.fc1.')
    .replace('.mlp.c_proj.', '.mlp.fc2.')
    .replace('.attn.', '.self_attn.')
    .replace(/^ln_final/, 'final_layer_norm')
    .replace(/^token_embedding/, 'embeddings.token_embedding')
    .replace(/^positional_embedding$/, 'embeddings.position_embedding.weight');
}
