import { Refusal } from '../errors.ts';
import type { BlobRef } from './blob.ts';
import type { Catalog, CheckpointEntry } from './catalog.ts';
import { type FieldName, MAX_SEED, type Params } from './fields.ts';
import { refuseImpossible, workOf } from './impossible.ts';
import { closest } from './names.ts';
import { type Layer, mergeLayers } from './presets.ts';
import type { EditRequest, MaskSource, Sketch } from './request.ts';
import { loopbackStrengths, scriptOf, sizeBeforeResize } from './script.ts';
import { LARGEST, resolveSize, type Size } from './size.ts';

/** What a server allows at most. */
export interface Caps {
  /** Of one run of the pipeline. */
  readonly maxPixels: number;
  readonly maxSteps: number;
  /** Pictures per request: batch size × batch count. */
  readonly maxCount: number;
  readonly strength?: { readonly min: number; readonly max: number };
  /** Models by name, or by how it begins with `*` at the end; all of them when not said. */
  readonly allowedModels?: readonly string[];
  readonly deniedModels?: readonly string[];
  /** False: `<lora:…>` is taken out of prompts. */
  readonly lora?: boolean;
}
export const defaultCaps: Caps = { maxPixels: 1_572_864, maxSteps: 150, maxCount: 4 };

/** An edit as somebody asked for it: a picture, maybe a mask, and what was said about parameters at every level. */
export interface Wish {
  readonly init: BlobRef;
  readonly initSize: Size;
  readonly mask: MaskSource | null;
  readonly sketch?: Sketch | undefined;
  readonly layers: readonly Layer[];
}

/** A value a server's cap changed; told on the card. */
export interface Clamped {
  readonly field: FieldName;
  readonly asked: number | string;
  readonly given: number | string;
}

export interface Resolved {
  readonly request: EditRequest;
  readonly clamped: readonly Clamped[];
  readonly warnings: readonly Warning[];
}

/**
 * Finds a checkpoint by name, title, hash or unambiguous beginning; the first one for an empty name.
 * @throws Refusal 'no-checkpoint', 'unknown-name'; for a file that cannot be opened, what is wrong with it
 */
export function findCheckpoint(catalog: Catalog, wanted: string): CheckpointEntry {
  const { checkpoints } = catalog;
  const lower = wanted.trim().toLowerCase();
  const called = namesIn(lower);
  const beginning = checkpoints.filter((c) => c.name.toLowerCase().startsWith(lower));
  const found =
    checkpoints.find((c) => called.includes(c.name.toLowerCase())) ??
    checkpoints.find((c) => called.some((name) => isHashOf(name, c))) ??
    (lower === '' || beginning.length === 1 ? beginning[0] : undefined);
  if (found) return found;
  const unusable = catalog.unusable?.find(({ name }) => name.toLowerCase() === lower);
  if (unusable) throw new Refusal(unusable.why.code, unusable.why.details);
  if (checkpoints.length === 0) throw new Refusal('no-checkpoint', { folder: 'models/Stable-diffusion' });
  throw new Refusal('unknown-name', {
    kind: 'model',
    given: wanted,
    nearest: closest(
      wanted,
      checkpoints.map((c) => c.name),
    ),
  });
}

/** Names a checkpoint that has a hash for sure, whatever its file is called. */
export const checkpointId = (hash: string): string => `m:${hash}`;

/** A1111's ways of naming a file: `name`, `name.safetensors`, `name [hash]`, `folder/name.ckpt [hash]`, `hash`; and our own, `m:hash`. */
function namesIn(text: string): readonly string[] {
  const [, id] = /^m:([0-9a-f]{10})$/.exec(text) ?? [];
  if (id !== undefined) return [text, id];
  const [, title = text, hash] = /^(.*?)\s*\[([0-9a-f]+)\]$/.exec(text) ?? [];
  const path = title.replaceAll('\\', '/').replace(/\.(safetensors|ckpt)$/, '');
  return [text, path, path.slice(path.lastIndexOf('/') + 1), ...(hash ? [hash] : [])];
}

/** A short hash, A1111's old one, or a whole SHA-256. */
function isHashOf(text: string, { hash, oldHash }: CheckpointEntry): boolean {
  const isWhole = hash !== null && text.length === 64 && text.startsWith(hash);
  return text !== '' && (text === hash || text === oldHash || isWhole);
}

/** The model's own square for "only masked", where the result keeps the source's size; else what `size` says. */
function processingSize(wish: Wish, params: Params, checkpoint: CheckpointEntry, caps: Caps): Size {
  const { nativeSize } = checkpoint;
  const isInpaint = wish.mask !== null || wish.sketch?.kind === 'inpaint sketch';
  if (isInpaint && params.inpaintArea === 'only masked' && params.size === 'src') {
    return { width: nativeSize, height: nativeSize };
  }
  return resolveSize(params.size, wish.initSize, { nativeSize, maxPixels: caps.maxPixels });
}

/** The largest size of the same aspect within the budget, in whole eights. */
function shrunk({ width, height }: Size, maxPixels: number): Size {
  const scale = Math.sqrt(maxPixels / (width * height));
  const side = (length: number) => Math.max(64, 8 * Math.floor((length * scale) / 8));
  return { width: side(width), height: side(height) };
}

/** `2048x2048` where the cap allows less: the largest of that aspect. What is said relative to the picture keeps its own rules. */
function clampSize(params: Params, { maxPixels }: Caps): Clamped | undefined {
  const [, width, height] = /^\s*(\d+)\s*[x×*]\s*(\d+)\s*$/i.exec(params.size) ?? [];
  const size = { width: Number(width), height: Number(height) };
  if (!width || size.width * size.height <= maxPixels || Math.max(size.width, size.height) > LARGEST) return undefined;
  const given = shrunk(size, maxPixels);
  return { field: 'size', asked: params.size, given: `${given.width}x${given.height}` };
}

const loraTag = /<lora:[^<>]*>/gi;

/** What is not a matter of larger or smaller: strength outside its range, the size, LoRAs where there are none. */
function clampRest(params: Params, caps: Caps): readonly Clamped[] {
  const { strength, lora = true } = caps;
  const { denoisingStrength: asked, prompt, negativePrompt } = params;
  const given = strength ? Math.min(strength.max, Math.max(strength.min, asked)) : asked;
  const size = clampSize(params, caps);
  const texts = { prompt, negativePrompt };
  const tagged = (['prompt', 'negativePrompt'] as const).filter((field) => !lora && texts[field].search(loraTag) >= 0);
  return [
    ...(given === asked ? [] : [{ field: 'denoisingStrength', asked, given } as const]),
    ...(size ? [size] : []),
    ...tagged.map((field) => ({ field, asked: texts[field], given: texts[field].replace(loraTag, '').trim() })),
  ];
}

function isListed(list: readonly string[], name: string): boolean {
  const lower = name.toLowerCase();
  return list.some((entry) => {
    const wanted = entry.trim().toLowerCase();
    return wanted.endsWith('*') ? lower.startsWith(wanted.slice(0, -1)) : lower === wanted;
  });
}

function allowsModel({ allowedModels = [], deniedModels = [] }: Caps, name: string): boolean {
  return (allowedModels.length === 0 || isListed(allowedModels, name)) && !isListed(deniedModels, name);
}

/** The model that was asked for, or the first one the caps allow. @throws Refusal as `findCheckpoint` does */
function allowedCheckpoint(catalog: Catalog, wanted: string, caps: Caps) {
  const allows = (name: string) => allowsModel(caps, name);
  const checkpoints = catalog.checkpoints.filter(({ name }) => allows(name));
  if (wanted.trim() === '') return { checkpoint: findCheckpoint({ ...catalog, checkpoints }, ''), clamped: [] };
  const checkpoint = findCheckpoint(catalog, wanted);
  if (allows(checkpoint.name)) return { checkpoint, clamped: [] };
  const instead = findCheckpoint({ ...catalog, checkpoints }, '');
  return {
    checkpoint: instead,
    clamped: [{ field: 'checkpoint', asked: checkpoint.name, given: instead.name } as const],
  };
}

/** The refiner that was asked for, or none where the caps do not allow it. @throws Refusal as `findCheckpoint` does */
function allowedRefiner(catalog: Catalog, wanted: string, caps: Caps) {
  const isNone = ['', 'none'].includes(wanted.trim().toLowerCase());
  if (isNone) return { refiner: '', clamped: [] };
  const { name } = findCheckpoint(catalog, wanted);
  if (allowsModel(caps, name)) return { refiner: name, clamped: [] };
  return { refiner: '', clamped: [{ field: 'refiner', asked: name, given: 'None' } as const] };
}

function clamp(params: Params, caps: Caps): { readonly params: Params; readonly clamped: readonly Clamped[] } {
  const limits: readonly [FieldName & ('steps' | 'batchSize' | 'batchCount'), number][] = [
    ['steps', caps.maxSteps],
    ['batchSize', caps.maxCount],
    ['batchCount', Math.max(1, Math.floor(caps.maxCount / Math.min(params.batchSize, caps.maxCount)))],
  ];
  const lowered = limits
    .filter(([field, limit]) => params[field] > limit)
    .map(([field, limit]) => ({ field, asked: params[field], given: limit }));
  const clamped = [...lowered, ...clampRest(params, caps)];
  return { params: { ...params, ...Object.fromEntries(clamped.map((c) => [c.field, c.given])) }, clamped };
}

/** A1111 draws seeds from 0 … 4294967293. Source: A1111 modules/processing.py `get_fixed_seed` */
function drawn(seed: number, random: () => number): number {
  return seed >= 0 ? seed : Math.floor(random() * (MAX_SEED - 1));
}

/** Something that can be done, but hardly as it was meant; told on the card. */
export type Warning = 'latent-upscale-strength' | 'mask-alpha-repaints-nothing' | 'upscaler-none';

/** From here on A1111's latent upscale has enough strength to paint over its own blur. */
export const LATENT_UPSCALE_STRENGTH = 0.55;

function warningsFor({ params, sketch, mask }: EditRequest): readonly Warning[] {
  const isRounded = params.maskRound && !params.softInpainting;
  const isLatent = params.resizeMode === 'latent upscale' && !(mask && params.inpaintArea === 'only masked');
  const rules: readonly (readonly [Warning, boolean])[] = [
    ['latent-upscale-strength', isLatent && params.denoisingStrength < LATENT_UPSCALE_STRENGTH],
    ['mask-alpha-repaints-nothing', sketch?.kind === 'inpaint sketch' && params.maskAlpha >= 50 && isRounded],
    [
      'upscaler-none',
      (params.script === 'SD upscale' || params.script === 'extras') &&
        params.sdUpscaler === 'None' &&
        params.scaleFactor !== 1,
    ],
  ];
  return rules.filter(([, holds]) => holds).map(([warning]) => warning);
}

/**
 * Turns a wish into a request that holds every value: layers merged, caps applied, checkpoint found, size computed, seeds drawn.
 *
 * @param random  uniform in [0, 1)
 * @throws Refusal 'unknown-name', 'no-checkpoint', 'bad-size', and as `refuseImpossible` does
 */
export function resolveEdit(wish: Wish, catalog: Catalog, caps: Caps, random: () => number): Resolved {
  const merged = mergeLayers(wish.layers);
  const { params: capped, clamped } = clamp(merged.params, caps);
  const { checkpoint, clamped: otherModel } = allowedCheckpoint(catalog, capped.checkpoint, caps);
  const { refiner, clamped: noRefiner } = allowedRefiner(catalog, capped.refiner, caps);
  const script = scriptOf(capped);
  const size = processingSize({ ...wish, initSize: sizeBeforeResize(script, wish.initSize) }, capped, checkpoint, caps);
  refuseImpossible(wish, capped);
  const params: Params = {
    ...capped,
    checkpoint: checkpoint.name,
    refiner,
    seed: drawn(capped.seed, random),
    subseed: drawn(capped.subseed, random),
  };
  const { init, mask, sketch } = wish;
  const work = script && workOf(script, wish.initSize, size, caps.maxPixels);
  const request: EditRequest = {
    ...{ version: 1, init, mask, ...size, params },
    ...(sketch && { sketch }),
    ...(work && { script: work }),
  };
  return { request, clamped: [...clamped, ...otherModel, ...noRefiner], warnings: warningsFor(request) };
}

/** Sampler steps of one run. Source: A1111 modules/sd_samplers_common.py `setup_img2img_steps` */
function stepsRun({ steps, exactSteps, denoisingStrength }: Params): number {
  return exactSteps ? steps : Math.floor(steps * Math.min(denoisingStrength, 0.999)) + 1;
}

/** Enlarging without painting. */
const EXTRAS_COST = 0.2;

/**
 * What an edit costs in credits; one credit is 20 steps at 512 × 512 with an SD1 model.
 * Pictures of a request share the line with everybody: fairness and quotas count credits, not requests.
 */
export function costOf(request: EditRequest, family: CheckpointEntry['family']): number {
  const { params } = request;
  const script = scriptOf(params);
  if (script?.name === 'extras') return EXTRAS_COST;
  const pixels = (request.script?.pixels ?? request.width * request.height) / 262_144;
  const steps =
    script?.name === 'loopback'
      ? mean(
          loopbackStrengths(script, params.denoisingStrength).map((d) => stepsRun({ ...params, denoisingStrength: d })),
        )
      : stepsRun(params);
  const pictures = params.batchCount * (script?.name === 'SD upscale' ? 1 : params.batchSize); // its batches are of tiles
  return ((pixels * steps * pictures) / 20) * (family === 'sdxl' ? 3 : 1);
}

const mean = (values: readonly number[]) => values.reduce((sum, v) => sum + v, 0) / values.length;
