import { Refusal } from '../errors.ts';
import { timestepSamplers } from './choices.ts';
import { fields, type Params } from './fields.ts';
import type { MaskSource, ScriptWork, Sketch } from './request.ts';
import { isOutpainting, loopbackStrengths, outlineOf, type Script, scriptOf } from './script.ts';
import type { Size } from './size.ts';

/** How large a script may make a picture: sides in px, pixels in all, and runs of the pipeline for it. */
const scriptCaps = { side: 4096, pixels: 16_000_000, runs: 256 } as const;

/** The pictures a request speaks of. */
interface Given {
  readonly mask: MaskSource | null;
  readonly sketch?: Sketch | undefined;
}

/** Whether something will be repainted through a mask. */
function isMasked({ mask, sketch }: Given, { script }: Params): boolean {
  return mask !== null || sketch?.kind === 'inpaint sketch' || isOutpainting(script);
}

/** The ends of the model's schedule, σ. Source: Stable Diffusion's β, 0.00085 … 0.012 scaled-linear over 1000 steps */
const modelSigmas = { min: 0.029167, max: 14.614642 } as const;

function checkSchedule({ sigmaMin, sigmaMax }: Params): void {
  const [min, max] = [sigmaMin || modelSigmas.min, sigmaMax || modelSigmas.max];
  if (min >= max) throw new Refusal('sigma-range', { min, max });
}

/** Steps of the longest schedule that is made, of which exact steps are the end. */
const LONGEST_SCHEDULE = 50_000;

function checkExactSteps(params: Params): void {
  const { exactSteps, steps, denoisingStrength } = params;
  const script = scriptOf(params);
  const strengths = script?.name === 'loopback' ? loopbackStrengths(script, denoisingStrength) : [denoisingStrength];
  const strength = Math.min(...strengths.filter((one) => one > 0));
  if (!exactSteps || steps / strength <= LONGEST_SCHEDULE) return;
  const least = Math.ceil((steps / LONGEST_SCHEDULE) * 1000) / 1000;
  throw new Refusal('exact-steps', { strength: Number(strength.toPrecision(2)), least });
}

function checkMasks(given: Given, params: Params): void {
  const { script, softInpainting, maskedContent, denoisingStrength, sampler } = params;
  if (given.mask && given.sketch?.kind === 'inpaint sketch') throw new Refusal('sketch-and-mask', {});
  if (isOutpainting(script) && (given.mask || given.sketch?.kind === 'inpaint sketch')) {
    throw new Refusal('mask-with-script', { script });
  }
  if (!isMasked(given, params)) return;
  const content = script === "poor man's outpainting" ? params.poorMaskedContent : maskedContent;
  const isOriginal = script === 'outpainting mk2' || script === 'mosaic outpaint';
  if (!isOriginal && content.startsWith('latent') && denoisingStrength === 0) {
    throw new Refusal('nothing-to-do', { why: 'latent-noise-without-strength' });
  }
  if (softInpainting && timestepSamplers.includes(sampler)) throw new Refusal('soft-sampler', { sampler });
}

/** Scripts that paint one picture after the other: A1111 silently sets these back to 1. */
function checkBatch({ script, batchSize, batchCount, outpaintPasses }: Params): void {
  const isRepeated = script === 'outpainting mk2' && outpaintPasses > 1;
  const isSingle = script === 'loopback' || script === "poor man's outpainting" || isRepeated;
  if (isSingle && batchSize > 1) throw new Refusal('batch-with-script', { script, field: fields.batchSize.chat });
  if (script === "poor man's outpainting" && batchCount > 1) {
    throw new Refusal('batch-with-script', { script, field: fields.batchCount.chat });
  }
}

/**
 * Combinations of values, each of them fine, that come to nothing.
 * @throws Refusal 'sigma-range', 'exact-steps', 'sketch-and-mask', 'mask-with-script', 'batch-with-script', 'nothing-to-do', 'soft-sampler'
 */
export function refuseImpossible(given: Given, params: Params): void {
  checkSchedule(params);
  checkExactSteps(params);
  checkMasks(given, params);
  checkBatch(params);
}

/** Tiles must be larger than what they share. */
function checkTiles(script: Script, tile: Size): void {
  const [overlap, field] =
    script.name === 'SD upscale'
      ? [script.overlap, fields.overlap.chat]
      : script.name === "poor man's outpainting"
        ? [script.pixels, fields.pixels.chat]
        : [0, ''];
  const { width, height } = tile;
  if (overlap >= Math.min(width, height)) throw new Refusal('tile-overlap', { field, overlap, width, height });
}

/**
 * What a script comes to.
 * @param maxPixels  the most that one run may paint
 * @throws Refusal 'tile-overlap', 'result-too-large', 'too-many-runs', 'run-too-large'
 */
export function workOf(script: Script, init: Size, processing: Size, maxPixels: number): ScriptWork {
  checkTiles(script, processing);
  const { output, runs } = outlineOf(script, init, processing);
  const { width, height } = output;
  if (Math.max(width, height) > scriptCaps.side || width * height > scriptCaps.pixels) {
    const megapixels = scriptCaps.pixels / 1e6;
    throw new Refusal('result-too-large', { width, height, maxSide: scriptCaps.side, megapixels });
  }
  if (runs.length > scriptCaps.runs) throw new Refusal('too-many-runs', { runs: runs.length, limit: scriptCaps.runs });
  const largest = runs.find((run) => run.width * run.height > maxPixels);
  if (largest) throw new Refusal('run-too-large', { script: script.name, ...largest, megapixels: maxPixels / 1e6 });
  return { width, height, runs: runs.length, pixels: runs.reduce((sum, run) => sum + run.width * run.height, 0) };
}
