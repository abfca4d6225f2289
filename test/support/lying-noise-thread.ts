import { parentPort } from 'node:worker_threads';
import { fillShare, type Order } from '../../src/engine/noise/board.ts';

// A noise thread that draws with other seeds than it is told: whoever takes its noise can be told by their picture.
parentPort?.on('message', ({ recipe, ...order }: Order) => {
  fillShare({ ...order, recipe: { ...recipe, seeds: recipe.seeds.map((seed) => seed + 1) } });
});
