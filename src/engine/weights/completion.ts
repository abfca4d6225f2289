import type { CheckpointFacts } from './checkpoint-facts.ts';
import { checkpointParts, nameByWidth, type TextPart, widthOf } from './checkpoint-parts.ts';
import type { TextEncoderName } from './declared.ts';
import { textEncodersOf } from './family.ts';
import { type Weights, weightsOf } from './weights.ts';
import type { TensorEntry, WeightsFile } from './weights-file.ts';

/** What people call the encoders. */
export const encoderNames: Readonly<Record<TextEncoderName, string>> = {
  clip_l: 'CLIP-L',
  clip_h: 'OpenCLIP ViT-H',
  clip_g: 'OpenCLIP ViT-bigG',
};

/** The encoders a checkpoint has use for and does not hold; none where those it holds are as wide as its U-Net reads. */
export function missingEncoders(facts: CheckpointFacts, text: readonly TextPart[]): readonly TextEncoderName[] {
  const wide = text.reduce((sum, part) => sum + widthOf(part), 0);
  if (wide === facts.unet.contextDim) return [];
  return textEncodersOf(facts.family, facts.variant).filter((name) => !text.some((part) => part.name === name));
}

/** Prefixes a text encoder may have in a file of its own, besides those it has in checkpoints. */
const ownPrefixes = ['', 'text_encoder', 'text_encoder_2', 'transformer', 'clip_l.transformer', 'clip_g.transformer'];

/** A text encoder found in a file of its own. */
interface FoundEncoder extends Omit<TextPart, 'weights' | 'projection'> {
  /** Where its tensors stand: all of them begin so. */
  readonly weights: Weights;
}

/**
 * A checkpoint with the text encoders it lacks, out of files that hold nothing else: their tensors are called as if they were part of it, and
 * stay where they are. The first file that fits counts.
 * @param facts  of the checkpoint
 */
export function completed(checkpoint: WeightsFile, facts: CheckpointFacts, files: readonly WeightsFile[]): WeightsFile {
  const tensors = new Map(checkpoint.tensors);
  for (const name of missingEncoders(facts, checkpointParts(checkpoint, facts).text)) {
    const found = files.map((file) => [file, encoderIn(file)] as const).find(([, encoder]) => encoder?.name === name);
    if (!found) continue;
    const [file, encoder] = found;
    for (const entry of ownTensors(file, encoder!, placeOf(facts, encoder!))) tensors.set(entry.name, entry);
  }
  return { ...checkpoint, tensors };
}

/** The one text encoder in a file. Small relatives, whose widths tell nothing, are told by the file's name. */
function encoderIn(file: WeightsFile): FoundEncoder | undefined {
  const [inside] = checkpointParts(file).text;
  if (inside) return { ...inside, weights: parentOf(file, inside) };
  const all = weightsOf(file.path, file.tensors);
  for (const prefix of ownPrefixes) {
    const part = prefix === '' ? all : all.at(prefix);
    if (part.has('transformer.resblocks.0') && part.has('ln_final.weight')) {
      const width = part.tensor('ln_final.weight').shape[0];
      return { name: nameByWidth(width) ?? nameByFile(file.path, 'clip_g'), layout: 'openClip', weights: part };
    }
    const model = part.has('text_model') ? part.at('text_model') : part;
    if (model.has('encoder.layers.0') && model.has('final_layer_norm.weight')) {
      const width = model.tensor('final_layer_norm.weight').shape[0];
      return { name: nameByWidth(width) ?? nameByFile(file.path, 'clip_l'), layout: 'huggingFace', weights: part };
    }
  }
  return undefined;
}

/** Hugging Face's encoders lie below `text_model`, their projection beside it. */
function parentOf({ path, tensors }: WeightsFile, { layout, weights }: TextPart): Weights {
  const above = layout === 'huggingFace' ? weights.prefix.replace(/\.?text_model$/, '') : weights.prefix;
  return above === '' ? weightsOf(path, tensors) : weightsOf(path, tensors).at(above);
}

function nameByFile(path: string, otherwise: TextEncoderName): TextEncoderName {
  const name = path.toLowerCase();
  if (/clip[_-]?g|bigg|text_encoder_2|te2/.test(name)) return 'clip_g';
  if (/clip[_-]?h|vit[_-]?h/.test(name)) return 'clip_h';
  return /clip[_-]?l/.test(name) ? 'clip_l' : otherwise;
}

/** Where a checkpoint of the family keeps the encoder. */
function placeOf({ family, variant }: CheckpointFacts, { name, layout }: FoundEncoder): string {
  const level = layout === 'openClip' ? 'model' : 'transformer';
  if (family !== 'sdxl') return `cond_stage_model.${level}.`;
  return `conditioner.embedders.${name === 'clip_g' && variant !== 'refiner' ? 1 : 0}.${level}.`;
}

function ownTensors({ tensors }: WeightsFile, { weights, layout }: FoundEncoder, place: string): TensorEntry[] {
  const start = weights.prefix === '' ? '' : `${weights.prefix}.`;
  const level = layout === 'openClip' || weights.has('text_model') ? '' : 'text_model.';
  return [...tensors.values()]
    .filter(({ name }) => name.startsWith(start))
    .map((entry) => ({ ...entry, name: `${place}${level}${entry.name.slice(start.length)}` }));
}
