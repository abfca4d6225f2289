import type { Emphasis } from '../../edit/choices.ts';
import type { Tensor } from '../tensor/tensor.ts';

/**
 * Applies the weights of a prompt to what the text encoder made of it. 'Original' then brings the mean of the whole batch back to
 * what it was, so texts that are encoded together influence each other.
 *
 * @param z  hidden states [N, T, width]
 * @param multipliers  N rows of T weights
 * @param repeats  how often each of the N rows stands in the batch; all different when left out
 * Source: A1111 modules/sd_emphasis.py
 */
export function applyEmphasis(
  z: Tensor,
  multipliers: readonly (readonly number[])[],
  emphasis: Emphasis,
  repeats: readonly number[] = multipliers.map(() => 1),
): Tensor {
  if (emphasis === 'Ignore' || emphasis === 'None') return z;
  const weights = multipliers.flat();
  if (z.data.length % weights.length !== 0)
    throw new RangeError(`${weights.length} weights for [${z.shape.join(', ')}]`);
  if (weights.every((weight) => weight === 1)) return z;
  const weighted = multiplyRows(z, weights);
  if (emphasis === 'No norm') return weighted;
  const gain = mean(z, repeats) / mean(weighted, repeats);
  return Number.isFinite(gain) ? multiplyRows(weighted, [gain]) : weighted; // unlike A1111, which then paints black
}

/** Row i times factor i, the data being cut into as many rows as there are factors. */
function multiplyRows({ data, shape }: Tensor, factors: readonly number[]): Tensor {
  const out = new Float32Array(data.length);
  const width = data.length / factors.length;
  for (const [row, factor] of factors.entries()) {
    const rounded = Math.fround(factor);
    for (let i = row * width; i < (row + 1) * width; i++) out[i] = data[i]! * rounded;
  }
  return { data: out, shape };
}

/** The mean of rows that stand in the batch so often each; in float64, rounded once. */
function mean({ data }: Tensor, repeats: readonly number[]): number {
  const size = data.length / repeats.length;
  let [sum, count] = [0, 0];
  for (const [row, times] of repeats.entries()) {
    let ofRow = 0;
    for (let i = row * size; i < (row + 1) * size; i++) ofRow += data[i]!;
    sum += times * ofRow;
    count += times * size;
  }
  return Math.fround(sum / count);
}
