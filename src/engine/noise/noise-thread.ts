import { parentPort } from 'node:worker_threads';
import { fillShare, type Order } from './board.ts';

// A thread that draws noise ahead: one run after the other, each for as long as it lasts.
parentPort?.on('message', (order: Order) => fillShare(order));
