import { readFile } from 'node:fs/promises';
import { type GivenTensor, safetensorsBytes } from '../engine/weights/safetensors-file.ts';

type Shapes = Readonly<Record<string, readonly number[]>>;
export type TinyTensors = Readonly<Record<string, GivenTensor>>;

const unetPrefix = 'model.diffusion_model.';
const vae = ['vae_kl_f8', 'first_stage_model.'] as const;

/** Whose shapes a small checkpoint has, at a tenth of the width or so: layouts of true files and their places. */
const families = {
  sd1: { unet: 'unet_sd15', text: [['text_clip_l_hf', 'cond_stage_model.transformer.']] },
  sd2: { unet: 'unet_sd2', text: [['text_openclip_h', 'cond_stage_model.model.']] },
  sdxl: {
    unet: 'unet_sdxl',
    text: [
      ['text_clip_l_hf', 'conditioner.embedders.0.transformer.'],
      ['text_openclip_bigg', 'conditioner.embedders.1.model.'],
    ],
  },
  refiner: { unet: 'unet_sdxl_refiner', text: [['text_openclip_bigg', 'conditioner.embedders.0.model.']] },
} as const;

export type TinyFamily = keyof typeof families;

/** Sizes that do not simply shrink by ten (the refiner's by twelve). Text encoders keep 64 channels a head. */
const widths: Readonly<Record<string, Readonly<Record<number, number>>>> = {
  unet: { 768: 64, 1024: 64, 2048: 192, 2816: 128 + 6 * 256, 4: 4 },
  unet_sdxl_refiner: { 1280: 128, 2560: 128 + 5 * 256, 4: 4 },
  text: {
    768: 64,
    1024: 64,
    1280: 128,
    2304: 192,
    3072: 192,
    3840: 384,
    4096: 128,
    5120: 256,
    49408: 600,
    77: 77,
    1: 1,
  },
  vae: { 128: 32, 256: 64, 512: 64, 8: 8, 4: 4, 3: 3, 1: 1 },
};

/** Blocks kept of those that are many in true files. */
const isKept = (name: string) => !/transformer_blocks\.[1-9]|(encoder\.layers|resblocks)\.([3-9]|\d\d)\./.test(name);

/**
 * A checkpoint of every network of a family, small, with a vocabulary of 600 tokens and made-up numbers that keep what flows through it near
 * unit size. @param inChannels  8 for InstructPix2Pix, 9 for inpainting
 */
export async function tinyCheckpoint(family: TinyFamily, inChannels = 4): Promise<TinyTensors> {
  const { unet, text } = families[family];
  const parts = [[unet, unetPrefix], vae, ...text] as const;
  const all: Record<string, GivenTensor> = {};
  for (const [layout, prefix] of parts) {
    for (const [name, shape] of Object.entries(await shapesOf(layout))) {
      if (!isKept(name)) continue;
      const small = shape.map((n, axis) => shrunk(layout, n, { name, axis }));
      if (prefix + name === `${unetPrefix}input_blocks.0.0.weight`) small[1] = inChannels;
      all[prefix + name] = tensorOf(name, small, Object.keys(all).length);
    }
  }
  return all;
}

/** The file of such a checkpoint, or of a part of one. */
export function tinyFile(tensors: TinyTensors): Buffer {
  const config = { unet: { num_head_channels: 16 } };
  return safetensorsBytes(tensors, { tiny_config: JSON.stringify(config) });
}

async function shapesOf(layout: string): Promise<Shapes> {
  const file = new URL(`../golden/models/layouts/${layout}.json`, import.meta.url);
  const { tensors } = JSON.parse(await readFile(file, 'utf8')) as { tensors: Shapes };
  return tensors;
}

function shrunk(layout: string, n: number, { name, axis }: { readonly name: string; readonly axis: number }): number {
  const kind = layout.startsWith('unet') ? 'unet' : layout.startsWith('text') ? 'text' : 'vae';
  const isText = kind === 'unet' && axis === 1 && /attn2\.to_[kv]|label_emb\.0\.0/.test(name);
  if (isText) return (widths[layout] ?? widths.unet)![n]!;
  if (kind !== 'unet') return widths[kind]![n]!;
  return n < 32 ? n : n / (layout === 'unet_sdxl_refiner' ? 12 : 10);
}

function tensorOf(name: string, shape: readonly number[], salt: number): GivenTensor {
  const count = shape.reduce((product, n) => product * n, 1);
  if (name.endsWith('position_ids')) return { dtype: 'I64', shape, bytes: new Uint8Array(8 * count) };
  const isGain = shape.length === 1 && name.endsWith('.weight');
  const spread = shape.length === 1 ? 0.1 : 1 / Math.sqrt(count / shape[0]!);
  const values = Float32Array.from(
    { length: count },
    (_, i) => (isGain ? 1 : 0) + spread * Math.sin(i * 12.9898 + salt),
  );
  return { dtype: 'F32', shape, bytes: new Uint8Array(values.buffer) };
}
