/** What a SeedSequence is made of. */
export interface SeedSequenceOptions {
  /** Appended to the entropy, so that one seed gives independent streams. */
  readonly spawnKey?: readonly number[];
  /** Words of state; numpy's own default is 4. */
  readonly poolSize?: number;
}

/**
 * The first `count` 32-bit words numpy's SeedSequence generates for a non-negative integer.
 * Source: NumPy numpy/random/bit_generator.pyx (after O'Neill, "Developing a seed_seq alternative")
 */
export function seedSequence(entropy: number, count: number, options: SeedSequenceOptions = {}): Uint32Array {
  const pool = mixedPool(entropy, options);
  const out = new Uint32Array(count);
  let hash = 0x8b51f9dd;
  for (let i = 0; i < count; i++) {
    const before = pool[i % pool.length]! ^ hash;
    hash = Math.imul(hash, 0x58f38ded);
    const value = Math.imul(before, hash);
    out[i] = value ^ (value >>> 16);
  }
  return out;
}

function mixedPool(entropy: number, { spawnKey = [], poolSize = 4 }: SeedSequenceOptions): Uint32Array {
  const input = assembledEntropy(entropy, spawnKey, poolSize);
  const pool = new Uint32Array(poolSize);
  let hash = 0x43b0d7e5;
  const hashmix = (word: number) => {
    const before = word ^ hash;
    hash = Math.imul(hash, 0x931e8875);
    const value = Math.imul(before, hash);
    return value ^ (value >>> 16);
  };
  for (let i = 0; i < poolSize; i++) pool[i] = hashmix(input[i] ?? 0);
  for (let from = 0; from < poolSize; from++) {
    for (let to = 0; to < poolSize; to++) if (from !== to) pool[to] = mix(pool[to]!, hashmix(pool[from]!));
  }
  for (let from = poolSize; from < input.length; from++) {
    for (let to = 0; to < poolSize; to++) pool[to] = mix(pool[to]!, hashmix(input[from]!));
  }
  return pool;
}

function assembledEntropy(entropy: number, spawnKey: readonly number[], poolSize: number): number[] {
  const input = wordsOf(entropy);
  if (spawnKey.length > 0) while (input.length < poolSize) input.push(0);
  return [...input, ...spawnKey.flatMap(wordsOf)];
}

function mix(x: number, y: number): number {
  const value = Math.imul(0xca01f9dd, x) - Math.imul(0x4973f715, y);
  return value ^ (value >>> 16);
}

/** Little-endian 32-bit words of a non-negative integer; [0] for 0. */
function wordsOf(value: number): number[] {
  const words = [value >>> 0];
  for (let rest = Math.floor(value / 2 ** 32); rest > 0; rest = Math.floor(rest / 2 ** 32)) words.push(rest >>> 0);
  return words;
}
