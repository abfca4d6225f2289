import sharp from 'sharp';
import { defaultParams, type EditRequest, type PartialParams } from '../src/edit/index.ts';
import { decodePicture } from '../src/engine/image/decode.ts';
import type { NoisePool } from '../src/engine/noise/noise-pool.ts';
import { edit, type Models } from '../src/engine/pipeline/edit.ts';
import { noExtras } from '../src/engine/pipeline/extras.ts';
import type { Checkpoint } from '../src/engine/pipeline/models.ts';
import { openReporter } from '../src/engine/pipeline/reporter.ts';
import { requestMask } from '../src/engine/pipeline/request-mask.ts';
import { openTokenizer } from '../src/engine/prompt/tokenizer.ts';
import type { Tensor } from '../src/engine/tensor/tensor.ts';

const zeros = (...shape: number[]): Tensor => ({ data: new Float32Array(shape.reduce((a, b) => a * b, 1)), shape });

/** A checkpoint whose networks cost nothing, so that what is left is ours. */
const costless = {
  facts: {
    ...{ family: 'sd1', latentSpace: 'sd', variant: 'plain', prediction: 'eps', zeroTerminalSnr: false },
    unet: { admInChannels: null },
  },
  textWidths: [8],
  use: () => {},
  encodeText: async (rows: readonly unknown[]) => ({ states: [zeros(rows.length, 77, 768)] }),
  unet: async (x: Tensor) => zeros(x.shape[0]!, 4, x.shape[2]!, x.shape[3]!),
  encodeImage: async (pixels: Tensor) => zeros(1, 4, pixels.shape[2]! / 8, pixels.shape[3]! / 8),
  decodeLatent: async (latent: Tensor) => zeros(1, 3, latent.shape[2]! * 8, latent.shape[3]! * 8),
} as unknown as Checkpoint;

/** PNG files to work on. */
export interface Files {
  readonly photo: Buffer;
  readonly mask: Buffer | null;
}

/** A noisy square picture, which compresses as badly as a photograph, and a square mask of a share of its side. */
export async function squareFiles(side: number, maskShare: number): Promise<Files> {
  const square = (width: number, background: string) => ({
    create: { width, height: width, channels: 3 as const, background },
  });
  const noise = { type: 'gaussian' as const, mean: 128, sigma: 30 };
  const noisy = { create: { ...square(side, '#456').create, noise } };
  const photo = await sharp(noisy).png().toBuffer();
  if (maskShare === 0) return { photo, mask: null };
  const input = await sharp(square(Math.round(side * maskShare), '#fff'))
    .png()
    .toBuffer();
  const spot = { input, left: side >> 2, top: side >> 2 };
  const mask = await sharp(square(side, '#000')).composite([spot]).png().toBuffer();
  return { photo, mask };
}

/** One edit of such files, from PNG to PNG, that waits for no network. `size`: processing size, px. */
export async function openCostlessEdit(
  pool?: NoisePool,
): Promise<(files: Files, size: number, given: PartialParams) => Promise<Uint8Array>> {
  const models: Models = {
    checkpoint: costless,
    tokenize: await openTokenizer(),
    findExtras: async () => noExtras,
    findStyles: async () => [],
    modelHash: '0000000000',
    version: 'bench',
    ...(pool && { pool }),
  };
  return async ({ photo, mask: maskFile }, size, given) => {
    const params = { ...defaultParams, seed: 1, subseed: 1, prompt: 'a cat', ...given };
    const request = { version: 1, init: 'x', mask: null, width: size, height: size, params } as unknown as EditRequest;
    const init = await decodePicture(photo);
    const how = { kind: 'image', blob: request.init, read: 'auto' } as const;
    const mask = maskFile && requestMask(await decodePicture(maskFile), how, params, init);
    const report = openReporter({ progress() {}, signal: { cancelled: false }, preview: null });
    const { images } = await edit(models, request, { init, mask }, report);
    return images[0]!.image;
  };
}
