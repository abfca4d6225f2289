import { highWord } from './high-word.ts';
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

/** The four 32-bit words of an integer below 2¹²⁸, lowest first. */
function wordsOf(value: bigint): Words {
  const word = (i: number) => Number(BigInt.asIntN(32, value >> BigInt(32 * i)));
  return [word(0), word(1), word(2), word(3)];
}

type Words = [number, number, number, number];

const [M0, M1, M2, M3] = wordsOf(MULTIPLIER);

/**
 * numpy's `default_rng(seed).random()`: every call is the next double in [0, 1). The state is kept as four words, as big integers
 * are forty times slower.
 * Source: O'Neill 2014, PCG XSL RR 128/64
 */
export function numpyRandom(seed: number): () => number {
  const start = pcg64State(seed);
  let [s0, s1, s2, s3] = wordsOf(start.state);
  const [i0, i1, i2, i3] = wordsOf(start.inc).map((word) => word >>> 0) as Words;
  return () => {
    const p00 = Math.imul(s0, M0);
    const p01 = Math.imul(s0, M1);
    const p10 = Math.imul(s1, M0);
    const p02 = Math.imul(s0, M2);
    const p11 = Math.imul(s1, M1);
    const p20 = Math.imul(s2, M0);
    // Column by column, each sum far below 2⁵³; what exceeds a word is carried.
    const c0 = (p00 >>> 0) + i0;
    const c1 = carry(c0) + (highWord(s0, M0, p00) >>> 0) + (p01 >>> 0) + (p10 >>> 0) + i1;
    const high = (highWord(s0, M1, p01) >>> 0) + (highWord(s1, M0, p10) >>> 0);
    const c2 = carry(c1) + high + (p02 >>> 0) + (p11 >>> 0) + (p20 >>> 0) + i2;
    const top = highWord(s0, M2, p02) + highWord(s1, M1, p11) + highWord(s2, M0, p20);
    const last = Math.imul(s0, M3) + Math.imul(s1, M2) + Math.imul(s2, M1) + Math.imul(s3, M0);
    s0 = c0 | 0;
    s1 = c1 | 0;
    s2 = c2 | 0;
    s3 = (carry(c2) + top + last + i3) | 0;
    return double(s3 ^ s1, s2 ^ s0, s3 >>> 26);
  };
}

/** What a sum hands on to the next word. */
const carry = (sum: number) => Math.floor(sum * 2 ** -32);

/** 53 bits of a 64-bit word that is turned right by `turn` bits, 0…63. */
function double(high: number, low: number, turn: number): number {
  const h = turn < 32 ? high : low;
  const l = turn < 32 ? low : high;
  const by = turn & 31;
  const turned = (upper: number, lower: number) => (by === 0 ? lower : (lower >>> by) | (upper << (32 - by)));
  return ((turned(l, h) >>> 0) * 2 ** 21 + (turned(h, l) >>> 11)) * 2 ** -53;
}
