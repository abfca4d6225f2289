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
import { decodeTiled, encodeTiled } from './tiled-vae.ts';

export interface CheckpointOptions {
  readonly device: DeviceOptions;
  /** Bytes that a VAE may need for one picture; larger pictures go through it in tiles. By default any size goes through whole. */
  readonly vaeBudget?: number | undefined;
  /** In place of what the file tells. */
  readonly prediction?: 'eps' | 'v' | undefined;
}

/** A checkpoint's networks, each opened when it is first needed and kept until disposed. */
export interface Checkpoint extends AsyncDisposable {
  readonly facts: CheckpointFacts;
  /** Has the text encoders and the U-Net changed by these LoRAs, one after the other, from now on; by none: as the file has them. */
  use(loras: readonly LoraUse[]): Promise<void>;
  /** Has pictures encoded and decoded by a VAE file from now on; undefined: by the checkpoint's own. @throws Refusal as `openCheckpoint` */
  useVae(path: string | undefined): Promise<void>;
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
 * Reads the header of a checkpoint; no network is opened yet.
 * @throws Refusal 'weights-broken', 'weights-unsupported'
 */
export async function openCheckpoint(path: string, options: CheckpointOptions): Promise<Checkpoint> {
  const file = await openCheckpointFile(path);
  const prediction = options.prediction ?? (await predictionBeside(path));
  const { facts, parts } = await examineCheckpoint(file, { prediction });
  let separate: { readonly path: string; readonly weights: Weights } | undefined;
  const need = needFrom(path);
  let worn: readonly LoraUse[] = [];
  const patching = () => worn.length > 0 && { patch: loraPatch(worn, loraTargets(parts, file.tensors.keys())) };
  const vae = () => need(separate?.weights ?? parts.vae, 'VAE');
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
    useVae: async (vae) => {
      if (vae === separate?.path) return;
      separate = vae === undefined ? undefined : { path: vae, weights: await openVaeFile(vae) };
      for (const name of ['encoder', 'decoder'] as const) await networks.close(name);
    },
    encodeText,
    ...pictureNetworks(networks, facts, () => tilesBeyond(vae(), options.vaeBudget)),
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
  isTiled: () => (width: number, height: number) => boolean,
): PictureNetworks {
  const encodeMoments: Checkpoint['encodeMoments'] = async (pixels) => {
    const encoder = await networks.open('encoder');
    return (await encoder.run({ pixels })).moments!;
  };
  const mean = async (pixels: Tensor) => meanOf(await encodeMoments(pixels));
  const decoded = async (z: Tensor) => {
    const decoder = await networks.open('decoder');
    return (await decoder.run({ z })).pixels!;
  };
  return {
    unet: async (x, timesteps, context, y) => {
      const network = await networks.open('unet');
      const times = { data: Float32Array.from(timesteps), shape: [timesteps.length] };
      return (await network.run({ x, timesteps: times, context, ...(y && { y }) })).out!;
    },
    encodeMoments,
    encodeImage: async (pixels) => {
      const [height = 0, width = 0] = pixels.shape.slice(2);
      const latent = isTiled()(width, height) ? await encodeTiled(pixels, mean) : await mean(pixels);
      return scale(latentScale, latent);
    },
    decodeLatent: async (latent) => {
      const z = scale(1 / latentScale, latent);
      const [height = 0, width = 0] = z.shape.slice(2);
      return isTiled()(8 * width, 8 * height) ? await decodeTiled(z, decoded) : await decoded(z);
    },
  };
}

/** About three pictures as wide as the decoder's last level are in memory at once while it works there. */
const livePictures = 3;

function tilesBeyond(vae: Weights, budget = Number.POSITIVE_INFINITY): (width: number, height: number) => boolean {
  const widest = vae.has('decoder.up.0.block.0.conv1.weight')
    ? vae.tensor('decoder.up.0.block.0.conv1.weight').shape[1]!
    : 0;
  return (width, height) => width * height * widest * 4 * livePictures > budget;
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
