import { basename } from 'node:path';
import { Refusal } from '../../errors.ts';
import { openWeights } from './open-weights.ts';
import type { TensorEntry, WeightsFile } from './weights-file.ts';

/** The tensors that change one layer, by the names LyCORIS gives them: `lora_up.weight`, `hada_w1_a`, `alpha` … */
export type LoraParts = ReadonlyMap<string, TensorEntry>;

/** A LoRA's parts by the layer they change. */
export type LoraFile = ReadonlyMap<string, LoraParts>;

/** diffusers' and PEFT's names of what kohya calls lora_up and lora_down. */
const spellings: readonly (readonly [RegExp, string])[] = [
  [/\.lora_B(\.\w+)*$/, '.lora_up.weight'], // PEFT may put the adapter's name in between
  [/\.lora_A(\.\w+)*$/, '.lora_down.weight'],
  [/\.lora_magnitude_vector(\.\w+)*$/, '.dora_scale'],
  [/[._]lora\.(up|down)\.weight$/, '.lora_$1.weight'],
  [/\.lora_linear_layer\.(up|down)\.weight$/, '.lora_$1.weight'],
  [/^((unet|text_encoder(_2)?)\.)?base_model\.model\./, '$1'],
  [/\.processor\./, '.'],
];

/** Parts of dotted names, where the base has dots itself. */
const dottedPart =
  /\.((?:lora_(?:up|down|mid)|a1|a2|b1|b2)\.weight|alpha|scale|diff|diff_b|w_norm|b_norm|hada_\w+|lokr_\w+|oft_blocks|oft_diag|rescale|dora_scale|set_weight|reshape_weight)$/;

/** @throws Refusal 'weights-broken'; 'weights-unsupported' when nothing in it looks like a LoRA */
export async function openLora(path: string): Promise<LoraFile> {
  return loraFileOf(await openWeights(path));
}

/** Groups the tensors of a file by layer. @throws Refusal 'weights-unsupported' as `openLora` */
export function loraFileOf({ path, tensors }: Pick<WeightsFile, 'path' | 'tensors'>): LoraFile {
  const layers = new Map<string, Map<string, TensorEntry>>();
  for (const entry of tensors.values()) {
    const split = splitName(entry.name);
    if (!split) continue;
    const [base, part] = split;
    const parts = layers.get(base) ?? new Map<string, TensorEntry>();
    // Two LoRAs may be in one graph, and their tensors are called alike.
    layers.set(base, parts.set(part, { ...entry, name: `${path}:${entry.name}` }));
  }
  if (layers.size === 0) throw new Refusal('weights-unsupported', { file: basename(path), why: 'it is no LoRA' });
  return layers;
}

/** kohya's bases hold no dots, so theirs end at the first one. */
function splitName(name: string): [base: string, part: string] | undefined {
  const spelt = spellings.reduce((text, [from, to]) => text.replace(from, to), name);
  const dot = spelt.indexOf('.');
  if (/^(lora|lycoris|oft)_/.test(spelt) && dot > 0) return [spelt.slice(0, dot), spelt.slice(dot + 1)];
  const part = dottedPart.exec(spelt);
  return part ? [spelt.slice(0, part.index), part[1]!] : undefined;
}
