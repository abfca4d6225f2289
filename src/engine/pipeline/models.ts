import { readFile } from 'node:fs/promises';
import { basename, extname } from 'node:path';
import { Refusal } from '../../errors.ts';
import { textEncoder } from '../nets/clip-text.ts';
import type { LoraUse } from '../nets/lora-patch.ts';
import { unet } from '../nets/unet.ts';
import { vaeDecoder, vaeEncoder } from '../nets/vae.ts';
import type { DeviceOptions } from '../runtime/device.ts';
import { type DressedOptions, dressedNetwork } from '../runtime/dressed-network.ts';
import { type LazyNetworks, lazyNetworks } from '../runtime/lazy-networks.ts';
import { scale } from '../tensor/arithmetic.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { type CheckpointFacts, examineCheckpoint } from '../weights/checkpoint-facts.ts';
import { openCheckpointFile } from '../weights/checkpoint-file.ts';
import type { CheckpointParts } from '../weights/checkpoint-parts.ts';
import { type LoraTarget, loraTargets } from '../weights/lora-targets.ts';
import { type Weights, weightsOf } from '../weights/weights.ts';
import type { WeightsFile } from '../weights/weights-file.ts';
import { type EncodeStates, encodeTextWith, textWidth } from './text-encoding.ts';

export interface CheckpointOptions {
  readonly device: DeviceOptions;
  /** A VAE file in place of the checkpoint's own. */
  readonly vae?: string | undefined;
  /** In place of what the file tells. */
  readonly prediction?: 'eps' | 'v' | undefined;
  /** Networks with fewer bytes of weights are opened anew for LoRAs, larger ones are fed them. */
  readonly adaptersFrom?: number | undefined;
}

/** Opening so much takes a second at most; CLIP-L, the smallest of people's networks, is four times as large. */
const reopenedBelow = 64 * 2 ** 20;

/** A checkpoint's networks, each opened when it is first needed and kept until disposed. */
export interface Checkpoint extends AsyncDisposable {
  readonly facts: CheckpointFacts;
  /** Of the vectors each text encoder turns a token into. */
  readonly textWidths: readonly number[];
  /** Has the text encoders and the U-Net changed by these LoRAs, one after the other, from now on; by none: as the file has them. */
  use(loras: readonly LoraUse[]): void;
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
  const vae = () => need(separate ?? parts.vae, 'VAE');
  const opened = { path, facts, parts, tensors: file.tensors };
  const { unetwork, texts } = dressedNetworks(opened, options);
  const pictures = lazyNetworks(options.device, { encoder: () => vaeEncoder(vae()), decoder: () => vaeDecoder(vae()) });
  const encodeText: EncodeStates = (rows, clipSkip, fixes) => {
    need(parts.text[0], 'text encoder');
    return encodeTextWith(facts, parts.text, async (i) => texts[i]!)(rows, clipSkip, fixes);
  };
  return {
    facts,
    textWidths: parts.text.map(textWidth),
    use: (loras) => {
      for (const network of [unetwork, ...texts]) network.wear(loras);
    },
    encodeText,
    unet: async (x, timesteps, context, y) => {
      const times = { data: Float32Array.from(timesteps), shape: [timesteps.length] };
      return (await unetwork.run({ x, timesteps: times, context, ...(y && { y }) })).out!;
    },
    ...pictureNetworks(pictures, facts),
    [Symbol.asyncDispose]: async () => {
      for (const network of [unetwork, ...texts, pictures]) await network[Symbol.asyncDispose]();
    },
  };
}

interface OpenFile {
  readonly path: string;
  readonly facts: CheckpointFacts;
  readonly parts: CheckpointParts;
  readonly tensors: WeightsFile['tensors'];
}

/** The networks that LoRAs change. */
function dressedNetworks(
  { path, facts, parts, tensors }: OpenFile,
  { device, adaptersFrom = reopenedBelow }: CheckpointOptions,
) {
  let known: ReadonlyMap<string, LoraTarget> | undefined;
  const targets = () => {
    known ??= loraTargets(parts, tensors.keys());
    return known;
  };
  const dressed = (graph: DressedOptions['graph']) => dressedNetwork({ device, graph, targets, adaptersFrom });
  const latentSide = facts.nativeSize / 8;
  const unetwork = dressed(({ adapters, ...dress }) => {
    const adapting = adapters && { adapters: { latentSide } };
    return unet(needFrom(path)(parts.unet, 'U-Net'), { headsAt: facts.headsAt, ...dress, ...adapting });
  });
  const texts = parts.text.map((part) => {
    const heads = facts.declared.textHeads?.[part.name];
    return dressed((dress) => textEncoder(part, { ...(heads && { heads }), ...dress }));
  });
  return { unetwork, texts };
}

type PictureNetworks = Pick<Checkpoint, 'encodeMoments' | 'encodeImage' | 'decodeLatent'>;

function pictureNetworks(
  networks: LazyNetworks<'encoder' | 'decoder'>,
  { latentScale }: CheckpointFacts,
): PictureNetworks {
  const encodeMoments: Checkpoint['encodeMoments'] = async (pixels) => {
    const encoder = await networks.open('encoder');
    return (await encoder.run({ pixels })).moments!;
  };
  return {
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
