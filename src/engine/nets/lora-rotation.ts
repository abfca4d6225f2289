import type { GraphBuilder } from '../graph/builder.ts';
import type { StoredTensor, Value } from '../graph/core.ts';

type Parts = ReadonlyMap<string, StoredTensor>;

/** Enough for any rotation: every step doubles the digits that are right. */
const inverseSteps = 20;

/**
 * Orthogonal fine-tuning: the rows of a weight, in blocks, are rotated. `oft_blocks` [n, b, b] holds what the rotations are made of,
 * `oft_diag` the rotations themselves; [m, n, b, b] is BOFT, whose m rounds bring together rows further and further apart.
 *
 * @param shape  of the weight
 * @returns the rotated weight less the weight; undefined when the blocks do not fit
 * Source: Qiu et al. 2023 (arXiv 2306.07280), Liu et al. 2023 (arXiv 2311.06243); A1111 extensions-builtin/Lora/network_oft.py
 */
export function rotationDelta(
  g: GraphBuilder,
  parts: Parts,
  weight: { readonly value: Value; readonly shape: readonly number[] },
): Value | undefined {
  const { value, shape } = weight;
  const blocks = parts.get('oft_blocks') ?? parts.get('oft_diag')!;
  const [rows = 0] = shape;
  const [size = 0, high = 0, count = 0, rounds] = blocks.shape.toReversed();
  const rescale = parts.get('rescale');
  if (count * size !== rows || high !== size || (rescale && sizeOf(rescale) !== rows)) return undefined;
  // The last round of a butterfly brings together rows 2^(rounds − 1) · b / 2 apart.
  if (rounds !== undefined && (size % 2 !== 0 || rows % (2 ** (rounds - 1) * size) !== 0)) return undefined;
  const stacked = g.reshape(g.parameter(blocks), [-1, size, size]); // [m · n, b, b]
  const rotations = parts.has('oft_blocks') ? cayley(g, skewOf(g, stacked, parts.get('alpha'), rows), size) : stacked;
  const flat = g.reshape(value, [rows, -1]);
  const turned = rounds
    ? butterfly(g, g.chunk(rotations, rounds, 0), flat, size)
    : inBlocks(g, flat, size, (x) => g.matmul(g.transpose(rotations, [0, 2, 1]), x));
  const scaled = rescale ? g.mul(turned, g.reshape(g.parameter(rescale), [-1, 1])) : turned;
  return g.sub(g.reshape(scaled, shape), value);
}

const sizeOf = ({ shape }: StoredTensor) => shape.reduce((product, n) => product * n, 1);

/** Q = B − Bᵀ, all blocks together no longer than α · rows, unless α is 0. */
function skewOf(g: GraphBuilder, blocks: Value, alpha: StoredTensor | undefined, rows: number): Value {
  const skew = g.sub(blocks, g.transpose(blocks, [0, 2, 1]));
  if (!alpha) return skew;
  const limit = g.scale(g.reshape(g.parameter(alpha), [1]), rows);
  const length = g.reshape(g.op('ReduceL2', [skew]), [1]);
  const tiny = g.floats(1e-8);
  const shorter = g.div(g.add(g.op('Min', [length, limit]), tiny), g.add(length, tiny));
  return g.op('Where', [g.op('Equal', [limit, g.floats([0])]), skew, g.mul(skew, shorter)]);
}

/** R = (I + Q)(I − Q)⁻¹; the inverse by Newton's iteration, X ← X (2I − A X). Source: Schulz 1933 */
function cayley(g: GraphBuilder, skew: Value, size: number): Value {
  const identity = g.floats(
    Array.from({ length: size * size }, (_, i) => (i % (size + 1) === 0 ? 1 : 0)),
    [size, size],
  );
  const a = g.sub(identity, skew);
  // Aᵀ = I + Q, and the eigenvalues of Aᵀ A lie between 1 and 1 + ‖Q‖²: X₀ = Aᵀ / (1 + ‖Q‖²) converges.
  const length = g.op('ReduceSumSquare', [skew, g.ints([1, 2])]);
  const both = g.add(identity, skew);
  let inverse = g.div(both, g.add(length, g.floats(1)));
  for (let step = 0; step < inverseSteps; step++) {
    inverse = g.matmul(inverse, g.sub(g.scale(identity, 2), g.matmul(a, inverse)));
  }
  return g.matmul(both, inverse);
}

/** Rows [n · b, c], taken b at a time. */
function inBlocks(g: GraphBuilder, flat: Value, size: number, work: (x: Value) => Value): Value {
  const columns = g.shape(flat, 1, 2);
  const blocks = g.reshape(flat, g.concat([g.ints([-1, size]), columns], 0));
  return g.reshape(work(blocks), g.concat([g.ints([-1]), columns], 0));
}

/** Round i joins rows 2ⁱ · b / 2 apart in one block, rotates, and puts them back. */
function butterfly(g: GraphBuilder, rounds: readonly Value[], flat: Value, size: number): Value {
  const columns = g.shape(flat, 1, 2);
  const swapped = (x: Value, sizes: readonly number[]) =>
    g.reshape(
      g.transpose(g.reshape(x, g.concat([g.ints(sizes), columns], 0)), [0, 2, 1, 3]),
      g.concat([g.ints([-1]), columns], 0),
    );
  return rounds.reduce((rows, rotations, i) => {
    const stride = 2 ** i * (size >> 1);
    const together = swapped(rows, [-1, 2, stride]); // (c g k) → (c k g)
    return swapped(
      inBlocks(g, together, size, (x) => g.matmul(rotations, x)),
      [-1, stride, 2],
    );
  }, flat);
}
