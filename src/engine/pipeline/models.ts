import { readFile } from 'node:fs/promises';
import { basename, extname } from 'node:path';
import { Refusal } from '../../errors.ts';
import { textEncoder } from '../nets/clip-text.ts';
import { type LoraUse, loraPatch } from '../nets/lora-patch.ts';
import { unet } from '../nets/unet.ts';
import { vaeDecoder, vaeEncoder } from '../nets/vae.ts';
import type { DeviceOptions } from '../runtime/device.ts';
import { type LazyNetworks, lazyNetworks } from '../runtime/lazy-networks.ts';
import { scale } from '../tensor/arithmetic.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { type CheckpointFacts, examineCheckpoint } from '../weights/checkpoint-facts.ts';
import { openCheckpointFile } from '../weights/checkpoint-file.ts';
import { loraTargets } from '../weights/lora-targets.ts';
import { type Weights, weightsOf } from '../weights/weights.ts';
import { type EncodeStates, encodeTextWith } from './text-encoding.ts';

export interface CheckpointOptions {
  readonly device: DeviceOptions;
  /** A VAE file in place of the checkpoint's own. */
  readonly vae?: string | undefined;
  /** In place of what the file tells. */
  readonly prediction?: 'eps' | 'v' | undefined;
}

/** A checkpoint's networks, each opened when it is first needed and kept until disposed. */
export interface Checkpoint extends AsyncDisposable {
  readonly facts: CheckpointFacts;
  /** Has the text encoders and the U-Net changed by these LoRAs, one after the other, from now on; by none: as the file has them. */
  use(loras: readonly LoraUse[]): Promise<void>;
  /** @throws Refusal 'weights-unsupported' when the file holds no text encoder */
  readonly encodeText: EncodeStates;
  /**
   * One evaluation of the U-Net, which returns the noise or v as `facts.prediction` says.
   * x [N, C, h, w], timesteps N (may be fractional), context [N, T, D], for SDXL y [N, A] → [N, 4, h, w].
   */
  unet(x: Tensor, timesteps: readonly number[], context: Tensor, y?: Tensor): Promise<Tensor>;
  /** Pixels [N, 3, H, W] in [−1, 1] → mean and log variance [N, 8, H/8, W/8], neither scaled nor clamped. */
  encodeMoments(pixels: Tensor): Promise<Tensor>;
  /** Pixels [1, 3, H, W] in [−1, 1] → the mean latent [1, 4, H/8, W/8], scaled. */
  encodeImage(pixels: Tensor): Promise<Tensor>;
  /** Scaled latents [N, 4, h, w] → pixels [N, 3, 8h, 8w] around [−1, 1], not clamped. */
  decodeLatent(latent: Tensor): Promise<Tensor>;
}

/**
 * Reads the header of a checkpoint (and of a VAE file); no network is opened yet.
 * @throws Refusal 'weights-broken', 'weights-unsupported'
 */
export async function openCheckpoint(path: string, options: CheckpointOptions): Promise<Checkpoint> {
  const file = await openCheckpointFile(path);
  const prediction = options.prediction ?? (await predictionBeside(path));
  const { facts, parts } = await examineCheckpoint(file, { prediction });
  const separate = options.vae === undefined ? undefined : await openVaeFile(options.vae);
  const need = needFrom(path);
  let worn: readonly LoraUse[] = [];
  const patching = () => worn.length > 0 && { patch: loraPatch(worn, loraTargets(parts, file.tensors.keys())) };
  const vae = () => need(separate ?? parts.vae, 'VAE');
  const text = (i: number) => {
    const part = need(parts.text[i], 'text encoder');
    const heads = facts.declared.textHeads?.[part.name];
    return textEncoder(part, { ...(heads && { heads }), ...patching() });
  };
  const networks = lazyNetworks(options.device, {
    unet: () => unet(need(parts.unet, 'U-Net'), { headsAt: facts.headsAt, ...patching() }),
    encoder: () => vaeEncoder(vae()),
    decoder: () => vaeDecoder(vae()),
    text0: () => text(0),
    text1: () => text(1),
  });
  const openText = (i: number) => networks.open(i === 0 ? 'text0' : 'text1');
  const encodeText: EncodeStates = (rows, clipSkip, fixes) => {
    need(parts.text[0], 'text encoder');
    return encodeTextWith(facts, parts.text, openText)(rows, clipSkip, fixes);
  };
  return {
    facts,
    use: async (loras) => {
      if (isSame(loras, worn)) return;
      worn = loras;
      for (const name of ['unet', 'text0', 'text1'] as const) await networks.close(name);
    },
    encodeText,
    ...pictureNetworks(networks, facts),
    [Symbol.asyncDispose]: networks[Symbol.asyncDispose],
  };
}

/** Whether two lists of LoRAs change every weight alike. */
function isSame(a: readonly LoraUse[], b: readonly LoraUse[]): boolean {
  const isSameUse = (one: LoraUse, other: LoraUse | undefined) =>
    one.file === other?.file &&
    one.rank === other.rank &&
    one.multipliers.unet === other.multipliers.unet &&
    one.multipliers.text === other.multipliers.text;
  return a.length === b.length && a.every((use, i) => isSameUse(use, b[i]));
}

type PictureNetworks = Pick<Checkpoint, 'unet' | 'encodeMoments' | 'encodeImage' | 'decodeLatent'>;

function pictureNetworks(
  networks: LazyNetworks<'unet' | 'encoder' | 'decoder'>,
  { latentScale }: CheckpointFacts,
): PictureNetworks {
  const encodeMoments: Checkpoint['encodeMoments'] = async (pixels) => {
    const encoder = await networks.open('encoder');
    return (await encoder.run({ pixels })).moments!;
  };
  return {
    unet: async (x, timesteps, context, y) => {
      const network = await networks.open('unet');
      const times = { data: Float32Array.from(timesteps), shape: [timesteps.length] };
      return (await network.run({ x, timesteps: times, context, ...(y && { y }) })).out!;
    },
    encodeMoments,
    encodeImage: async (pixels) => scale(latentScale, meanOf(await encodeMoments(pixels))),
    decodeLatent: async (latent) => {
      const decoder = await networks.open('decoder');
      return (await decoder.run({ z: scale(1 / latentScale, latent) })).pixels!;
    },
  };
}

/** The first half of the channels of one picture's moments [1, 2C, h, w]. */
function meanOf({ data, shape }: Tensor): Tensor {
  const [batch = 0, channels = 0, ...size] = shape;
  if (batch !== 1) throw new RangeError(`moments of ${batch} pictures, expected one`);
  return { data: data.subarray(0, data.length / 2), shape: [1, channels / 2, ...size] };
}

/** Takes a part for granted, or says that the file lacks it. */
function needFrom(path: string) {
  return <T>(part: T | undefined, what: string): T => {
    if (part === undefined)
      throw new Refusal('weights-unsupported', { file: basename(path), why: `it holds no ${what}` });
    return part;
  };
}

/** VAE files have no prefix, or the one they have in a checkpoint. */
async function openVaeFile(path: string): Promise<Weights> {
  const file = await openCheckpointFile(path);
  const all = weightsOf(file.path, file.tensors);
  const found = [all, all.at('first_stage_model')].find((part) => part.has('decoder.conv_in.weight'));
  return needFrom(path)(found, 'VAE');
}

/** `parameterization: v` in the file's `.yaml`, as A1111 looks for it. */
async function predictionBeside(path: string): Promise<'v' | undefined> {
  const yaml = `${path.slice(0, path.length - extname(path).length)}.yaml`;
  const text = await readFile(yaml, 'utf8').catch(() => ''); // rarely there
  return /^\s*parameterization:\s*["']?v["']?\s*$/m.test(text) ? 'v' : undefined;
}
