import { concatRows, row, stack } from '../tensor/rows.ts';
import type { Tensor } from '../tensor/tensor.ts';

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
