import type { FamilyName } from '../../edit/catalog.ts';
import type { TextEncoderName } from './declared.ts';
import { textEncodersOf, type Variant } from './family.ts';
import { type Weights, weightsOf } from './weights.ts';
import type { TensorEntry, WeightsFile } from './weights-file.ts';

/** A text encoder inside a checkpoint. */
export interface TextPart {
  readonly name: TextEncoderName;
  /** Whose names its tensors have: Hugging Face's below `text_model`, or OpenCLIP's. */
  readonly layout: 'huggingFace' | 'openClip';
  readonly weights: Weights;
  /** Hugging Face's projection of the pooled text, a linear layer beside `text_model`. */
  readonly projection?: Weights;
}

/** A checkpoint taken apart. What is missing was not in the file. */
export interface CheckpointParts {
  readonly all: Weights;
  readonly unet?: Weights;
  readonly vae?: Weights;
  /** In the order their states are joined: CLIP-L before the others. */
  readonly text: readonly TextPart[];
}

/** The U-Net's prefix: where it stands, not where it should. Source: ComfyUI `unet_prefix_from_state_dict` */
const unetPrefix = 'model.diffusion_model';
const vaePrefix = 'first_stage_model';

/** Where checkpoints keep their text encoders, which are told apart by their widths. Source: A1111 modules/sd_models.py */
const textPlaces = [
  { prefix: 'cond_stage_model.transformer', layout: 'huggingFace' },
  { prefix: 'conditioner.embedders.0.transformer', layout: 'huggingFace' },
  { prefix: 'cond_stage_model.model', layout: 'openClip' },
  { prefix: 'conditioner.embedders.0.model', layout: 'openClip' },
  { prefix: 'conditioner.embedders.1.model', layout: 'openClip' },
  { prefix: 'conditioner.embedders.1.transformer', layout: 'huggingFace' },
] as const;

/**
 * Splits a checkpoint into its networks, by the prefixes of its tensors' names.
 * @param of  its family, where that is known: it tells which encoder a single one of unusual width is
 */
export function checkpointParts(
  file: WeightsFile,
  of?: { readonly family: FamilyName; readonly variant: Variant },
): CheckpointParts {
  const all = weightsOf(file.path, file.tensors);
  const unet = findUnet(all, file.tensors);
  const text = textPlaces.flatMap((place) => textPart(all, place));
  return {
    all,
    ...(unet && { unet }),
    ...(all.has(`${vaePrefix}.decoder`) && { vae: all.at(vaePrefix) }),
    text: of ? namedFor(text, textEncodersOf(of.family, of.variant)) : text,
  };
}

/** The only encoder of a family that reads one is that one, whatever its place says; the full-size ones are told by their widths. */
function namedFor(text: readonly TextPart[], expected: readonly TextEncoderName[]): readonly TextPart[] {
  const [part, ...others] = text;
  const [name, ...more] = expected;
  if (!part || !name || others.length > 0 || more.length > 0 || nameByWidth(widthOf(part))) return text;
  return [{ ...part, name }];
}

/** Of the states a text encoder gives. */
export function widthOf({ layout, weights }: Pick<TextPart, 'layout' | 'weights'>): number {
  return weights.tensor(layout === 'openClip' ? 'ln_final.weight' : 'final_layer_norm.weight').shape[0]!;
}

function findUnet(all: Weights, tensors: ReadonlyMap<string, TensorEntry>): Weights | undefined {
  let below = 0;
  for (const name of tensors.keys()) if (name.startsWith(`${unetPrefix}.`)) below++;
  if (below > 5) return all.at(unetPrefix);
  return all.has('input_blocks.0.0.weight') ? all : undefined;
}

function textPart(all: Weights, { prefix, layout }: (typeof textPlaces)[number]): TextPart[] {
  const part = all.at(prefix);
  if (layout === 'openClip') {
    if (!part.has('ln_final.weight')) return [];
    return [
      { name: nameByWidth(part.tensor('ln_final.weight').shape[0]) ?? openClipName(prefix), layout, weights: part },
    ];
  }
  const weights = part.has('text_model') ? part.at('text_model') : part; // files of 2022 lack the level
  if (!weights.has('final_layer_norm.weight')) return [];
  const isSecond = prefix.startsWith('conditioner.embedders.1');
  const name = nameByWidth(weights.tensor('final_layer_norm.weight').shape[0]) ?? (isSecond ? 'clip_g' : 'clip_l');
  return [
    { name, layout, weights, ...(part.has('text_projection.weight') && { projection: part.at('text_projection') }) },
  ];
}

/** Of the full-size encoders: ViT-H serves SD2, ViT-bigG is SDXL's second. */
export function nameByWidth(width: number | undefined): TextEncoderName | undefined {
  return width === 768 ? 'clip_l' : width === 1024 ? 'clip_h' : width === 1280 ? 'clip_g' : undefined;
}

/** Of small relatives: SDXL has a place of its own for each of its encoders. */
function openClipName(prefix: string): TextEncoderName {
  return prefix.startsWith('conditioner') ? 'clip_g' : 'clip_h';
}
