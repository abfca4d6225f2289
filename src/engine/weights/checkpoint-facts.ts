import { basename } from 'node:path';
import type { FamilyName } from '../../edit/catalog.ts';
import { Refusal } from '../../errors.ts';
import { type CheckpointParts, checkpointParts } from './checkpoint-parts.ts';
import { type Declared, declaredIn, type LatentSpace } from './declared.ts';
import { type FamilyMatch, familyOf, type Variant } from './family.ts';
import { textBeside } from './text-beside.ts';
import { type UnetShape, unetShape } from './unet-shape.ts';
import { readTensor, type TensorEntry, type WeightsFile } from './weights-file.ts';

/** What is known of a checkpoint before any of its networks is opened. */
export interface CheckpointFacts {
  readonly family: FamilyName;
  readonly variant: Variant;
  /** What the U-Net's output means: the noise, or Salimans & Ho's v. */
  readonly prediction: 'eps' | 'v';
  readonly zeroTerminalSnr: boolean;
  readonly latentSpace: LatentSpace;
  /** Latents are the encoder's mean times this. */
  readonly latentScale: number;
  /** Width = height the model was trained at, px. */
  readonly nativeSize: number;
  readonly unet: UnetShape;
  /** Attention heads of a U-Net layer that many channels wide. */
  readonly headsAt: (channels: number) => number;
  readonly declared: Declared;
}

/** The population standard deviation of a tensor's elements. */
export type SpreadOf = (entry: TensorEntry) => Promise<number>;

interface FactOptions {
  /** What the operator or a `.yaml` beside the file says; goes before everything. */
  readonly prediction?: 'eps' | 'v' | undefined;
  readonly spreadOf?: SpreadOf;
}

/** A checkpoint's facts and parts. @throws Refusal 'weights-unsupported' */
export async function examineCheckpoint(
  file: WeightsFile,
  { prediction, spreadOf = measureSpread }: FactOptions = {},
): Promise<{ readonly facts: CheckpointFacts; readonly parts: CheckpointParts }> {
  const found = checkpointParts(file);
  const foreign = found.unet?.has('input_blocks.0.0.weight') ? undefined : foreignArchitecture(found);
  if (foreign || !found.unet) throw unsupported(file, foreign ?? 'it holds no U-Net');
  const declared = declaredIn(file);
  const unet = unetShape(found.unet);
  const match = familyOf(unet, declared.family);
  const parts = checkpointParts(file, { family: match.name, variant: match.variant });
  refuseVariants(file, match, unet, parts);
  const chosen = prediction ?? declared.prediction ?? (await predictionOf(match, parts, spreadOf));
  const { all } = parts;
  const facts: CheckpointFacts = {
    family: match.name,
    variant: match.variant,
    prediction: chosen,
    zeroTerminalSnr: declared.zeroTerminalSnr ?? (chosen === 'v' && all.has('v_pred') && all.has('ztsnr')),
    latentSpace: declared.latentSpace ?? (match.name === 'sdxl' ? 'sdxl' : 'sd'),
    latentScale: declared.latentScale ?? (match.name === 'sdxl' ? 0.13025 : 0.18215),
    nativeSize: declared.nativeSize ?? nativeSizeOf(match, chosen),
    unet,
    headsAt: headRule(file, match.name, declared),
    declared,
  };
  return { facts, parts };
}

function unsupported(file: WeightsFile, why: string): Refusal<'weights-unsupported'> {
  return new Refusal('weights-unsupported', { file: basename(file.path), why });
}

/** Source: ComfyUI `model_detection.py` */
const foreignSigns = [
  ['joint_blocks', 'Stable Diffusion 3'],
  ['double_blocks', 'Flux or a relative of it'],
  ['clf.1.weight', 'Stable Cascade'],
  ['cond_seq_linear', 'AuraFlow'],
  ['pooler.style_embedder', 'a diffusion transformer'], // Hunyuan DiT
  ['x_embedder.proj', 'a diffusion transformer'],
  ['transformer_blocks', 'a diffusion transformer'],
  ['patch_embedding', 'a diffusion transformer'],
] as const;

/** Why a file is of no family known here, when it holds a network that is no U-Net. */
function foreignArchitecture({ all, unet }: CheckpointParts): string | undefined {
  const found = foreignSigns.find(([sign]) => all.has(sign) || all.has(`model.diffusion_model.${sign}`));
  const name = found?.[1] ?? (unet && 'of an architecture that is not known here');
  return name && `it is ${name}, not Stable Diffusion 1, 2 or XL`;
}

const unsupportedVariants: Partial<Record<Variant, string>> = {
  depth: 'it wants a depth map',
  'unclip-l': 'it wants a picture in place of text',
  'unclip-h': 'it wants a picture in place of text',
  'x4-upscaler': 'it is the ×4 upscaler',
};

function refuseVariants(file: WeightsFile, { variant }: FamilyMatch, unet: UnetShape, { all }: CheckpointParts): void {
  const why = unsupportedVariants[variant];
  if (why) throw unsupported(file, why);
  if (![4, 8, 9].includes(unet.inChannels))
    throw unsupported(file, `its U-Net takes ${unet.inChannels} channels, and only 4, 8 and 9 have a meaning here`);
  if (all.has('edm_mean') && all.has('edm_std')) throw unsupported(file, 'it is trained for EDM (Playground v2.5)');
  if (all.has('edm_vpred.sigma_max')) throw unsupported(file, 'it is trained for EDM v-prediction (CosXL)');
}

/**
 * SDXL says it with a key; SD2's two kinds differ in the spread of one bias; SD1 predicts the noise.
 * Source: ComfyUI `supported_models.py`
 */
async function predictionOf(
  { name, variant }: FamilyMatch,
  { all, unet }: CheckpointParts,
  spreadOf: SpreadOf,
): Promise<'eps' | 'v'> {
  if (name === 'sdxl') return all.has('v_pred') ? 'v' : 'eps';
  const telling = 'output_blocks.11.1.transformer_blocks.0.norm1.bias';
  if (name !== 'sd2' || variant !== 'plain' || !unet!.has(telling)) return 'eps';
  return (await spreadOf(unet!.tensor(telling))) > 0.09 ? 'v' : 'eps';
}

/** `parameterization: v` in the checkpoint's `.yaml`, as A1111 looks for it. */
export async function predictionBeside(path: string): Promise<'v' | undefined> {
  const text = await textBeside(path, '.yaml');
  return /^\s*parameterization:\s*["']?v["']?\s*(#.*)?$/m.test(text) ? 'v' : undefined;
}

async function measureSpread(entry: TensorEntry): Promise<number> {
  const { data } = await readTensor(entry);
  const mean = data.reduce((sum, x) => sum + x, 0) / data.length;
  return Math.sqrt(data.reduce((sum, x) => sum + (x - mean) ** 2, 0) / data.length);
}

function nativeSizeOf({ name }: FamilyMatch, prediction: 'eps' | 'v'): number {
  if (name === 'sdxl') return 1024;
  return name === 'sd2' && prediction === 'v' ? 768 : 512;
}

/** SD1 has 8 heads everywhere, the others heads of 64 channels. */
function headRule(
  file: WeightsFile,
  family: FamilyName,
  { heads, headChannels }: Declared,
): (channels: number) => number {
  return (channels) => {
    const fixed = heads ?? (headChannels === undefined && family === 'sd1' ? 8 : undefined);
    const count = fixed ?? channels / (headChannels ?? 64);
    if (Number.isInteger(count) && channels % count === 0) return count;
    throw unsupported(file, `${channels} channels cannot be split into ${count} attention heads`);
  };
}
