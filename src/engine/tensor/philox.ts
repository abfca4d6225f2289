import type { NormalStream } from './normal-stream.ts';
import { sizeOf } from './tensor.ts';

const MULTIPLIER_0 = 0xd2511f53;
const MULTIPLIER_1 = 0xcd9e8d57;
const WEYL_0 = 0x9e3779b9;
const WEYL_1 = 0xbb67ae85;

/**
 * Philox 4×32 with ten rounds: four random words for a counter. `words` receives them, so that hot loops allocate nothing.
 * Source: Salmon et al. 2011
 *
 * @param key  [low, high] 32-bit words of the seed
 */
export function philox(
  counter: readonly [number, number, number, number],
  key: readonly [number, number],
): Uint32Array {
  const words = new Uint32Array(4);
  rounds(counter[0], counter[1], counter[2], counter[3], key[0], key[1], words);
  return words;
}

const UNIT = Math.fround(2.3283064e-10); // 2⁻³², as the reference writes it
const TURN = Math.fround(2.3283064e-10 * 6.2831855); // 2π·2⁻³²

/**
 * `torch.randn` of a CUDA generator, as A1111's noise source NV computes it: element i of the n-th draw comes from counter
 * (n, 0, i, 0) with the 64-bit seed as key, its first two words through Box–Muller's sine. Source: A1111 modules/rng_philox.py
 */
export function philoxGenerator(seed: number): NormalStream {
  const low = seed >>> 0;
  const high = Math.floor(seed / 2 ** 32) >>> 0;
  const words = new Uint32Array(4);
  let offset = 0;
  return {
    randn(shape) {
      const out = new Float32Array(sizeOf(shape));
      for (let i = 0; i < out.length; i++) {
        rounds(offset, 0, i, 0, low, high, words);
        const u = words[0]! * UNIT + UNIT / 2;
        const v = words[1]! * TURN + TURN / 2;
        out[i] = Math.sqrt(-2 * Math.log(u)) * Math.sin(v);
      }
      offset++;
      return { data: out, shape };
    },
    skip() {
      offset++;
    },
  };
}

/**
 * The ten rounds. `high` of a 64-bit product is its float64 value less the exact low word, which float64's rounding cannot move to
 * another integer. All words are unsigned.
 */
function rounds(a: number, b: number, c: number, d: number, k0: number, k1: number, words: Uint32Array): void {
  let c0 = a;
  let c1 = b;
  let c2 = c;
  let c3 = d;
  let key0 = k0;
  let key1 = k1;
  for (let round = 0; round < 10; round++) {
    const low0 = Math.imul(c0, MULTIPLIER_0) >>> 0;
    const low1 = Math.imul(c2, MULTIPLIER_1) >>> 0;
    const high0 = ((c0 * MULTIPLIER_0 - low0) * 2 ** -32 + 0.5) >>> 0;
    const high1 = ((c2 * MULTIPLIER_1 - low1) * 2 ** -32 + 0.5) >>> 0;
    c0 = (high1 ^ c1 ^ key0) >>> 0;
    c1 = low1;
    c2 = (high0 ^ c3 ^ key1) >>> 0;
    c3 = low0;
    key0 = (key0 + WEYL_0) >>> 0;
    key1 = (key1 + WEYL_1) >>> 0;
  }
  words[0] = c0;
  words[1] = c1;
  words[2] = c2;
  words[3] = c3;
}
