/** A vocabulary of byte-pair merges, as integers only. */
export interface BytePairs {
  /** Id of each byte inside a word; 256 of them. */
  readonly inner: Uint16Array;
  /** Id of each byte at the end of a word. */
  readonly final: Uint16Array;
  /** `pairKey(left, right)` → id of the merged symbol. Of two merges the one with the lower id comes first. */
  readonly merged: ReadonlyMap<number, number>;
}

/** One number for two ids below 65536. */
export function pairKey(left: number, right: number): number {
  return (left << 16) | right;
}

/**
 * Byte-pair encoding of one word: the lowest-ranked neighbouring pair is merged, everywhere from left to right, until no pair is
 * left. A merge only ever makes pairs of higher rank, so a queue ordered by (rank, position) does the same in n·log n steps.
 *
 * @param below  merges are made only to ids below this one
 * Source: Sennrich et al. 2016 (arXiv 1508.07909); openai/CLIP clip/simple_tokenizer.py
 */
export function encodeWord(vocabulary: BytePairs, word: Uint8Array, below = Number.POSITIVE_INFINITY): number[] {
  if (word.length === 0) return [];
  const pairs = { ...vocabulary, below };
  const symbols = linkedSymbols(pairs, word);
  const queue: Merge[] = [];
  for (let i = 0; i + 1 < word.length; i++) offer(pairs, symbols, queue, i);
  for (let next = popLeast(queue); next !== undefined; next = popLeast(queue)) makeMerge(pairs, symbols, queue, next);
  const out: number[] = [];
  for (let i = 0; i < word.length; i = symbols.next[i]!) out.push(symbols.id[i]!);
  return out;
}

/** A doubly linked list over the places of a word; `id` −1 marks a place swallowed by its left neighbour. */
interface Symbols {
  readonly id: Int32Array;
  readonly next: Int32Array;
  readonly previous: Int32Array;
}

function linkedSymbols({ inner, final }: BytePairs, word: Uint8Array): Symbols {
  const id = Int32Array.from(word, (byte, i) => (i + 1 < word.length ? inner : final)[byte]!);
  const next = Int32Array.from(word, (_, i) => i + 1);
  const previous = Int32Array.from(word, (_, i) => i - 1);
  return { id, next, previous };
}

/** A merge to be made at a place, as one number that sorts by rank, then by place. */
type Merge = number;
const places = 2 ** 32;

/** A vocabulary, of which only the merges to ids below a bound are used. */
interface UsedPairs extends BytePairs {
  readonly below: number;
}

/** Queues the merge of the symbol at `at` with its right neighbour, if the vocabulary has one. */
function offer(pairs: UsedPairs, symbols: Symbols, queue: Merge[], at: number): void {
  const id = possibleMerge(pairs, symbols, at);
  if (id !== undefined) pushLeast(queue, id * places + at);
}

function possibleMerge({ merged, below }: UsedPairs, { id, next }: Symbols, at: number): number | undefined {
  const right = next[at]!;
  if (id[at]! < 0 || right >= id.length) return undefined;
  const merge = merged.get(pairKey(id[at]!, id[right]!));
  return merge !== undefined && merge < below ? merge : undefined;
}

function makeMerge(pairs: UsedPairs, symbols: Symbols, queue: Merge[], merge: Merge): void {
  const { id, next, previous } = symbols;
  const mergedId = Math.floor(merge / places);
  const at = merge % places;
  if (possibleMerge(pairs, symbols, at) !== mergedId) return; // one of the two has gone since
  const right = next[at]!;
  const after = next[right]!;
  id[at] = mergedId;
  id[right] = -1;
  next[at] = after;
  if (after < id.length) previous[after] = at;
  if (previous[at]! >= 0) offer(pairs, symbols, queue, previous[at]!);
  offer(pairs, symbols, queue, at);
}

/** Adds to a binary heap whose least value comes first. */
function pushLeast(heap: number[], value: number): void {
  let i = heap.push(value) - 1;
  while (i > 0) {
    const parent = (i - 1) >> 1;
    if (heap[parent]! <= value) break;
    heap[i] = heap[parent]!;
    i = parent;
  }
  heap[i] = value;
}

/** Takes the least value off a binary heap. */
function popLeast(heap: number[]): number | undefined {
  const least = heap[0];
  const last = heap.pop();
  if (last === undefined || heap.length === 0) return least;
  let i = 0;
  for (let child = 1; child < heap.length; child = 2 * i + 1) {
    if (child + 1 < heap.length && heap[child + 1]! < heap[child]!) child++;
    if (heap[child]! >= last) break;
    heap[i] = heap[child]!;
    i = child;
  }
  heap[i] = last;
  return least;
}
