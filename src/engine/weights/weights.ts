import { brokenWeights, type TensorEntry } from './weights-file.ts';

/** The tensors of one part of a network, by the names they have below `prefix`. */
export interface Weights {
  /** '' at the root, else the full name of this part without a trailing dot. */
  readonly prefix: string;
  /** The part called `name` below this one; need not exist. */
  at(name: string): Weights;
  /** Whether a tensor, or any tensor of a part, has that name. */
  has(name: string): boolean;
  /** @throws Refusal 'weights-broken' when there is none of that name */
  tensor(name: string): TensorEntry;
  /** How many of the parts `name.0`, `name.1`, … follow one another without a gap. */
  count(name: string): number;
}

/**
 * A view of tensors by part. Building it is linear in their number; looking up is not.
 * @param file  what to name in a refusal
 */
export function weightsOf(file: string, tensors: ReadonlyMap<string, TensorEntry>): Weights {
  const names = new Set<string>();
  for (const name of tensors.keys()) {
    names.add(name);
    for (let dot = name.indexOf('.'); dot >= 0; dot = name.indexOf('.', dot + 1)) names.add(name.slice(0, dot));
  }
  const view = (prefix: string): Weights => {
    const full = (name: string) => (prefix === '' ? name : `${prefix}.${name}`);
    return {
      prefix,
      at: (name) => view(full(name)),
      has: (name) => names.has(full(name)),
      tensor: (name) => {
        const entry = tensors.get(full(name));
        if (!entry) throw brokenWeights(file, `${full(name)} is missing`);
        return entry;
      },
      count: (name) => {
        let n = 0;
        while (names.has(`${full(name)}.${n}`)) n++;
        return n;
      },
    };
  };
  return view('');
}
