import sharp from 'sharp';
import { defaultParams, type EditRequest, type PartialParams } from '../src/edit/index.ts';
import { decodePicture } from '../src/engine/image/decode.ts';
import { edit, type Models } from '../src/engine/pipeline/edit.ts';
import type { Checkpoint } from '../src/engine/pipeline/models.ts';
import { openReporter } from '../src/engine/pipeline/reporter.ts';
import { requestMask } from '../src/engine/pipeline/request-mask.ts';
import { openTokenizer } from '../src/engine/prompt/tokenizer.ts';
import type { Tensor } from '../src/engine/tensor/tensor.ts';
import { type Measured, median, timed } from './report.ts';

const zeros = (...shape: number[]): Tensor => ({ data: new Float32Array(shape.reduce((a, b) => a * b, 1)), shape });

/** A checkpoint whose networks cost nothing, so that what is left is ours. */
const costless = {
  facts: { family: 'sd1', latentSpace: 'sd', variant: 'plain', prediction: 'eps', zeroTerminalSnr: false },
  encodeText: async (rows: readonly unknown[]) => ({ states: [zeros(rows.length, 77, 768)] }),
  unet: async (x: Tensor) => zeros(x.shape[0]!, 4, x.shape[2]!, x.shape[3]!),
  encodeImage: async (pixels: Tensor) => zeros(1, 4, pixels.shape[2]! / 8, pixels.shape[3]! / 8),
  decodeLatent: async (latent: Tensor) => zeros(1, 3, latent.shape[2]! * 8, latent.shape[3]! * 8),
} as unknown as Checkpoint;

async function measure(side: number, given: PartialParams, maskShare: number): Promise<number> {
  const noise = { type: 'gaussian' as const, mean: 128, sigma: 30 };
  const photo = await sharp({ create: { width: side, height: side, channels: 3, background: '#456', noise } })
    .png()
    .toBuffer();
  const spot = Math.max(1, Math.round(side * maskShare));
  const white = await sharp({ create: { width: spot, height: spot, channels: 3, background: '#fff' } })
    .png()
    .toBuffer();
  const black = sharp({ create: { width: side, height: side, channels: 3, background: '#000' } });
  const maskFile = await black
    .composite([{ input: white, left: side >> 2, top: side >> 2 }])
    .png()
    .toBuffer();
  const models: Models = {
    checkpoint: costless,
    tokenize: await openTokenizer(),
    modelHash: '0000000000',
    version: 'bench',
  };
  const params = { ...defaultParams, seed: 1, subseed: 1, prompt: 'a cat', ...given };
  const request = { version: 1, init: 'x', mask: null, width: 512, height: 512, params } as unknown as EditRequest;
  const once = async () => {
    const init = await decodePicture(photo);
    const mask =
      maskShare > 0
        ? requestMask(await decodePicture(maskFile), { kind: 'image', blob: request.init, read: 'auto' }, params, init)
        : null;
    const report = openReporter({ progress() {}, signal: { cancelled: false }, previews: false });
    await edit(models, request, { init, mask }, report);
  };
  await once();
  const times: number[] = [];
  for (let i = 0; i < 5; i++) times.push(await timed(once));
  return median(times);
}

/** Everything of an edit that is not a network: decoding, canvas, prompt, noise, sampler, composite, PNG. */
export async function pixelWork(): Promise<readonly Measured[]> {
  const ms = async (
    what: string,
    side: number,
    params: PartialParams,
    maskShare: number,
    limit: number | null,
  ): Promise<Measured> => ({
    ...{ what, unit: 'ms', limit },
    value: await measure(side, params, maskShare),
  });
  return [
    await ms('outside the networks: edit 512², 20 steps', 512, {}, 0, 60),
    await ms('outside the networks: inpaint 512², 20 steps', 512, { maskedContent: 'fill' }, 0.5, null),
    await ms(
      'outside the networks: only masked, soft, 2048² with a 512² mask',
      2048,
      { inpaintArea: 'only masked', softInpainting: true },
      0.25,
      250,
    ),
  ];
}
