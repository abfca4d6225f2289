import type { Conditioning, ScheduledCond } from '../sampling/conditioning.ts';
import { concatRows, row, stack } from '../tensor/rows.ts';
import type { Tensor } from '../tensor/tensor.ts';
import type { UnetShape } from '../weights/unet-shape.ts';

/** Sizes that SDXL is told besides the text, px. */
export interface LabelSizes {
  readonly original: { readonly width: number; readonly height: number };
  readonly cropTop: number;
  readonly cropLeft: number;
  /** The refiner is told an aesthetic score instead. */
  readonly target: { readonly width: number; readonly height: number } | { readonly aestheticScore: number };
}

/** Numbers each size is spread over. */
const width = 256;

/**
 * What SDXL's U-Net is told as `y` [N, A]: the pooled text [N, P], then every size as sinusoids.
 * A1111 in img2img: original = target = the processing size, no crop.
 * Source: Stability-AI generative-models, `GeneralConditioner`, `ConcatTimestepEmbedderND`
 */
export function labelVector(pooled: Tensor, { original, cropTop, cropLeft, target }: LabelSizes): Tensor {
  const last = 'width' in target ? [target.height, target.width] : [target.aestheticScore];
  const sizes = [original.height, original.width, cropTop, cropLeft, ...last];
  const tail = concatRows(sizes.map(sinusoids));
  return stack(Array.from({ length: pooled.shape[0]! }, (_, i) => concatRows([row(pooled, i), tail])));
}

/** How beautiful the refiner is told that the picture is to be, and is not. Source: A1111 modules/shared_options.py */
const aesthetic = { positive: 6, negative: 2.5 } as const;

/**
 * A conditioning whose pooled texts have become label vectors; one without pooled texts as it is. As A1111 in img2img the picture was and
 * will be of the processing size, uncropped; the refiner, whose label has one size less, is told an aesthetic score in place of the target.
 */
export function withLabels(
  conditioning: Conditioning,
  { admInChannels }: Pick<UnetShape, 'admInChannels'>,
  size: { readonly width: number; readonly height: number },
): Conditioning {
  const labelled = (cond: ScheduledCond, aestheticScore: number): ScheduledCond => {
    const { pooled } = cond;
    if (!pooled || admInChannels === null) return cond;
    const isRefiner = (admInChannels - pooled.shape[0]!) / width === 5;
    const target = isRefiner ? { aestheticScore } : size;
    return {
      ...cond,
      pooled: row(labelVector(stack([pooled]), { original: size, cropTop: 0, cropLeft: 0, target }), 0),
    };
  };
  const { parts, uncond } = conditioning;
  return {
    parts: parts.map((part) => ({
      ...part,
      schedule: part.schedule.map((cond) => labelled(cond, aesthetic.positive)),
    })),
    uncond: uncond.map((cond) => labelled(cond, aesthetic.negative)),
  };
}

/** Cosines, then sines, at frequencies from 1 down to 1/10000. */
function sinusoids(value: number): Tensor {
  const half = width / 2;
  const frequency = (i: number) =>
    Math.fround(Math.exp(Math.fround(Math.fround(Math.fround(-Math.log(10_000)) * i) / half)));
  const angle = (i: number) => Math.fround(value * frequency(i % half));
  return {
    data: Float32Array.from({ length: width }, (_, i) => (i < half ? Math.cos : Math.sin)(angle(i))),
    shape: [width],
  };
}
