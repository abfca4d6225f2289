import { MULTIPLIER_0, MULTIPLIER_1, ROUNDS, WEYL_0, WEYL_1 } from '../kernels/definitions.ts';
import { PHILOX_COUNTERS, philoxWords } from '../kernels/kernels.ts';
import { highWord } from './high-word.ts';
import { boundsOf, type NormalStream, type Share, whole } from './normal-stream.ts';
import { sizeOf } from './tensor.ts';

const UNIT = Math.fround(2.3283064e-10); // 2⁻³², as the reference writes it
const TURN = Math.fround(2.3283064e-10 * 6.2831855); // 2π·2⁻³²

/**
 * Philox 4×32 with ten rounds: four random words for a counter. Source: Salmon et al. 2011
 *
 * @param key  [low, high] 32-bit words of the seed
 */
export function philox(
  counter: readonly [number, number, number, number],
  key: readonly [number, number],
): Uint32Array {
  let [c0, c1, c2, c3] = counter;
  let [k0, k1] = key;
  for (let round = 0; round < ROUNDS; round++) {
    const low0 = Math.imul(c0, MULTIPLIER_0);
    const low1 = Math.imul(c2, MULTIPLIER_1);
    const high0 = highWord(c0, MULTIPLIER_0, low0);
    const high1 = highWord(c2, MULTIPLIER_1, low1);
    [c0, c1, c2, c3] = [high1 ^ c1 ^ k0, low1, high0 ^ c3 ^ k1, low0];
    k0 = (k0 + WEYL_0) | 0;
    k1 = (k1 + WEYL_1) | 0;
  }
  return Uint32Array.of(c0, c1, c2, c3);
}

/**
 * `torch.randn` of a CUDA generator, as A1111's noise source NV computes it: element i of the n-th draw comes from counter
 * (n, 0, i, 0) with the 64-bit seed as key, its first two words through Box–Muller's sine. Source: A1111 modules/rng_philox.py
 */
export function philoxGenerator(seed: number, share: Share = whole): NormalStream {
  const key = [seed | 0, Math.floor(seed / 2 ** 32) | 0] as const;
  let offset = 0;
  return {
    randn(shape) {
      const [from, to] = boundsOf(sizeOf(shape), share);
      const out = new Float32Array(to - from);
      for (let at = 0; at < out.length; at += PHILOX_COUNTERS) {
        fillNormal(out.subarray(at, at + PHILOX_COUNTERS), [offset, from + at], key);
      }
      offset++;
      return { data: out, shape: share.of === 1 ? shape : [out.length] };
    },
    skip() {
      offset++;
    },
  };
}

/** The normals of the counters (offset, 0, from, 0) onwards. */
function fillNormal(out: Float32Array, counter: readonly [number, number], key: readonly [number, number]): void {
  const { radii, turns } = philoxWords(out.length, counter, key);
  for (let i = 0; i < out.length; i++) out[i] = normal(radii[i]!, turns[i]!);
}

/** Box–Muller of two random words. */
function normal(radius: number, turn: number): number {
  return Math.sqrt(-2 * Math.log(radius * UNIT + UNIT / 2)) * Math.sin(turn * TURN + TURN / 2);
}
