import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { toLuma, toRgb } from '../../engine/image/convert.ts';
import { resizeLatent } from '../../engine/image/latent-resize.ts';
import { latentMask } from '../../engine/image/mask.ts';
import { keptOver, maskComposite, overlayPicture } from '../../engine/image/overlay.ts';
import { crop, paste } from '../../engine/image/paste.ts';
import { type Picture, sameSize, wholeOf } from '../../engine/image/picture.ts';
import { toPictures, toPixels } from '../../engine/image/pixels.ts';
import { latentSize } from '../../engine/image/processing-size.ts';
import { resizeImage } from '../../engine/image/resize-image.ts';
import { type Canvas, type Inpaint, prepareCanvas } from '../../engine/pipeline/canvas.ts';
import { composite, maskResults } from '../../engine/pipeline/composite.ts';
import { withMaskedContent } from '../../engine/sampling/start-latent.ts';
import { startNoise } from '../../engine/tensor/image-rng.ts';
import { concatRows, rows } from '../../engine/tensor/rows.ts';
import type { Tensor } from '../../engine/tensor/tensor.ts';
import type { GoldenOutcome } from '../outcome.ts';
import { type GoldenTensors, readGoldenTensors } from '../tensors.ts';
import { judge, maxDifference, mismatch, pictureDifference, readJson, readPicture } from './case.ts';
import { pipelineInfotexts } from './pipeline-infotext.ts';
import { canvasOptionsOf, noiseOptionsOf, type Processing } from './processing.ts';
import { toyDecode, toyEncode } from './toy-vae.ts';

const area = 'img2img/pipeline';

interface PipelineCase {
  readonly case: string;
  readonly params: Processing;
  readonly paste_to: readonly number[] | null;
  readonly all_seeds: readonly number[];
  readonly images: readonly { readonly file: string; readonly mode: string }[];
  readonly infotexts: readonly string[];
}

/** A case with everything the comparisons need. */
interface Run {
  readonly dir: string;
  readonly name: string;
  readonly params: Processing;
  readonly canvas: Canvas;
  readonly golden: GoldenTensors;
}

/** Whole img2img runs around toy networks: what goes into the VAE, the masks, the overlays, the finished pictures. */
export async function* pipeline(dir: string): AsyncGenerator<GoldenOutcome> {
  const files = await readdir(dir);
  for (const one of await readJson<PipelineCase[]>(dir, 'cases.json')) {
    const run = await prepared(dir, one, files);
    yield* inputs(run, one);
    yield* pipelineInfotexts({
      area,
      name: one.case,
      params: one.params,
      seeds: one.all_seeds,
      ...infotextFacts(run, one, files),
    });
    if (isCornered(run)) yield* cornerOverlay(run, one);
    else {
      yield* overlays(run, files);
      yield* results(run, one);
    }
  }
}

function infotextFacts({ canvas }: Run, { case: name, infotexts }: PipelineCase, files: readonly string[]) {
  const mask = canvas.inpaint
    ? ('used' as const)
    : files.includes(`${name}_mask.png`)
      ? ('blank' as const)
      : ('none' as const);
  return { mask, infotexts };
}

async function prepared(dir: string, one: PipelineCase, files: readonly string[]): Promise<Run> {
  const { case: name, params } = one;
  const maskFile = `${name}_mask.png`;
  const init = await readPicture(dir, `${name}_init.png`);
  const mask = files.includes(maskFile) ? await readPicture(dir, maskFile) : null;
  const canvas = await prepareCanvas({ init, mask }, canvasOptionsOf(params));
  const golden = await readGoldenTensors(join(dir, `${name}.safetensors`));
  return { dir, name, params, canvas, golden };
}

async function* inputs(run: Run, { paste_to }: PipelineCase): AsyncGenerator<GoldenOutcome> {
  const { dir, name, canvas, golden, params } = run;
  yield await judge({ area, name: `${name} vae_input`, tolerance: 0 }, async () =>
    pictureDifference(canvas.image, await readPicture(dir, `${name}_vae_input.png`)),
  );
  yield await judge({ area, name: `${name} paste_to`, tolerance: 0 }, () => {
    const region = canvas.inpaint?.pasteTo;
    return mismatch(region ? [region.x1, region.y1, region.x2 - region.x1, region.y2 - region.y1] : null, paste_to);
  });
  if (golden.tensors.has('nmask')) {
    yield await judge({ area, name: `${name} nmask`, tolerance: 1e-6 }, () =>
      maxDifference(nmaskOf(run)?.data ?? [], golden.get('nmask').data),
    );
  }
  yield await judge({ area, name: `${name} noise_first`, tolerance: 1e-6 }, () =>
    maxDifference(
      firstNoise(run).data.map((v) => v * (params.initial_noise_multiplier ?? 1)),
      golden.get('noise_first').data,
    ),
  );
  yield await judge({ area, name: `${name} init_latent`, tolerance: 1e-5 }, () =>
    maxDifference(initLatent(run).data, golden.get('init_latent').data),
  );
}

function nmaskOf({ canvas, params }: Run): Tensor | undefined {
  const { inpaint, size } = canvas;
  return inpaint ? latentMask(inpaint.maskForLatents, latentSize(size), params.mask_round ?? true) : undefined;
}

function firstNoise({ canvas, params }: Run): Tensor {
  const { width, height } = latentSize(canvas.size);
  return startNoise(noiseOptionsOf(params, [4, height, width]));
}

/** What masked content is made of: the same, but neither varied nor resized. */
function contentNoise(run: Run): Tensor {
  const { width, height } = latentSize(run.canvas.size);
  const { source, shape, seeds } = noiseOptionsOf(run.params, [4, height, width]);
  return startNoise({ source, shape, seeds });
}

function initLatent(run: Run): Tensor {
  const { canvas, params } = run;
  const one = resizeLatent(toyEncode(toPixels([canvas.image])), latentSize(canvas.size));
  const batch = concatRows(Array.from({ length: params.batch_size ?? 1 }, () => one));
  const nmask = nmaskOf(run);
  const content = canvasOptionsOf(params).maskedContent;
  return nmask ? withMaskedContent(batch, nmask, content, contentNoise(run)) : batch;
}

async function* overlays({ dir, name, canvas }: Run, files: readonly string[]): AsyncGenerator<GoldenOutcome> {
  const overlayFile = `${name}_overlay.png`;
  if (files.includes(overlayFile)) {
    yield await judge({ area, name: `${name} overlay`, tolerance: 0 }, async () =>
      pictureDifference(overlayOf(canvas.inpaint!), await readPicture(dir, overlayFile)),
    );
  }
  const maskFile = `${name}_mask_for_overlay.png`;
  if (files.includes(maskFile)) {
    yield await judge({ area, name: `${name} mask_for_overlay`, tolerance: 0 }, async () =>
      pictureDifference(toRgb(canvas.inpaint!.maskForOverlay), toRgb(await readPicture(dir, maskFile))),
    );
  }
}

function overlayOf({ source, maskForOverlay }: Inpaint): Picture {
  return overlayPicture(source, maskForOverlay);
}

/** Tolerance: where 255·x sits on an integer, truncation may fall either way. */
async function* results(run: Run, { images }: PipelineCase): AsyncGenerator<GoldenOutcome> {
  const { dir, name } = run;
  const actual = await finished(run);
  for (const [i, { file }] of images.entries()) {
    yield await judge({ area, name: `${name} result${i}`, tolerance: 1 }, async () => {
      const picture = actual[i];
      return picture ? pictureDifference(picture, await readPicture(dir, file)) : Number.POSITIVE_INFINITY;
    });
  }
}

/** For every sample the picture, its mask and its mask composite, as far as there are any. */
async function finished(run: Run): Promise<Picture[]> {
  const { canvas, params, golden } = run;
  const samples = golden.get('raw_samples');
  const init = initLatent(run);
  const nmask = nmaskOf(run);
  const out: Picture[] = [];
  for (let i = 0; i < samples.shape[0]!; i++) {
    const own = i % init.shape[0]!;
    const latent = blended(rows(samples, i, i + 1), rows(init, own, own + 1), nmask);
    const [painted] = toPictures(toyDecode(latent));
    const options = { overlayInpaint: params.overlay_inpaint ?? true, upscale: canvasOptionsOf(params).upscale };
    const result = await composite(painted!, canvas, options);
    out.push(result.image);
    if (!canvas.inpaint) continue;
    const { mask, maskComposite } = maskResults(result, canvas.inpaint);
    out.push(mask, maskComposite);
  }
  return out;
}

function blended(samples: Tensor, init: Tensor, nmask: Tensor | undefined): Tensor {
  if (!nmask) return samples;
  const plane = nmask.data.length;
  const data = samples.data.map((v, i) => {
    const m = nmask.data[i % plane]!;
    return Math.fround(v * m) + Math.fround(init.data[i]! * (1 - m));
  });
  return { ...samples, data };
}

/**
 * Latent upscale under a mask: the reference's overlay keeps the size of the small picture and lies over the top left corner of the result.
 * Ours grows with it; what the reference makes is put together here of the same parts.
 */
async function* cornerOverlay(run: Run, { images }: PipelineCase): AsyncGenerator<GoldenOutcome> {
  const { dir, name, golden, canvas } = run;
  const small = canvas.image;
  const mask = toLuma(resizeImage('resize and fill', canvas.inpaint!.maskForOverlay, small));
  const [samples, init] = [golden.get('raw_samples'), initLatent(run)];
  const made = Array.from({ length: samples.shape[0]! }, (_, i) => {
    const own = i % init.shape[0]!;
    const latent = blended(rows(samples, i, i + 1), rows(init, own, own + 1), nmaskOf(run));
    const painted = toPictures(toyDecode(latent))[0]!;
    const corner = keptOver(crop(painted, wholeOf(small)), small, mask);
    const composite = maskComposite(painted, toLuma(resizeImage('resize and fill', mask, painted)));
    return [paste(painted, corner, { x: 0, y: 0 }), toRgb(mask), composite];
  });
  const expected = [`${name}_overlay.png`, ...images.map(({ file }) => file)];
  for (const [i, picture] of [overlayPicture(small, mask), ...made.flat()].entries()) {
    const file = expected[i]!;
    yield await judge({ area, name: `${file}, overlay in the corner`, tolerance: 1 }, async () =>
      pictureDifference(picture, await readPicture(dir, file)),
    );
  }
}

/** Whether the reference's overlay stays small. */
function isCornered({ canvas, params }: Run): boolean {
  const { inpaint, image, size } = canvas;
  return params.resize_mode === 3 && inpaint !== null && !inpaint.pasteTo && !sameSize(image, size);
}
