import { parentPort } from 'node:worker_threads';
import { fillShare, type Order } from '../../src/engine/noise/board.ts';

// A noise thread that draws two draws of a run and ends.
parentPort?.on('message', (order: Order) => {
  fillShare({ ...order, draws: order.draws.slice(0, 2) });
  process.exit(1);
});
