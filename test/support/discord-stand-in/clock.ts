/** Time as the stand-in counts it: the machine's, plus what a test skipped. */
export interface StandInClock {
  /** ms since 1970. */
  now(): number;
  /** Skips time: tokens and links grow old at once, nobody waits. */
  advance(ms: number): void;
}

export function openClock(): StandInClock {
  let skipped = 0;
  return {
    now: () => Date.now() + skipped,
    advance: (ms) => {
      skipped += ms;
    },
  };
}

/**
 * Ids as the platform makes them: ms since 2015 in the high bits, worker and counter below. All exceed 2^53 with low bits set, so
 * that an id read as a number comes out another.
 * Source: discord.com/developers/docs/reference, "Snowflakes".
 */
export function snowflakes(clock: StandInClock): () => string {
  let counter = 0n;
  return () => {
    counter += 1n;
    return String(((BigInt(clock.now()) - 1_420_070_400_000n) << 22n) | (3n << 17n) | (counter & 0xfffn));
  };
}
