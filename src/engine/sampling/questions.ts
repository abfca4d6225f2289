import { scaleInto } from '../tensor/arithmetic.ts';
import { rows, stack } from '../tensor/rows.ts';
import type { Tensor } from '../tensor/tensor.ts';
import type { PromptRow, PromptStep } from './prompt-step.ts';

/** A network's prediction within an answer: its place among all predictions of a call, and its factor. */
export interface Portion {
  readonly place: number;
  readonly weight: number;
}

/** What the network is asked, call after call, until a prompt changes. */
export interface Questions {
  readonly prompts: readonly PromptStep[];
  readonly isUncondSkipped: boolean;
  readonly batches: readonly RowBatch[];
  /** For every picture, what guidance makes of its predictions. Weights add up to 1. */
  readonly guided: readonly (readonly Portion[])[];
  /** For every picture, the prediction of the first part of its prompt. */
  readonly first: readonly (readonly Portion[])[];
  /** For every picture, that of its negative prompt; where this is skipped, `first`. */
  readonly uncond: readonly (readonly Portion[])[];
}

/** A row of a batch: which picture it belongs to, what it is told, and whether its image conditioning is hidden from it. */
interface Row {
  readonly image: number;
  readonly prompt: PromptRow;
  readonly isBlind?: boolean;
}

/** Rows that go through the network together: their contexts are equally long. */
export interface RowBatch {
  readonly rows: readonly Row[];
  /** Where their predictions belong: those of all prompts, of all negative prompts, of all blind ones. */
  readonly places: readonly number[];
  /** [N, T, width] */
  readonly context: Tensor;
  readonly pooled: Tensor | undefined;
  /** What the network is given, [N, C, h, w]: the latents in its first channels are written anew for every call. */
  readonly input: Tensor;
}

/** What decides about the questions besides the prompts. */
export interface Guidance {
  readonly cfgScale: number;
  /** InstructPix2Pix: weight of the picture against the text; a blind row is asked for every picture. */
  readonly imageCfgScale?: number;
  /** Further input channels, [B or 1, C, h, w]. */
  readonly imageConditioning?: Tensor;
}

/** What is asked about latents of `shape` [B, 4, h, w]: one batch where the contexts are equally long, else one for each length. */
export function questionsFor(
  guidance: Guidance,
  prompts: readonly PromptStep[],
  isUncondSkipped: boolean,
  shape: readonly number[],
): Questions {
  const condRows = prompts.flatMap(({ parts }, image): Row[] => parts.map((prompt) => ({ image, prompt })));
  const uncondRows = prompts.map(({ uncond }, image): Row => ({ image, prompt: uncond }));
  const isEdit = guidance.imageCfgScale !== undefined;
  const blindRows = isEdit ? uncondRows.map((row): Row => ({ ...row, isBlind: true })) : [];
  const wanted = isUncondSkipped ? condRows : [...condRows, ...uncondRows, ...blindRows];
  const lengths = new Set(wanted.map(({ prompt }) => prompt.context.shape[0]!));
  const places = prompts.map((_, image): Places => {
    const cond = condRows.flatMap((row, place) => (row.image === image ? [place] : []));
    const uncond = isUncondSkipped ? cond[0]! : condRows.length + image;
    return { cond, uncond, blind: uncond + prompts.length };
  });
  return {
    ...{ prompts, isUncondSkipped },
    batches: Array.from(lengths, (length) => batchOf(wanted, length, shape, guidance.imageConditioning)),
    guided: prompts.map((prompt, i) => guidedPortions(guidance, prompt, places[i]!, isUncondSkipped)),
    first: places.map(({ cond }) => [{ place: cond[0]!, weight: 1 }]),
    uncond: places.map(({ uncond }) => [{ place: uncond, weight: 1 }]),
  };
}

/** Where one picture's predictions are. */
interface Places {
  readonly cond: readonly number[];
  readonly uncond: number;
  /** Of the negative prompt without the picture; InstructPix2Pix only. */
  readonly blind: number;
}

/**
 * uncond + Σ wₖ·scale·(condₖ − uncond), k over the parts joined by AND; without negative prompt the scale is 1.
 * InstructPix2Pix, unlike in A1111, may be told several parts too.
 * Source: A1111 modules/sd_samplers_cfg_denoiser.py; Brooks et al. 2022 (arXiv 2211.09800), eq. 3, with a picture
 */
function guidedPortions(
  { cfgScale, imageCfgScale }: Guidance,
  { parts }: PromptStep,
  { cond, uncond, blind }: Places,
  isUncondSkipped: boolean,
): readonly Portion[] {
  if (imageCfgScale !== undefined && !isUncondSkipped) {
    const shares = parts.length === 1 ? [cfgScale] : parts.map(({ weight }) => weight * cfgScale); // A1111: one has no weight
    const all = shares.reduce((sum, share) => sum + share, 0);
    return [
      { place: blind, weight: 1 - imageCfgScale },
      { place: uncond, weight: imageCfgScale - all },
      ...shares.map((weight, k): Portion => ({ place: cond[k]!, weight })),
    ];
  }
  const weights = parts.map(({ weight }) => weight * (isUncondSkipped ? 1 : cfgScale));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const portions = weights.map((weight, k): Portion => ({ place: cond[k]!, weight }));
  return [{ place: uncond, weight: 1 - total }, ...portions].filter(({ weight }) => weight !== 0);
}

function batchOf(wanted: readonly Row[], length: number, shape: readonly number[], seen?: Tensor): RowBatch {
  const places = wanted.flatMap(({ prompt }, i) => (prompt.context.shape[0] === length ? [i] : []));
  const chosen = places.map((i) => wanted[i]!);
  const pooled = chosen.flatMap(({ prompt }) => (prompt.pooled ? [prompt.pooled] : []));
  return {
    rows: chosen,
    places,
    context: stack(chosen.map(({ prompt }) => prompt.context)),
    pooled: pooled.length > 0 ? stack(pooled) : undefined,
    input: inputFor(chosen, shape, seen),
  };
}

/** Room for a call's latents, beside what the network sees of the picture; a blind row sees nothing. */
function inputFor(chosen: readonly Row[], [, channels = 0, ...plane]: readonly number[], seen?: Tensor): Tensor {
  const area = plane.reduce((product, n) => product * n, 1);
  const all = channels + (seen?.shape[1] ?? 0);
  const data = new Float32Array(chosen.length * all * area);
  for (const [j, { image, isBlind }] of chosen.entries()) {
    if (!seen || isBlind) continue;
    const i = seen.shape[0] === 1 ? 0 : image;
    data.set(rows(seen, i, i + 1).data, (j * all + channels) * area);
  }
  return { data, shape: [chosen.length, all, ...plane] };
}

/** Lays latents [B, 4, h, w] times a factor before a batch: each row gets its picture's. */
export function layOut({ rows: chosen, input: { data } }: RowBatch, latents: Tensor, factor: number): void {
  const size = latents.data.length / latents.shape[0]!;
  const stride = data.length / chosen.length;
  const written = new Map<number, number>();
  for (const [j, { image }] of chosen.entries()) {
    const [at, first] = [j * stride, written.get(image)];
    if (first !== undefined) data.copyWithin(at, first, first + size);
    else scaleInto(data.subarray(at, at + size), factor, latents.data.subarray(image * size, (image + 1) * size));
    written.set(image, first ?? at);
  }
}
