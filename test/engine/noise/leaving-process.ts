import { openNoisePool } from '../../../src/engine/noise/noise-pool.ts';

// Leaves its pool in the middle of a run: nothing of it may keep the process.
const recipe = { source: 'NV', shape: [4, 64, 64], seeds: [1], sigmas: [] } as const;
const draws = Array.from({ length: 3 }, (_, block) => ({ block }));
const { noise } = openNoisePool({ worthwhile: 0, waitingBytes: 1 }).drawAhead(recipe, draws);
process.stdout.write(String(noise.next().data.length));
setTimeout(() => {}, 500); // long enough for the threads to wait for their slot
