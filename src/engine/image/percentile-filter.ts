import { type Tensor, tensor } from '../tensor/tensor.ts';

/** Side of the window. */
const SIDE = 5;
const REACH = 2;

/**
 * Weights of the window, 1 in the middle, falling to 0 at three pixels' distance; row-major, 5 × 5.
 * Source: A1111 extensions-builtin/soft-inpainting `get_gaussian_kernel` (stddev 1.5, radius 2)
 */
export const windowWeights: Float64Array = (() => {
  const bell = (squared: number) => Math.exp(-squared / 1.5 ** 2);
  const zero = bell((REACH + 1) ** 2);
  return Float64Array.from({ length: SIDE * SIDE }, (_, i) => {
    const [dx, dy] = [(i % SIDE) - REACH, Math.floor(i / SIDE) - REACH];
    return Math.max(0, (bell(dx * dx + dy * dy) - zero) / (1 - zero));
  });
})();

/** Which part of the sorted, stacked weights counts: from and to as shares of all, and how wide it is at least. */
export interface PercentileRange {
  readonly low: number;
  readonly high: number;
  readonly minWidth: number;
}

/** The range in units of weight: widened about its middle to the least width, then moved inside 0 … total. */
function rangeOf({ low, high, minWidth }: PercentileRange, total: number): [from: number, to: number] {
  let [from, to] = [low * total, high * total];
  if (to - from < minWidth) {
    const middle = (from + to) / 2;
    [from, to] = [middle - minWidth / 2, middle + minWidth / 2];
    if (to > total) [from, to] = [total - minWidth, total];
    if (from < 0) [from, to] = [0, minWidth];
  }
  return [from, to];
}

/** Sorts `n` values and their weights together; insertion, as n ≤ 25. */
function sortTogether(values: Float64Array, weights: Float64Array, n: number): void {
  for (let i = 1; i < n; i++) {
    const [value, weight] = [values[i]!, weights[i]!];
    let j = i - 1;
    for (; j >= 0 && values[j]! > value; j--) {
      values[j + 1] = values[j]!;
      weights[j + 1] = weights[j]!;
    }
    values[j + 1] = value;
    weights[j + 1] = weight;
  }
}

/** Mean of the sorted values, each as heavy as its slot overlaps the range. */
function meanWithin(values: Float64Array, weights: Float64Array, n: number, range: PercentileRange): number {
  let total = 0;
  for (let i = 0; i < n; i++) total += weights[i]!;
  const [from, to] = rangeOf(range, total);
  let [sum, weight, end] = [0, 0, 0];
  for (let i = 0; i < n; i++) {
    const start = end;
    end += weights[i]!;
    const overlap = Math.min(end, to) - Math.max(start, from);
    if (overlap <= 0) continue;
    sum += values[i]! * overlap;
    weight += overlap;
  }
  return weight === 0 ? 0 : sum / weight;
}

/**
 * Every pixel of [h, w] becomes the mean of a range of percentiles of its 5 × 5 neighbourhood; windows are cut at the borders.
 * Source: A1111 extensions-builtin/soft-inpainting `weighted_histogram_filter`
 */
export function percentileFilter(im: Tensor, range: PercentileRange): Tensor {
  const [height = 0, width = 0] = im.shape;
  const out = new Float32Array(width * height);
  const near: Neighbourhood = { values: new Float64Array(SIDE * SIDE), weights: new Float64Array(SIDE * SIDE) };
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const n = gather(near, im, x, y);
      sortTogether(near.values, near.weights, n);
      out[y * width + x] = meanWithin(near.values, near.weights, n, range);
    }
  }
  return tensor(out, [height, width]);
}

/** Values around a pixel and what they weigh. */
interface Neighbourhood {
  readonly values: Float64Array;
  readonly weights: Float64Array;
}

/** Fills in the window about (x, y) as far as it lies in the picture; returns how many values that are. */
function gather({ values, weights }: Neighbourhood, { data, shape }: Tensor, x: number, y: number): number {
  const [height = 0, width = 0] = shape;
  const [left, right] = [Math.max(x - REACH, 0), Math.min(x + REACH, width - 1)];
  const [top, bottom] = [Math.max(y - REACH, 0), Math.min(y + REACH, height - 1)];
  let n = 0;
  for (let v = top; v <= bottom; v++) {
    for (let u = left; u <= right; u++) {
      values[n] = data[v * width + u]!;
      weights[n++] = windowWeights[(v - y + REACH) * SIDE + u - x + REACH]!;
    }
  }
  return n;
}
