import { Refusal } from '../errors.ts';
import type { BlobRef } from './blob.ts';
import type { Catalog, CheckpointEntry } from './catalog.ts';
import { type FieldName, MAX_SEED, type Params } from './fields.ts';
import { closest } from './names.ts';
import { type Layer, mergeLayers } from './presets.ts';
import type { EditRequest, MaskSource } from './request.ts';
import { resolveSize, type Size } from './size.ts';

/** What a server allows at most. */
export interface Caps {
  readonly maxPixels: number;
  readonly maxSteps: number;
  /** Pictures per request: batch size × batch count. */
  readonly maxCount: number;
}
export const defaultCaps: Caps = { maxPixels: 1_572_864, maxSteps: 150, maxCount: 4 };

/** An edit as somebody asked for it: a picture, maybe a mask, and what was said about parameters at every level. */
export interface Wish {
  readonly init: BlobRef;
  readonly initSize: Size;
  readonly mask: MaskSource | null;
  readonly layers: readonly Layer[];
}

/** A value a server's cap lowered; told on the card. */
export interface Clamped {
  readonly field: FieldName;
  readonly asked: number;
  readonly given: number;
}

export interface Resolved {
  readonly request: EditRequest;
  readonly clamped: readonly Clamped[];
}

/**
 * Finds a checkpoint by name, hash or unambiguous beginning; the first one for an empty name.
 * @throws Refusal 'no-checkpoint', 'unknown-name'; for a file that cannot be opened, what is wrong with it
 */
export function findCheckpoint(catalog: Catalog, wanted: string): CheckpointEntry {
  const { checkpoints } = catalog;
  const lower = wanted.trim().toLowerCase();
  const beginning = checkpoints.filter((c) => c.name.toLowerCase().startsWith(lower));
  const found =
    checkpoints.find((c) => c.name.toLowerCase() === lower || (c.hash !== null && c.hash === lower)) ??
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

/** The model's own square for "only masked", where the result keeps the source's size; else what `size` says. */
function processingSize(wish: Wish, params: Params, checkpoint: CheckpointEntry, caps: Caps): Size {
  const { nativeSize } = checkpoint;
  if (wish.mask && params.inpaintArea === 'only masked' && params.size === 'src') {
    return { width: nativeSize, height: nativeSize };
  }
  return resolveSize(params.size, wish.initSize, { nativeSize, maxPixels: caps.maxPixels });
}

function clamp(params: Params, caps: Caps): { readonly params: Params; readonly clamped: readonly Clamped[] } {
  const limits: readonly [FieldName & ('steps' | 'batchSize' | 'batchCount'), number][] = [
    ['steps', caps.maxSteps],
    ['batchSize', caps.maxCount],
    ['batchCount', Math.max(1, Math.floor(caps.maxCount / Math.min(params.batchSize, caps.maxCount)))],
  ];
  const clamped = limits
    .filter(([field, limit]) => params[field] > limit)
    .map(([field, limit]) => ({ field, asked: params[field], given: limit }));
  return { params: { ...params, ...Object.fromEntries(clamped.map((c) => [c.field, c.given])) }, clamped };
}

/** A1111 draws seeds from 0 … 4294967293. Source: A1111 modules/processing.py `get_fixed_seed` */
function drawn(seed: number, random: () => number): number {
  return seed >= 0 ? seed : Math.floor(random() * (MAX_SEED - 1));
}

/**
 * Turns a wish into a request that holds every value: layers merged, caps applied, checkpoint found, size computed, seeds drawn.
 *
 * @param random  uniform in [0, 1)
 * @throws Refusal 'unknown-name', 'no-checkpoint', 'bad-size', 'nothing-to-do'
 */
export function resolveEdit(wish: Wish, catalog: Catalog, caps: Caps, random: () => number): Resolved {
  const merged = mergeLayers(wish.layers);
  const { params: capped, clamped } = clamp(merged.params, caps);
  const checkpoint = findCheckpoint(catalog, capped.checkpoint);
  const size = processingSize(wish, capped, checkpoint, caps);
  if (wish.mask && capped.maskedContent.startsWith('latent') && capped.denoisingStrength === 0) {
    throw new Refusal('nothing-to-do', { why: 'latent-noise-without-strength' });
  }
  const params: Params = {
    ...capped,
    checkpoint: checkpoint.name,
    seed: drawn(capped.seed, random),
    subseed: drawn(capped.subseed, random),
  };
  return { request: { version: 1, init: wish.init, mask: wish.mask, ...size, params }, clamped };
}

/**
 * What an edit costs in credits; one credit is 20 steps at 512 × 512 with an SD1 model.
 * Pictures of a request share the line with everybody: fairness and quotas count credits, not requests.
 */
export function costOf(request: EditRequest, family: CheckpointEntry['family']): number {
  const { steps, exactSteps, denoisingStrength, batchSize, batchCount } = request.params;
  const stepsRun = exactSteps ? steps : Math.floor(steps * Math.min(denoisingStrength, 0.999)) + 1;
  const pixels = (request.width * request.height) / 262_144;
  return ((pixels * stepsRun * batchSize * batchCount) / 20) * (family === 'sdxl' ? 3 : 1);
}
