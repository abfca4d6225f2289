import { basename } from 'node:path';
import { Refusal } from '../../errors.ts';
import { textEncoder } from '../nets/clip-text.ts';
import { type LoraUse, misfitsOf } from '../nets/lora-patch.ts';
import { unet } from '../nets/unet.ts';
import { vaeDecoder, vaeEncoder } from '../nets/vae.ts';
import { leastVocabulary } from '../prompt/vocabulary.ts';
import type { DeviceOptions } from '../runtime/device.ts';
import { type DressedOptions, dressedNetwork, type Outfit, openBytes } from '../runtime/dressed-network.ts';
import { type LazyNetworks, lazyNetworks } from '../runtime/lazy-networks.ts';
import { scale } from '../tensor/arithmetic.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { type CheckpointFacts, examineCheckpoint, predictionBeside } from '../weights/checkpoint-facts.ts';
import { openCheckpointFile } from '../weights/checkpoint-file.ts';
import { type CheckpointParts, checkpointParts, type TextPart } from '../weights/checkpoint-parts.ts';
import { completed, encoderNames, missingEncoders } from '../weights/completion.ts';
import { type LoraTarget, loraTargets } from '../weights/lora-targets.ts';
import { type Weights, weightsOf } from '../weights/weights.ts';
import type { WeightsFile } from '../weights/weights-file.ts';
import { commonVocabulary, type EncodeStates, encodeTextWith, textWidth } from './text-encoding.ts';
import { decodeTiled, encodeTiled } from './tiled-vae.ts';

export interface CheckpointOptions {
  readonly device: DeviceOptions;
  /** Bytes that a VAE may need for one picture; larger pictures go through it in tiles. By default any size goes through whole. */
  readonly vaeBudget?: number | undefined;
  /** Files of text encoders, for checkpoints that lack theirs; the first of a kind counts. */
  readonly textFiles?: readonly string[] | undefined;
  /** In place of what the file tells. */
  readonly prediction?: 'eps' | 'v' | undefined;
  /** Networks with fewer bytes of weights are opened anew for LoRAs, larger ones are fed them. */
  readonly adaptersFrom?: number | undefined;
  /** Bytes of weights that may be open besides; by default none. */
  readonly spareBytes?: (() => number) | undefined;
  /** Told once a network's numbers did not fit into float16, and it goes on in float32. */
  readonly onFloat32?: (() => void) | undefined;
}

/** Opening so much takes a second at most; CLIP-L, the smallest of people's networks, is four times as large. */
const reopenedBelow = 64 * 2 ** 20;

/** A checkpoint's networks, each opened when it is first needed and kept until disposed. */
export interface Checkpoint extends AsyncDisposable {
  readonly facts: CheckpointFacts;
  /** Of the vectors each text encoder turns a token into. */
  readonly textWidths: readonly number[];
  /** Tokens that all text encoders know. */
  readonly vocabulary: number;
  /** Has the text encoders and the U-Net changed by these networks, one after the other, from now on; by none: as the file has them. */
  use(outfit: Outfit): void;
  /** Layers of a LoRA that do not fit those of this checkpoint. @throws Refusal 'weights-unsupported' for a kind that is not known */
  misfits(lora: Pick<LoraUse, 'name' | 'file'>): number;
  /** Bytes of everything it holds or will hold open: its networks' weights, whatever file they are in, and what LoRAs add to them. */
  bytes(): number;
  /** Has pictures encoded and decoded by a VAE file from now on; undefined: by the checkpoint's own. @throws Refusal as `openCheckpoint` */
  useVae(vae: VaeFile | undefined): Promise<void>;
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

/** A VAE's file, and what tells it from one that took its place. */
interface VaeFile {
  readonly path: string;
  readonly version?: string;
}

/**
 * Reads the header of a checkpoint; no network is opened yet.
 * @throws Refusal 'weights-broken', 'weights-unsupported'
 */
export async function openCheckpoint(path: string, options: CheckpointOptions): Promise<Checkpoint> {
  const prediction = options.prediction ?? (await predictionBeside(path));
  const { file, facts, parts } = await openWhole(path, { prediction, textFiles: options.textFiles ?? [] });
  let separate: (VaeFile & { readonly weights: Weights; readonly bytes: number }) | undefined;
  const need = needFrom(path);
  const vae = () => need(separate?.weights ?? parts.vae, 'VAE', vaeRemedy(facts));
  const opened = { path, facts, parts, tensors: file.tensors };
  const { unetwork, texts, targets } = dressedNetworks(opened, options);
  const pictures = vaeNetworks(options.device, vae);
  const encodeText: EncodeStates = (rows, clipSkip, fixes) => {
    refuseMissing(path, facts, parts.text);
    return encodeTextWith(facts, parts.text, async (i) => texts[i]!)(rows, clipSkip, fixes);
  };
  return {
    facts,
    textWidths: parts.text.map(textWidth),
    vocabulary: commonVocabulary(parts.text),
    use: (outfit) => {
      unetwork.wear(outfit);
      for (const network of texts) network.wear({ loras: outfit.loras, hypernetworks: [] });
      pictures.tile(outfit.tiling ?? false);
    },
    misfits: rememberingMisfits((lora) => misfitsOf(lora, targets(), file.tensors)),
    bytes: () => {
      const extra = [unetwork, ...texts].reduce((sum, network) => sum + network.extraBytes(), 0);
      return bytesOf(file, options.device.precision) + (separate?.bytes ?? 0) + extra;
    },
    useVae: async (vae) => {
      if (vae?.path === separate?.path && vae?.version === separate?.version) return;
      separate = vae && { ...vae, ...(await openVaeFile(vae.path)) };
      await pictures.close();
    },
    encodeText,
    unet: async (x, timesteps, context, y) => {
      const times = { data: Float32Array.from(timesteps), shape: [timesteps.length] };
      return (await unetwork.run({ x, timesteps: times, context, ...(y && { y }) })).out!;
    },
    ...pictureNetworks(pictures, facts, () => tilesBeyond(vae(), options.vaeBudget)),
    [Symbol.asyncDispose]: async () => {
      for (const network of [unetwork, ...texts, pictures]) await network[Symbol.asyncDispose]();
    },
  };
}

interface WholeOptions {
  readonly prediction: 'eps' | 'v' | undefined;
  readonly textFiles: readonly string[];
}

/** A checkpoint, with the text encoders it lacks as far as there are files of them. */
async function openWhole(path: string, { prediction, textFiles }: WholeOptions) {
  const file = await openCheckpointFile(path);
  const own = await examineCheckpoint(file, { prediction });
  if (textFiles.length === 0 || missingEncoders(own.facts, own.parts.text).length === 0) return { file, ...own };
  const files: WeightsFile[] = [];
  for (const one of textFiles) files.push(...(await openCheckpointFile(one).then((opened) => [opened], noneOf)));
  const whole = completed(file, own.facts, files);
  return { file: whole, facts: own.facts, parts: checkpointParts(whole, own.facts) };
}

/** A damaged file is none. */
function noneOf(error: unknown): readonly never[] {
  if (error instanceof Refusal) return [];
  throw error;
}

/** @throws Refusal 'weights-unsupported' that names what is missing, and where to put it */
function refuseMissing(path: string, facts: CheckpointFacts, text: readonly TextPart[]): void {
  const [missing] = missingEncoders(facts, text);
  const refused = (why: string) => new Refusal('weights-unsupported', { file: basename(path), why });
  if (missing) throw refused(`it holds no text encoder ${encoderNames[missing]}: put one into text_encoder/`);
  const known = commonVocabulary(text);
  if (known < leastVocabulary)
    throw refused(`its text encoder knows ${known} tokens, which is no vocabulary of CLIP's`);
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
  { device, adaptersFrom = reopenedBelow, spareBytes = () => 0, onFloat32 = () => {} }: CheckpointOptions,
) {
  let known: ReadonlyMap<string, LoraTarget> | undefined;
  const targets = () => {
    known ??= loraTargets(parts, tensors.keys());
    return known;
  };
  const dressed = (graph: DressedOptions['graph']) =>
    dressedNetwork({ device, graph, targets, adaptersFrom, spareBytes, onFloat32 });
  const { headsAt, nativeSize, family } = facts;
  const unetwork = dressed((dress) => {
    const given = { headsAt, latentSide: nativeSize / 8, attentionInFloat32: family === 'sd2' };
    return unet(needFrom(path)(parts.unet, 'U-Net'), { ...given, ...dress });
  });
  const texts = parts.text.map((part) => {
    const [heads, activation] = [facts.declared.textHeads?.[part.name], facts.declared.textActivations?.[part.name]];
    return dressed((dress) =>
      textEncoder(part, { ...(heads && { heads }), ...(activation && { activation }), ...dress }),
    );
  });
  return { unetwork, texts, targets };
}

/** Looks at every file once. */
function rememberingMisfits(count: Checkpoint['misfits']): Checkpoint['misfits'] {
  const known = new WeakMap<LoraUse['file'], number>();
  return (lora) => {
    const found = known.get(lora.file) ?? count(lora);
    known.set(lora.file, found);
    return found;
  };
}

/** Encoder and decoder of whatever `vae` is when one of them is opened. */
interface VaeNetworks extends Pick<LazyNetworks<'encoder' | 'decoder'>, 'open'>, AsyncDisposable {
  /** Whether they are for pictures that can be laid side by side with themselves, from now on. */
  tile(tiling: boolean): void;
  close(): Promise<void>;
}

function vaeNetworks(device: DeviceOptions, vae: () => Weights): VaeNetworks {
  let [wanted, tiling] = [false, false];
  const networks = lazyNetworks(device, {
    encoder: () => vaeEncoder(vae(), { tiling }),
    decoder: () => vaeDecoder(vae(), { tiling }),
  });
  const close = async () => {
    await networks[Symbol.asyncDispose]();
  };
  return {
    tile: (next) => {
      wanted = next;
    },
    open: async (name) => {
      if (wanted !== tiling) await close();
      tiling = wanted;
      return await networks.open(name);
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}

type PictureNetworks = Pick<Checkpoint, 'encodeMoments' | 'encodeImage' | 'decodeLatent'>;

function pictureNetworks(
  networks: Pick<VaeNetworks, 'open'>,
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

/** Takes a part for granted, or says that the file lacks it. @param remedy  what to do then */
function needFrom(path: string) {
  return <T>(part: T | undefined, what: 'U-Net' | 'VAE', remedy = ''): T => {
    if (part === undefined)
      throw new Refusal('weights-unsupported', { file: basename(path), why: `it holds no ${what}${remedy}` });
    return part;
  };
}

/** VAEs of SDXL and of the others have the same tensors: a file's name says which it is, or whoever asks for it by name. */
function vaeRemedy({ family }: CheckpointFacts): string {
  const [kind, name] =
    family === 'sdxl' ? ['SDXL', 'with "xl" in its name'] : ['SD 1 and 2', 'without "xl" in its name'];
  return `: put one for ${kind} into VAE/, named like the model or ${name}, or choose one there by its name (vae)`;
}

/** VAE files have no prefix, or the one they have in a checkpoint. */
async function openVaeFile(path: string): Promise<{ readonly weights: Weights; readonly bytes: number }> {
  const file = await openCheckpointFile(path);
  const all = weightsOf(file.path, file.tensors);
  const found = [all, all.at('first_stage_model')].find((part) => part.has('decoder.conv_in.weight'));
  const vae = needFrom(path)(found, 'VAE');
  const channels = vae.tensor('decoder.conv_in.weight').shape[1];
  const refused = (why: string) => new Refusal('weights-unsupported', { file: basename(path), why });
  if (channels !== 4) throw refused(`it is a VAE for latents of ${channels} channels, not of 4`);
  const times = 2 ** (vae.count('decoder.up') - 1);
  if (times !== 8) throw refused(`it is a VAE whose pictures are ${times} times as large as its latents, not 8 times`);
  return { weights: vae, bytes: bytesOf(file) };
}

/** Of all tensors but the averages kept for training, once they are open. Autoencoders stay in float32, for which their numbers are too large. */
function bytesOf({ tensors }: WeightsFile, precision?: DeviceOptions['precision']): number {
  const own = [...tensors.values()].filter(({ name }) => !name.startsWith('model_ema.'));
  const isPicture = ({ name }: { readonly name: string }) => name.startsWith('first_stage_model.');
  const [pictures, others] = [own.filter(isPicture), own.filter((tensor) => !isPicture(tensor))];
  return openBytes(pictures) + openBytes(others, precision);
}
