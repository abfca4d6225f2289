import { seedSequence } from './seed-sequence.ts';

const MULTIPLIER = 0x2360ed051fc65da44385df649fccf645n;

/** Where PCG64 stands: two integers below 2¹²⁸. */
export interface Pcg64State {
  readonly state: bigint;
  readonly inc: bigint;
}

/** State of numpy's `default_rng(seed)`. Source: NumPy numpy/random/src/pcg64 `pcg64_srandom_r` */
export function pcg64State(seed: number): Pcg64State {
  const words = seedSequence(seed, 8);
  const uint128 = (i: number) => [1, 0, 3, 2].reduce((value, j) => (value << 32n) | BigInt(words[i + j]!), 0n);
  const inc = BigInt.asUintN(128, (uint128(4) << 1n) | 1n);
  return { state: BigInt.asUintN(128, (inc + uint128(0)) * MULTIPLIER + inc), inc };
}

/**
 * numpy's `default_rng(seed).random()`: every call is the next double in [0, 1).
 * Source: O'Neill 2014, PCG XSL RR 128/64
 */
export function numpyRandom(seed: number): () => number {
  const { state: start, inc } = pcg64State(seed);
  let state = start;
  return () => {
    state = BigInt.asUintN(128, state * MULTIPLIER + inc);
    const folded = (state >> 64n) ^ BigInt.asUintN(64, state);
    const turn = state >> 122n;
    const word = BigInt.asUintN(64, (folded >> turn) | (folded << (64n - turn)));
    return Number(word >> 11n) * 2 ** -53;
  };
}
