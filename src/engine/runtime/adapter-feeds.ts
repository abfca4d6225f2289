import { adapterInputs, type Graph } from '../graph/core.ts';
import type { LoraUse } from '../nets/lora-patch.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { type Factors, isPlainLora, joined, loraFactors, ofThird, readsWeight } from '../weights/lora-factors.ts';
import type { LoraTarget } from '../weights/lora-targets.ts';
import { type TensorReader, tensorReader } from '../weights/weights-file.ts';

type Feeds = Readonly<Record<string, Tensor>>;

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

/** Two feeds for every adapted weight, of rank 0 where nothing changes it. @throws Refusal 'weights-broken' */
export function adapterFeeds(loras: readonly LoraUse[], { graph, targets }: AdapterOptions): Feeds {
  const shapes = new Map(graph.adapted.map(({ name, shape }) => [name, shape]));
  const changes = new Map<string, Factors[]>();
  using reader = tensorReader();
  for (const use of loras) {
    for (const [base, parts] of use.file) {
      const target = targets.get(base);
      const shape = target && shapes.get(target.weight);
      const change = shape && changeOf(use, { target, parts, shape, reader });
      if (change) changes.set(target.weight, [...(changes.get(target.weight) ?? []), change]);
    }
  }
  return Object.fromEntries(
    graph.adapted.flatMap(({ name, shape }) => {
      const { down, up } = adapterInputs(name);
      const factors = joined(changes.get(name) ?? [nothing(shape)]);
      return [
        [down, factors.down],
        [up, factors.up],
      ];
    }),
  );
}

interface Layer {
  readonly target: LoraTarget;
  readonly parts: Parameters<typeof loraFactors>[0];
  readonly shape: readonly number[];
  readonly reader: TensorReader;
}

function changeOf(use: LoraUse, { target, parts, shape, reader }: Layer): Factors | undefined {
  const multiplier = use.multipliers[target.part];
  if (multiplier === 0) return undefined;
  const { third } = target;
  const [rows = 0, ...rest] = shape;
  const own = third === undefined ? shape : [rows / 3, ...rest];
  const factors = loraFactors(parts, own, { multiplier, rank: use.rank, reader });
  return factors && third !== undefined ? ofThird(factors, third) : factors;
}

function nothing([rows = 0, ...inputs]: readonly number[]): Factors {
  const empty = new Float32Array(0);
  return { down: { data: empty, shape: [0, ...inputs] }, up: { data: empty, shape: [rows, 0] } };
}
