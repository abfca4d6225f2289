import type { FamilyName } from '../../edit/catalog.ts';
import { longestText, textBeside } from '../weights/text-beside.ts';
import type { WeightsFile } from '../weights/weights-file.ts';

/** What a LoRA's or an embedding's file tells about itself. Hints of whoever trained it, never needed to use it. */
export interface NetworkFacts {
  /** `ss_output_name`. */
  readonly alias?: string;
  readonly family?: FamilyName;
  /** What calls it forth: its maker's trigger phrase, else the tags its training pictures had most, at most ten. */
  readonly words: readonly string[];
  /** `sshs_model_hash`: what it was hashed to before anybody edited its metadata. */
  readonly modelHash?: string;
}

const mostWords = 10;
const longestWord = 80;
const longestName = 200;

/** @param file  a LoRA or a textual inversion; only names, shapes and metadata are looked at */
export function networkFacts(file: Pick<WeightsFile, 'metadata' | 'tensors'>): NetworkFacts {
  const { metadata } = file;
  const alias = metadata.get('ss_output_name');
  const family = familyByMetadata(metadata) ?? familyByShapes(file.tensors) ?? familyByTrainer(metadata);
  const modelHash = metadata.get('sshs_model_hash');
  const phrase = metadata.get('modelspec.trigger_phrase')?.trim();
  return {
    ...(alias && alias.length <= longestName && { alias }),
    ...(family && { family }),
    ...(modelHash && /^[0-9a-f]{64}$/i.test(modelHash) && { modelHash: modelHash.toLowerCase() }),
    words: phrase ? wordsOf(phrase) : frequentTags(metadata.get('ss_tag_frequency')),
  };
}

/** Source: A1111 extensions-builtin/Lora/network.py `detect_version`; Stability AI's modelspec */
function familyByMetadata(metadata: ReadonlyMap<string, string>): FamilyName | undefined {
  const architecture = metadata.get('modelspec.architecture') ?? '';
  const base = metadata.get('ss_base_model_version') ?? '';
  if (base.startsWith('sdxl_') || architecture.startsWith('stable-diffusion-xl')) return 'sdxl';
  if (metadata.get('ss_v2') === 'True' || architecture.startsWith('stable-diffusion-v2')) return 'sd2';
  return base.startsWith('sd_v1') || architecture.startsWith('stable-diffusion-v1') ? 'sd1' : undefined;
}

/** kohya's trainer names every base but the first. Source: A1111, as above */
function familyByTrainer(metadata: ReadonlyMap<string, string>): FamilyName | undefined {
  return [...metadata.keys()].some((key) => key.startsWith('ss_')) ? 'sd1' : undefined;
}

const byWidth: Readonly<Record<number, FamilyName>> = { 768: 'sd1', 1024: 'sd2', 2048: 'sdxl' };

/** A LoRA of the U-Net says how wide the text is that its keys read; a textual inversion is as wide as the text encoder. */
function familyByShapes(tensors: WeightsFile['tensors']): FamilyName | undefined {
  if (tensors.has('clip_g')) return 'sdxl';
  for (const [name, { shape }] of tensors) {
    const isKeys = /attn2[._]to_k[._]?.*(lora_down|lora_A|lora\.down|hada_w1_b)/.test(name);
    const isInversion = name === 'emb_params' || name.startsWith('string_to_param');
    const width = isKeys || isInversion ? shape[1] : undefined;
    if (width !== undefined && Object.hasOwn(byWidth, width)) return byWidth[width];
  }
  return undefined;
}

function wordsOf(text: string): readonly string[] {
  const words = text.split(',').map((word) => word.replace(/\s+/g, ' ').trim());
  return [...new Set(words)].filter((word) => word !== '' && word.length <= longestWord).slice(0, mostWords);
}

/** `{ folder: { tag: count } }`, as kohya's trainer writes it; anything else tells nothing. */
function frequentTags(json: string | undefined): readonly string[] {
  const counts = new Map<string, number>();
  for (const tags of Object.values(parsed(json))) {
    if (typeof tags !== 'object' || tags === null) continue;
    for (const [tag, count] of Object.entries(tags)) {
      if (typeof count === 'number' && count > 0) counts.set(tag.trim(), (counts.get(tag.trim()) ?? 0) + count);
    }
  }
  const sorted = [...counts].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1));
  return sorted.flatMap(([tag]) => (tag !== '' && tag.length <= longestWord ? [tag] : [])).slice(0, mostWords);
}

function parsed(json = '{}'): Readonly<Record<string, unknown>> {
  if (json.length > longestText) return {};
  try {
    const value: unknown = JSON.parse(json);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

/** What the owner wrote down about a model in the web UI. */
export interface OwnerNotes {
  readonly words: readonly string[];
  readonly weight?: number;
  /** The VAE to go with a checkpoint, by file name. */
  readonly vae?: string;
}

/** Reads `name.json` beside a model file. Source: A1111 modules/ui_extra_networks_user_metadata.py, ui_edit_user_metadata.py of Lora */
export async function ownerNotes(path: string): Promise<OwnerNotes> {
  const notes = parsed(await textBeside(path, '.json'));
  const { 'activation text': text, 'preferred weight': weight, vae } = notes;
  return {
    words: typeof text === 'string' ? wordsOf(text) : [],
    ...(typeof weight === 'number' && Number.isFinite(weight) && weight !== 0 && { weight }),
    ...(typeof vae === 'string' && vae !== '' && { vae }),
  };
}
