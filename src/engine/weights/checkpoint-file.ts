import { ldmUnetNames, ldmVaeNames } from './ldm-names.ts';
import { openWeights } from './open-weights.ts';
import type { TensorEntry, WeightsFile } from './weights-file.ts';

/**
 * A checkpoint or VAE whose tensors are called as in A1111's files, whatever the file calls them, and whose scaled float8 weights know
 * their scales. @throws Refusal 'weights-broken'
 */
export async function openCheckpointFile(path: string): Promise<WeightsFile> {
  return withScales(withLdmNames(await openWeights(path)));
}

/** A part that diffusers has written: where it stands, what tells it, and where A1111 looks for it. */
const parts = [
  {
    prefixes: ['', 'unet.'],
    sign: 'down_blocks.0.resnets.0.conv1.weight',
    to: 'model.diffusion_model.',
    rename: ldmUnetNames,
  },
  {
    prefixes: ['', 'vae.', 'first_stage_model.'],
    sign: 'decoder.up_blocks.0.resnets.0.norm1.weight',
    to: 'first_stage_model.',
    rename: ldmVaeNames,
  },
] as const;

/** Hugging Face's text encoders in a file of diffusers' layout: where SD1 and SD2 have their one, and where SDXL has its two. */
const textEncoders = {
  one: [['text_encoder.', 'cond_stage_model.transformer.']],
  two: [
    ['text_encoder.', 'conditioner.embedders.0.transformer.'],
    ['text_encoder_2.', 'conditioner.embedders.1.transformer.'],
  ],
} as const;

/** Files in ldm's names are returned as they are. */
export function withLdmNames(file: WeightsFile): WeightsFile {
  const networks = parts.flatMap((part) => renamedPart(file, part));
  const renamed = new Map([...networks, ...renamedText(file, networks)]);
  if (renamed.size === 0) return file;
  const entries = [...file.tensors.values()].map((entry) => ({
    ...entry,
    name: renamed.get(entry.name) ?? entry.name,
  }));
  return { ...file, tensors: new Map(entries.map((entry) => [entry.name, entry])) };
}

type Renamed = readonly (readonly [from: string, to: string])[];

function renamedPart({ tensors }: WeightsFile, { prefixes, sign, to, rename }: (typeof parts)[number]): Renamed {
  const prefix = prefixes.find((start) => tensors.has(start + sign));
  if (prefix === undefined) return [];
  const own = [...tensors.keys()].filter((name) => name.startsWith(prefix)).map((name) => name.slice(prefix.length));
  const known = rename(prefix === '' ? own.filter(isBare) : own);
  return [...known].map(([from, ldm]) => [prefix + from, to + ldm] as const);
}

/** Text encoders, whoever named the other networks. */
function renamedText({ tensors }: WeightsFile, networks: Renamed): Renamed {
  const names = [...tensors.keys()];
  const isDouble =
    names.some((name) => name.startsWith('text_encoder_2.')) || hasLabels([...names, ...networks.flat()]);
  return textEncoders[isDouble ? 'two' : 'one'].flatMap(([from, to]) =>
    names.flatMap((name) => (name.startsWith(from) ? [[name, to + name.slice(from.length)] as const] : [])),
  );
}

/** A U-Net with label vectors is SDXL's. */
const hasLabels = (names: readonly string[]) => names.some((name) => name.includes('label_emb.'));

/** Names of the part itself, where other parts of the file have prefixes. */
const isBare = (name: string) =>
  !/^(unet|vae|text_encoder(_2)?|first_stage_model|model|cond_stage_model|conditioner)\./.test(name);

/**
 * "Scaled fp8": layers have a factor of their own, `scale_weight`, whatever dtype their weights were left in. The marker tensor `scaled_fp8` tells
 * that a file is one. Source: ComfyUI `utils.py`
 */
function withScales(file: WeightsFile): WeightsFile {
  if (![...file.tensors.keys()].some((name) => /(^|\.)scaled_fp8$/.test(name))) return file;
  const scaled = (entry: TensorEntry): TensorEntry => {
    const scale = file.tensors.get(entry.name.replace(/\.weight$/, '.scale_weight'));
    return scale && scale !== entry ? { ...entry, scale } : entry;
  };
  return { ...file, tensors: new Map([...file.tensors].map(([name, entry]) => [name, scaled(entry)])) };
}
