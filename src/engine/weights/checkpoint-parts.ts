import type { TextEncoderName } from './declared.ts';
import { type Weights, weightsOf } from './weights.ts';
import type { TensorEntry, WeightsFile } from './weights-file.ts';

/** A text encoder inside a checkpoint. */
export interface TextPart {
  readonly name: TextEncoderName;
  /** Whose names its tensors have: Hugging Face's below `text_model`, or OpenCLIP's. */
  readonly layout: 'huggingFace' | 'openClip';
  readonly weights: Weights;
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

/** Where checkpoints keep their text encoders. OpenCLIP's are told apart by their widths. Source: A1111 modules/sd_models.py */
const textPlaces = [
  { prefix: 'cond_stage_model.transformer', layout: 'huggingFace' },
  { prefix: 'conditioner.embedders.0.transformer', layout: 'huggingFace' },
  { prefix: 'cond_stage_model.model', layout: 'openClip' },
  { prefix: 'conditioner.embedders.0.model', layout: 'openClip' },
  { prefix: 'conditioner.embedders.1.model', layout: 'openClip' },
] as const;

/** Splits a checkpoint into its networks, by the prefixes of its tensors' names. */
export function checkpointParts(file: WeightsFile): CheckpointParts {
  const all = weightsOf(file.path, file.tensors);
  const unet = findUnet(all, file.tensors);
  return {
    all,
    ...(unet && { unet }),
    ...(all.has(`${vaePrefix}.decoder`) && { vae: all.at(vaePrefix) }),
    text: textPlaces.flatMap((place) => textPart(all, place)),
  };
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
    return [{ name: openClipName(part), layout, weights: part }];
  }
  const weights = part.has('text_model') ? part.at('text_model') : part; // files of 2022 lack the level
  return weights.has('final_layer_norm.weight') ? [{ name: 'clip_l', layout, weights }] : [];
}

/** OpenCLIP's ViT-H has width 1024 and serves SD2; ViT-bigG has 1280 and a place of its own in SDXL. */
function openClipName(part: Weights): TextEncoderName {
  const width = part.tensor('ln_final.weight').shape[0];
  if (width === 1024) return 'clip_h';
  return width === 1280 || part.prefix.startsWith('conditioner') ? 'clip_g' : 'clip_h';
}
