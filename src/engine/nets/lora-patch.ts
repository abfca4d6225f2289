import { Refusal } from '../../errors.ts';
import { type GraphBuilder, graphBuilder } from '../graph/builder.ts';
import type { Patch, PatchMaker, StoredTensor, Value } from '../graph/core.ts';
import { fittingInputs, isPlainLora } from '../weights/lora-factors.ts';
import type { LoraFile, LoraParts } from '../weights/lora-file.ts';
import type { LoraTarget } from '../weights/lora-targets.ts';
import { isChangingWeight, isKnownKind, loraBiasDelta, loraDelta } from './lora-delta.ts';

/** A LoRA as a prompt asks for it. */
export interface LoraUse {
  readonly name: string;
  readonly file: LoraFile;
  /** What its changes are multiplied with, by part. */
  readonly multipliers: { readonly unet: number; readonly text: number };
  /** How many of its directions to use; by default all. */
  readonly rank?: number;
}

interface Change {
  readonly parts: LoraParts;
  readonly multiplier: number;
  readonly third: LoraTarget['third'];
  readonly rank: number | undefined;
}

/**
 * Changes parameters on their way into a graph: every LoRA in turn, on what those before it made of the weight, as in A1111.
 * Entries that name no layer, or do not fit theirs, change nothing.
 */
export function loraPatch(
  uses: readonly LoraUse[],
  targets: ReadonlyMap<string, LoraTarget>,
): PatchMaker<GraphBuilder> {
  const changes = changesByWeight(uses, targets);
  return (g): Patch => {
    return (tensor, value) => {
      const own = changes.get(tensor.name) ?? [];
      const layer = /^(.*)([._])bias$/.exec(tensor.name);
      const beside = layer ? (changes.get(`${layer[1]}${layer[2]}weight`) ?? []) : [];
      if (own.length + beside.length === 0) return undefined;
      const ofWeight = own.reduce((current, change) => changed(g, tensor, current, change), value());
      return beside.reduce((current, change) => changedBias(g, tensor, current, change), ofWeight);
    };
  };
}

function changesByWeight(
  uses: readonly LoraUse[],
  targets: ReadonlyMap<string, LoraTarget>,
): ReadonlyMap<string, readonly Change[]> {
  const changes = new Map<string, Change[]>();
  for (const { file, multipliers, rank } of uses) {
    for (const [base, parts] of file) {
      const target = targets.get(base);
      if (!target) continue;
      const change = { parts, multiplier: multipliers[target.part], third: target.third, rank };
      changes.set(target.weight, [...(changes.get(target.weight) ?? []), change]);
    }
  }
  return changes;
}

function changed(
  g: GraphBuilder,
  tensor: StoredTensor,
  value: Value,
  { parts, multiplier, third, rank }: Change,
): Value {
  const [rows = 0, ...rest] = tensor.shape;
  const instead = parts.get('set_weight');
  if (instead) return multiplier !== 0 && isAsLarge(instead, tensor) ? inPlaceOf(g, tensor, instead) : value;
  if (third === undefined) {
    const delta = loraDelta(g, parts, { value, shape: tensor.shape }, rank);
    return delta ? g.add(value, g.scale(delta, multiplier)) : value;
  }
  const thirds = [...g.chunk(value, 3, 0)];
  const delta = loraDelta(g, parts, { value: thirds[third]!, shape: [rows / 3, ...rest] }, rank);
  if (!delta) return value;
  thirds[third] = g.add(thirds[third]!, g.scale(delta, multiplier));
  return g.concat(thirds, 0);
}

/** ComfyUI's `set_weight`: another weight, as it is. */
const inPlaceOf = (g: GraphBuilder, { shape }: StoredTensor, instead: StoredTensor) =>
  g.reshape(g.parameter(instead), shape);

/** Numbers in a tensor. */
const countOf = ({ shape }: Pick<StoredTensor, 'shape'>) => shape.reduce((product, n) => product * n, 1);
const isAsLarge = (a: Pick<StoredTensor, 'shape'>, b: Pick<StoredTensor, 'shape'>) => countOf(a) === countOf(b);

/**
 * How many entries of a LoRA mean a layer of a checkpoint and do not fit it; they change nothing.
 *
 * @param shapes  of the checkpoint's tensors, by name
 * @throws Refusal 'weights-unsupported' for an entry whose parts make no kind that is known
 */
export function misfitsOf(
  { name, file }: Pick<LoraUse, 'name' | 'file'>,
  targets: ReadonlyMap<string, LoraTarget>,
  shapes: ReadonlyMap<string, Pick<StoredTensor, 'shape'>>,
): number {
  const g = graphBuilder('fit'); // never run: writing a change shows whether it can be written
  const isMisfit = ([base, parts]: readonly [string, LoraParts]): boolean => {
    const target = targets.get(base);
    const weight = target && shapes.get(target.weight);
    if (!weight) return false;
    if (!isKnownKind(parts)) {
      const why = `${base} has the parts ${[...parts.keys()].slice(0, 4).join(', ')}, which make no kind of LoRA that is known`;
      throw new Refusal('weights-unsupported', { file: name, why });
    }
    const instead = parts.get('set_weight');
    if (instead) return !isAsLarge(instead, weight);
    const bias = shapes.get(target.weight.replace(/weight$/, 'bias'));
    const biasGiven = parts.get('diff_b') ?? parts.get('b_norm');
    if (bias && biasGiven && !isAsLarge(biasGiven, bias)) return true;
    return !fits(g, parts, target.third === undefined ? weight.shape : thirdOf(weight.shape));
  };
  return [...file].filter(isMisfit).length;
}

const thirdOf = ([rows = 0, ...rest]: readonly number[]) => [rows / 3, ...rest];

/** Whether what is to be added to a weight, if anything, can be. */
function fits(g: GraphBuilder, parts: LoraParts, shape: readonly number[]): boolean {
  if (isPlainLora(parts)) return fittingInputs(parts, shape) !== undefined; // most are, and there are many
  return !isChangingWeight(parts) || loraDelta(g, parts, { value: g.floats(0), shape }) !== undefined;
}

function changedBias(g: GraphBuilder, bias: StoredTensor, value: Value, { parts, multiplier, third }: Change): Value {
  const delta = third === undefined ? loraBiasDelta(g, parts, bias.shape) : undefined;
  return delta ? g.add(value, g.scale(delta, multiplier)) : value;
}
