import { adapterInputs, type Graph } from '../graph/core.ts';
import type { LoraUse } from '../nets/lora-patch.ts';
import type { Tensor } from '../tensor/tensor.ts';
import {
  type Factors,
  isPlainLora,
  joinedDown,
  joinedUp,
  loraFactors,
  ofThird,
  readsWeight,
} from '../weights/lora-factors.ts';
import type { LoraTarget } from '../weights/lora-targets.ts';
import { type TensorReader, tensorReader } from '../weights/weights-file.ts';

export type Feeds = Readonly<Record<string, Tensor>>;

/** The low-rank factors of some LoRAs as an adapted graph is fed them. */
export interface AdapterOptions {
  readonly graph: Pick<Graph, 'adapted' | 'weights'>;
  readonly targets: ReadonlyMap<string, LoraTarget>;
}

/** Whether a LoRA changes anything in this graph. */
export function isTouching({ file, multipliers }: LoraUse, { graph, targets }: AdapterOptions): boolean {
  const own = new Set(graph.weights.map(({ name }) => name));
  return [...file.keys()].some((base) => {
    const target = targets.get(base);
    return target !== undefined && multipliers[target.part] !== 0 && own.has(target.weight);
  });
}

/**
 * Splits LoRAs into those that can be fed, which do no more to this graph than low-rank factors can, and those that must be written into it.
 * What is added may be added in any order; but what is there before a LoRA that works on the weight itself is written with it.
 */
export function fedApart(
  loras: readonly LoraUse[],
  { graph, targets }: AdapterOptions,
): { readonly apart: readonly LoraUse[]; readonly together: readonly LoraUse[] } {
  const own = new Set(graph.weights.map(({ name }) => name));
  const adapted = new Set(graph.adapted.map(({ name }) => name));
  const changesOf = ({ file }: LoraUse) =>
    [...file].flatMap(([base, parts]) => {
      const weight = targets.get(base)?.weight;
      return weight !== undefined && own.has(weight) ? [{ weight, parts }] : [];
    });
  const isPlain = (use: LoraUse) =>
    changesOf(use).every(({ weight, parts }) => adapted.has(weight) && isPlainLora(parts));
  const isReading = (use: LoraUse) => changesOf(use).some(({ parts }) => readsWeight(parts));
  const lastReading = loras.findLastIndex(isReading);
  const isApart = loras.map((use, i) => i > lastReading && isPlain(use));
  return { apart: loras.filter((_, i) => isApart[i]), together: loras.filter((_, i) => !isApart[i]) };
}

/** The factors that some LoRAs have for an adapted graph, as read from their files. */
export interface ReadFactors {
  /** By weight, and for each change which of the LoRAs it is of. */
  readonly changes: ReadonlyMap<string, readonly Change[]>;
  /** By weight. */
  readonly downs: ReadonlyMap<string, Tensor>;
}

interface Change {
  readonly use: number;
  readonly part: LoraTarget['part'];
  readonly factors: Factors;
}

/** Reads what does not depend on how much a LoRA is multiplied by. @throws Refusal 'weights-broken' */
export function readFactors(loras: readonly LoraUse[], { graph, targets }: AdapterOptions): ReadFactors {
  const shapes = new Map(graph.adapted.map(({ name, shape }) => [name, shape]));
  const changes = new Map<string, Change[]>();
  using reader = tensorReader();
  for (const [use, { file, rank }] of loras.entries()) {
    for (const [base, parts] of file) {
      const target = targets.get(base);
      const shape = target && shapes.get(target.weight);
      const factors = shape && factorsOf(target, { parts, shape, rank, reader });
      if (!factors) continue;
      changes.set(target.weight, [...(changes.get(target.weight) ?? []), { use, part: target.part, factors }]);
    }
  }
  const downs = Array.from(
    changes,
    ([weight, own]) => [weight, joinedDown(own.map(({ factors }) => factors))] as const,
  );
  return { changes, downs: new Map(downs) };
}

/** Two feeds for every adapted weight, of rank 0 where nothing changes it. @param read  of these LoRAs */
export function adapterFeeds(
  loras: readonly LoraUse[],
  graph: Pick<Graph, 'adapted'>,
  { changes, downs }: ReadFactors,
): Feeds {
  return Object.fromEntries(
    graph.adapted.flatMap(({ name, shape }) => {
      const names = adapterInputs(name);
      const own = changes.get(name) ?? [];
      const multipliers = own.map(({ use, part }) => loras[use]!.multipliers[part]);
      const none = nothing(shape);
      const up =
        own.length > 0
          ? joinedUp(
              own.map(({ factors }) => factors),
              multipliers,
            )
          : none.up;
      return [
        [names.down, downs.get(name) ?? none.down],
        [names.up, up],
      ];
    }),
  );
}

/** What the factors take up, those that were read and those that are fed. */
export function bytesFed({ changes }: ReadFactors, feeds: Feeds): number {
  const fed = Object.values(feeds).map(({ data }) => data);
  const read = [...changes.values()].flat().flatMap(({ factors: { down, up } }) => [down.data, up.data]);
  return [...new Set([...fed, ...read].map(({ buffer }) => buffer))].reduce(
    (sum, { byteLength }) => sum + byteLength,
    0,
  );
}

interface Layer {
  readonly parts: Parameters<typeof loraFactors>[0];
  readonly shape: readonly number[];
  readonly rank: number | undefined;
  readonly reader: TensorReader;
}

function factorsOf({ third }: LoraTarget, { parts, shape, ...options }: Layer): Factors | undefined {
  const [rows = 0, ...rest] = shape;
  const factors = loraFactors(parts, third === undefined ? shape : [rows / 3, ...rest], options);
  return factors && third !== undefined ? ofThird(factors, third) : factors;
}

function nothing([rows = 0, ...inputs]: readonly number[]) {
  const empty = new Float32Array(0);
  return { down: { data: empty, shape: [0, ...inputs] }, up: { data: empty, shape: [rows, 0] } };
}
