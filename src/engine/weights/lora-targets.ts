import type { CheckpointParts, TextPart } from './checkpoint-parts.ts';
import { diffusersName } from './diffusers-names.ts';
import type { Weights } from './weights.ts';

/** The layer of a checkpoint that an entry of a LoRA changes. */
export interface LoraTarget {
  /** Full name of its weight in the checkpoint; the bias is beside it. */
  readonly weight: string;
  /** Which third of OpenCLIP's stacked queries, keys and values. */
  readonly third?: 0 | 1 | 2;
  readonly part: 'unet' | 'text';
}

/**
 * Every name a LoRA may call a layer of this checkpoint by: kohya's, in ldm's or diffusers' order, with underscores (which is why the
 * way back is a table), and diffusers' own with dots.
 *
 * @param layers  full names of all the checkpoint's tensors
 * Source: A1111 extensions-builtin/Lora/networks.py, ComfyUI `lora.py`
 */
export function loraTargets({ unet, text }: CheckpointParts, tensors: Iterable<string>): Map<string, LoraTarget> {
  const targets = new Map<string, LoraTarget>();
  const names = [...tensors];
  if (unet) addUnet(targets, unet, layersBelow(unet, names));
  for (const part of text) addText(targets, part, layersBelow(part.weights, names));
  return targets;
}

/** Layers of a part, without prefix and without `.weight`. */
function layersBelow({ prefix }: Weights, names: readonly string[]): string[] {
  const start = prefix === '' ? '' : `${prefix}.`;
  const own = names.filter((name) => name.startsWith(start)).map((name) => name.slice(start.length));
  return own.flatMap((name) => /^(.+?)(?:\.weight|_weight)$/.exec(name)?.[1] ?? []);
}

function addUnet(targets: Map<string, LoraTarget>, unet: Weights, layers: readonly string[]): void {
  const perLevel = blocksPerLevel(unet);
  const prefix = unet.prefix === '' ? '' : `${unet.prefix}.`;
  for (const layer of layers) {
    const target = { weight: `${prefix}${layer}.weight`, part: 'unet' } as const;
    for (const name of unetNames(layer, diffusersName(layer, perLevel))) targets.set(name, target);
  }
}

/** @param layer  in ldm's names, without prefix */
function unetNames(layer: string, diffusers: string | undefined): string[] {
  const names = diffusers === undefined ? [layer] : [layer, diffusers];
  const flat = names.map((name) => name.replaceAll('.', '_'));
  // diffusers of early 2023 say to_out for to_out.0, and leave out what the file is for.
  const dotted = names.slice(1).flatMap((name) => [name, name.replace(/\.to_out\.0$/, '.to_out')]);
  return [
    ...['lora_unet_', 'oft_unet_', 'lycoris_'].flatMap((start) => flat.map((name) => start + name)),
    ...['diffusion_model.', 'model.diffusion_model.'].map((start) => start + layer),
    ...['unet.', ''].flatMap((start) => dotted.map((name) => start + name)),
  ];
}

function blocksPerLevel(unet: Weights): number {
  let count = 0;
  while (unet.has(`input_blocks.${count + 1}.0.in_layers`)) count++;
  return count;
}

/** kohya numbers SDXL's encoders te1 and te2, and calls a single one te. */
function addText(targets: Map<string, LoraTarget>, text: TextPart, layers: readonly string[]): void {
  const isSecond = text.name === 'clip_g';
  const kohya = isSecond ? ['lora_te2_'] : ['lora_te_', 'lora_te1_'];
  const comfyui = `text_encoders.${text.name}.transformer.`;
  const dotted = [...(isSecond ? ['text_encoder_2.'] : ['text_encoder.', '']), comfyui];
  for (const [name, target] of layers.flatMap((layer) => textTargets(text, layer))) {
    for (const start of kohya) targets.set(start + name.replaceAll('.', '_'), target);
    for (const start of dotted) targets.set(start + name, target);
  }
}

/** What one layer of a text encoder is called: one name, or three where queries, keys and values are stacked. */
function textTargets({ layout, weights }: TextPart, layer: string): (readonly [name: string, target: LoraTarget])[] {
  const name = layout === 'openClip' ? huggingFaceName(layer) : layer;
  if (!name) return [];
  const full = `${weights.prefix}.${layer}`;
  if (!layer.endsWith('.in_proj')) return [[`text_model.${name}`, { weight: `${full}.weight`, part: 'text' }]];
  return (['q_proj', 'k_proj', 'v_proj'] as const).map((projection, third) => [
    `text_model.${name.replace('in_proj', projection)}`,
    { weight: `${full}_weight`, part: 'text', third: third as 0 | 1 | 2 },
  ]);
}

/** OpenCLIP's name of a layer in Hugging Face's words; undefined for what no LoRA changes. */
function huggingFaceName(layer: string): string | undefined {
  const found = /^transformer\.resblocks\.(\d+)\.(.+)$/.exec(layer);
  if (!found) return undefined;
  const renamed = found[2]!
    .replace('ln_', 'layer_norm')
    .replace('mlp.c_fc', 'mlp.fc1')
    .replace('mlp.c_proj', 'mlp.fc2')
    .replace(/^attn/, 'self_attn');
  return `encoder.layers.${found[1]}.${renamed}`;
}
