import { boundsOf, type Share } from '../tensor/normal-stream.ts';
import { sizeOf, type Tensor } from '../tensor/tensor.ts';
import { type Draw, drawerOf, type NoiseRecipe } from './draws.ts';

/**
 * Memory shared by a run and the threads that draw ahead for it. Draw i lies in slot i mod the number of slots until it is taken;
 * every thread writes a share of each.
 */
export interface Board {
  /** First how many draws are taken; then for each thread 0 until it begins, and from then on 1 more than it has drawn. */
  readonly marks: Int32Array<SharedArrayBuffer>;
  readonly slots: Float32Array<SharedArrayBuffer>;
  /** Of a draw: [B, C, h, w]. */
  readonly shape: readonly number[];
}

/** What a thread is told. */
export interface Order {
  readonly recipe: NoiseRecipe;
  readonly draws: readonly Draw[];
  readonly board: Board;
  readonly share: Share;
}

const TAKEN = 0;
const EVERYTHING = 2 ** 31 - 1;
const markOf = (thread: number) => 1 + thread;

/** @param bytes  for slots, at most; there is one at least */
export function openBoard(shape: readonly number[], draws: number, threads: number, bytes: number): Board {
  const size = sizeOf(shape) * Float32Array.BYTES_PER_ELEMENT;
  const slots = Math.max(1, Math.min(draws, Math.floor(bytes / size)));
  return {
    marks: new Int32Array(new SharedArrayBuffer((1 + threads) * Int32Array.BYTES_PER_ELEMENT)),
    slots: new Float32Array(new SharedArrayBuffer(slots * size)),
    shape,
  };
}

/** In a noise thread: draws its share of everything, as far ahead as there are slots, until all is taken. Blocks the thread. */
export function fillShare({ recipe, draws, board: { marks, slots, shape }, share }: Order): void {
  const draw = drawerOf(recipe, share);
  const [pictures, size] = [shape[0]!, sizeOf(shape.slice(1))];
  const count = slots.length / (pictures * size);
  const [from, to] = boundsOf(size, share);
  const mark = markOf(share.index);
  Atomics.store(marks, mark, 1);
  for (const [i, wanted] of draws.entries()) {
    let taken = Atomics.load(marks, TAKEN);
    for (; taken + count <= i; taken = Atomics.load(marks, TAKEN)) Atomics.wait(marks, TAKEN, taken);
    if (taken > i) continue; // the run was faster, or is over
    const { data } = draw(wanted);
    for (let p = 0; p < pictures; p++) {
      slots.set(data.subarray(p * (to - from), (p + 1) * (to - from)), ((i % count) * pictures + p) * size + from);
    }
    Atomics.store(marks, mark, 2 + i);
    Atomics.notify(marks, mark);
  }
}

/**
 * In the run: whether a thread has put its share of draw i on the board. Waits for one that has begun, blocking the caller.
 *
 * @param patienceMs  how long; a thread that takes longer counts as not begun until it is heard of again
 */
export function isDrawn({ marks }: Board, i: number, thread: number, patienceMs: number): boolean {
  const mark = markOf(thread);
  for (let done = Atomics.load(marks, mark); done < 2 + i; done = Atomics.load(marks, mark)) {
    if (done === 0) return false;
    if (Atomics.wait(marks, mark, done, patienceMs) === 'timed-out') Atomics.compareExchange(marks, mark, done, 0);
  }
  return true;
}

/** A copy of draw i, all shares of which are drawn. */
export function readDraw({ slots, shape }: Board, i: number): Tensor {
  const size = sizeOf(shape);
  const start = (i % (slots.length / size)) * size;
  return { data: slots.slice(start, start + size), shape };
}

/** Frees the slots of the first `count` draws; by default the run is over, and its threads with it. */
export function markTaken({ marks }: Board, count: number = EVERYTHING): void {
  Atomics.store(marks, TAKEN, count);
  Atomics.notify(marks, TAKEN);
}
