import { availableParallelism } from 'node:os';
import type { Worker } from 'node:worker_threads';
import { moduleBeside, startThread } from '../../thread.ts';
import { sizeOf, type Tensor } from '../tensor/tensor.ts';
import { type Board, isDrawn, markTaken, type Order, openBoard, readDraw } from './board.ts';
import { type Draw, drawerOf, type NoiseRecipe, type RunNoise, runNoise } from './draws.ts';

/** Threads that draw the noise of a run while its network computes. */
export interface NoisePool extends AsyncDisposable {
  /**
   * Begins to draw. What is asked for before it is there, or was not foreseen, is drawn by the asking thread: the numbers are the same.
   *
   * @param draws  what will be asked for, in order
   * @returns the noise of one run; disposing it ends what is still being drawn
   */
  drawAhead(recipe: NoiseRecipe, draws: readonly Draw[]): RunNoise & Disposable;
}

export interface NoisePoolOptions {
  /** Every draw is cut into as many shares. */
  readonly threads?: number;
  /** A run that draws fewer normals than this starts no thread. */
  readonly worthwhile?: number;
  /** Bytes drawn and not taken yet, at most. */
  readonly waitingBytes?: number;
  /** How long a run waits for a thread that is at work, ms, before it goes on by itself. */
  readonly patienceMs?: number;
  /** A module that fills shares; ours by default. */
  readonly thread?: URL;
}

/** Halvings of a Brownian path for a new time: six digits of σ are reached after so many. */
const BLOCKS_PER_INTERVAL = 24;

/** Starts no thread yet. Threads keep no process alive; one that ends is replaced for the next run. */
export function openNoisePool({
  threads: wanted = Math.min(4, availableParallelism()), // the run itself stands still while its network computes
  worthwhile = 2 ** 16, // 5 ms of drawing
  waitingBytes = 64e6,
  patienceMs = 5000,
  thread = moduleBeside(import.meta.url, 'noise-thread'),
}: NoisePoolOptions = {}): NoisePool {
  const living = new Set<Worker>();
  const crewOf = (): Worker[] => {
    while (living.size < wanted) {
      const started = startThread(thread, null);
      started.on('error', () => {}); // it ends; what it would have drawn is drawn without it
      started.on('exit', () => living.delete(started));
      started.unref();
      living.add(started);
    }
    return [...living];
  };
  return {
    drawAhead(recipe, draws) {
      if (normalsOf(recipe, draws) < worthwhile) return { ...runNoise(drawerOf(recipe)), [Symbol.dispose]() {} };
      const crew = crewOf();
      const board = openBoard([recipe.seeds.length, ...recipe.shape], draws.length, crew.length, waitingBytes);
      for (const [index, one] of crew.entries()) {
        one.postMessage({ recipe, draws, board, share: { index, of: crew.length } } satisfies Order);
      }
      const isReady = (i: number) => crew.every((one, j) => living.has(one) && isDrawn(board, i, j, patienceMs));
      return { ...runNoise(drawing(recipe, draws, board, isReady)), [Symbol.dispose]: () => markTaken(board) };
    },
    [Symbol.asyncDispose]: async () => {
      await Promise.all(Array.from(living, (one) => one.terminate()));
    },
  };
}

/** Takes draws from the board, as long as they are the foreseen ones and drawn, and draws the others. */
function drawing(
  recipe: NoiseRecipe,
  draws: readonly Draw[],
  board: Board,
  isReady: (i: number) => boolean,
): (wanted: Draw) => Tensor {
  const own = drawerOf(recipe);
  let at = 0;
  return (wanted) => {
    if (!isSame(wanted, draws[at])) return own(wanted);
    const drawn = isReady(at) ? readDraw(board, at) : undefined;
    at++;
    markTaken(board, at);
    return drawn ?? own(wanted);
  };
}

function isSame(a: Draw, b: Draw | undefined): boolean {
  if (!b) return false;
  if ('block' in a) return 'block' in b && a.block === b.block;
  return 'sigma' in b && a.sigma === b.sigma && a.next === b.next;
}

function normalsOf({ seeds, shape }: NoiseRecipe, draws: readonly Draw[]): number {
  const blocks = draws.reduce((sum, draw) => sum + ('block' in draw ? 1 : BLOCKS_PER_INTERVAL), 0);
  return blocks * seeds.length * sizeOf(shape);
}
