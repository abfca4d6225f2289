import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { conditioningMask, maskedPixels, nearestResized } from '../../engine/image/conditioning-pixels.ts';
import { toPixels } from '../../engine/image/pixels.ts';
import { latentSize } from '../../engine/image/processing-size.ts';
import { prepareCanvas } from '../../engine/pipeline/canvas.ts';
import { stableDiffusionAlphas } from '../../engine/sampling/alphas.ts';
import { guidedDenoiser } from '../../engine/sampling/guidance.ts';
import { sigmaPreconditioning } from '../../engine/sampling/preconditioning.ts';
import { discreteSchedule } from '../../engine/sampling/schedule.ts';
import { concatChannels, concatRows } from '../../engine/tensor/rows.ts';
import { type Tensor, tensor } from '../../engine/tensor/tensor.ts';
import { toyConditioning, toyNetwork } from '../latents/toy-network.ts';
import type { GoldenOutcome } from '../outcome.ts';
import { readGoldenTensors } from '../tensors.ts';
import { judge, maxDifference, mismatch, readJson, readPicture } from './case.ts';
import { pipelineInfotexts } from './pipeline-infotext.ts';
import { canvasOptionsOf, type Processing, processingSizeOf } from './processing.ts';
import { toyEncode } from './toy-vae.ts';

const area = 'img2img/conditioning';

interface ConditioningCase {
  readonly case: string;
  /** Absent for ordinary models, whose dummy of zeros nobody looks at. */
  readonly params?: Processing;
  readonly infotext?: string;
}

/** What an inpainting checkpoint is told: the mask and the masked picture's latent. */
export async function* imageConditioning(dir: string): AsyncGenerator<GoldenOutcome> {
  for (const { case: name, params, infotext } of await readJson<ConditioningCase[]>(dir, 'cases.json')) {
    if (!params) {
      yield await judge({ area, name, tolerance: 0 }, async () => mismatch(await channelsOfPlainModel(), 4));
      continue;
    }
    const { pixels, masked, mask, masking } = await conditioned(dir, name, params);
    if (infotext) {
      const run = { area, name, params, seeds: [params.seed ?? 1], mask: masking } as const;
      yield* pipelineInfotexts({ ...run, infotexts: [infotext], facts: { inpaintingModel: true } });
    }
    const golden = await readGoldenTensors(join(dir, `${name}.safetensors`));
    for (const [key, actual] of [
      ['masked_image', masked],
      ['init_latent', toyEncode(pixels)],
      [
        'image_conditioning',
        concatChannels(nearestResized(mask, latentSize(processingSizeOf(params))), toyEncode(masked)),
      ],
    ] as const) {
      yield await judge({ area, name: `${name} ${key}`, tolerance: 1e-5 }, () =>
        maxDifference(actual.data, golden.get(key).data),
      );
    }
  }
  if ((await readdir(dir)).includes('txt2img_conditioning.safetensors')) yield await allMasked(dir);
}

/** How many channels a network gets to see that has no place for image conditioning. */
async function channelsOfPlainModel(): Promise<number> {
  const { network, asked } = toyNetwork();
  const denoise = guidedDenoiser(network, {
    preconditioning: sigmaPreconditioning(discreteSchedule(stableDiffusionAlphas()), 'eps'),
    ...{ conditioning: [toyConditioning], cfgScale: 7, totalSteps: 1 },
  });
  await denoise(tensor(new Float32Array(16), [1, 4, 2, 2]), 1);
  return asked[0]!.input.shape[1]!;
}

async function conditioned(dir: string, name: string, params: Processing) {
  const options = canvasOptionsOf(params);
  const files = await readdir(dir);
  const init = await readPicture(dir, `${name}_init.png`);
  const maskFile = `${name}_mask.png`;
  const given = files.includes(maskFile) ? await readPicture(dir, maskFile) : null;
  const { image, inpaint } = await prepareCanvas({ init, mask: given }, options);
  const pixels = toPixels([image]);
  const mask = conditioningMask(inpaint?.maskForLatents ?? null, image, options.maskRound);
  const masked = maskedPixels(pixels, mask, params.inpainting_mask_weight ?? 1);
  const masking = inpaint ? ('used' as const) : given ? ('blank' as const) : ('none' as const);
  return { pixels, mask, masked, masking };
}

/** Everything masked: mid-grey pixels and a mask of ones. */
function allMasked(dir: string): Promise<GoldenOutcome> {
  return judge({ area, name: 'txt2img_conditioning', tolerance: 1e-5 }, async () => {
    const expected = (await readGoldenTensors(join(dir, 'txt2img_conditioning.safetensors'))).get('image_conditioning');
    const [batch = 0, , h = 0, w = 0] = expected.shape;
    const size = { width: w * 8, height: h * 8 };
    const grey: Tensor = tensor(new Float32Array(3 * w * h * 64), [1, 3, h * 8, w * 8]);
    const mask = conditioningMask(null, size, true);
    const one = concatChannels(nearestResized(mask, { width: w, height: h }), toyEncode(maskedPixels(grey, mask, 1)));
    return maxDifference(concatRows(Array.from({ length: batch }, () => one)).data, expected.data);
  });
}
