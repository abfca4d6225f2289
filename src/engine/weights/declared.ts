import type { FamilyName } from '../../edit/catalog.ts';
import type { WeightsFile } from './weights-file.ts';

/** What the metadata of small checkpoints may say about things that shapes cannot tell. Nothing in full-size files. */
export interface Declared {
  readonly family?: FamilyName;
  readonly prediction?: 'eps' | 'v';
  readonly zeroTerminalSnr?: boolean;
  readonly latentScale?: number;
  readonly nativeSize?: number;
  /** The autoencoder it was trained with, where that is not its family's. */
  readonly latentSpace?: LatentSpace;
  /** Attention heads of every U-Net layer … */
  readonly heads?: number;
  /** … or the width of each. */
  readonly headChannels?: number;
  readonly textHeads?: Readonly<Partial<Record<TextEncoderName, number>>>;
  readonly textActivations?: Readonly<Partial<Record<TextEncoderName, TextActivation>>>;
}

/** What latents mean: autoencoders of one space can take each other's place, and share their previews. */
export type LatentSpace = 'sd' | 'sdxl' | 'palimpsest-tiny';

export type TextEncoderName = 'clip_l' | 'clip_h' | 'clip_g';
const textEncoderNames: readonly TextEncoderName[] = ['clip_l', 'clip_h', 'clip_g'];

/** What stands between the two linear layers of a text encoder's block. */
export type TextActivation = 'quickGelu' | 'gelu';

/** Reads both ways of writing them: `palimpsest.*`, and `tiny_config` (JSON). What makes no sense is passed over. */
export function declaredIn({ metadata }: WeightsFile): Declared {
  const config = parsed(metadata.get('tiny_config'));
  const unet = record(config.unet);
  const own = (key: string) => metadata.get(`palimpsest.${key}`);
  const heads = count(unet.num_heads) ?? count(own('num_heads'));
  const headChannels = count(unet.num_head_channels) ?? count(own('num_head_channels'));
  const nativeSize = count(own('native_width'));
  const latentScale = positive(config.latent_scale) ?? positive(own('scale_factor'));
  const family = oneOf(['sd1', 'sd2', 'sdxl'], config.family);
  const prediction = oneOf(['eps', 'v'], config.prediction);
  const latentSpace = oneOf(['palimpsest-tiny'], metadata.get('modelspec.title'));
  return {
    ...(family && { family }),
    ...(prediction && { prediction }),
    ...(typeof config.zsnr === 'boolean' && { zeroTerminalSnr: config.zsnr }),
    ...(latentScale && { latentScale }),
    ...(nativeSize && { nativeSize }),
    ...(latentSpace && { latentSpace }),
    ...(heads && { heads }),
    ...(headChannels && { headChannels }),
    textHeads: textHeads(config, own('text_num_heads')),
    textActivations: textActivations(config),
  };
}

function textHeads(config: Record<string, unknown>, own: string | undefined): NonNullable<Declared['textHeads']> {
  const headsOf = (name: TextEncoderName) => count(record(config[name]).num_attention_heads);
  const pairs = textEncoderNames.map((name) => [name, headsOf(name) ?? count(own)] as const);
  return Object.fromEntries(pairs.filter(([, heads]) => heads !== undefined));
}

/** In Hugging Face's words. */
function textActivations(config: Record<string, unknown>): NonNullable<Declared['textActivations']> {
  const known = { quick_gelu: 'quickGelu', gelu: 'gelu' } as const;
  const pairs = textEncoderNames.flatMap((name) => {
    const asked = oneOf(['quick_gelu', 'gelu'], record(config[name]).hidden_act);
    return asked ? [[name, known[asked]] as const] : [];
  });
  return Object.fromEntries(pairs);
}

function parsed(json = '{}'): Record<string, unknown> {
  try {
    return json.length > longestConfig ? {} : record(JSON.parse(json));
  } catch {
    return {}; // somebody else's idea of `tiny_config`
  }
}

const longestConfig = 10_000;

function record(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}

function positive(value: unknown): number | undefined {
  const n = typeof value === 'string' ? Number(value) : value;
  return typeof n === 'number' && Number.isFinite(n) && n > 0 ? n : undefined;
}

function count(value: unknown): number | undefined {
  const n = positive(value);
  return Number.isSafeInteger(n) ? n : undefined;
}

function oneOf<T extends string>(choices: readonly T[], value: unknown): T | undefined {
  return choices.find((choice) => choice === value);
}
