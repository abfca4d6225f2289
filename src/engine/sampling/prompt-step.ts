import { concatRows, rows } from '../tensor/rows.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { type Conditioning, type ScheduledCond, stretchAt } from './conditioning.ts';

/** What one row of a batch is told about the prompt. */
export interface PromptRow {
  /** [tokens, width] */
  readonly context: Tensor;
  readonly pooled: Tensor | undefined;
  /** Share in the guidance; 1 for the negative prompt. */
  readonly weight: number;
}

/** The prompts of one picture at one model call. */
export interface PromptStep {
  readonly parts: readonly PromptRow[];
  readonly uncond: PromptRow;
}

/** What is done when prompt and negative prompt have different lengths; without either they go through the network separately. */
export type Padding =
  /** A1111's `pad_cond_uncond_v0`: the negative prompt is cut, or its last vector repeated. */
  | 'match cond'
  /** A1111's `pad_cond_uncond`: whole copies of the empty prompt's embedding [tokens, width] are appended to the shorter one. */
  | { readonly empty: Tensor };

/**
 * What the prompts of a batch say at model call `step`, counted from 0. Contexts of one kind are made equally long by repeating
 * their last vector. Source: A1111 modules/prompt_parser.py `reconstruct_multicond_batch`
 */
export function promptsAt(conditionings: readonly Conditioning[], step: number, padding?: Padding): PromptStep[] {
  const prompts = conditionings.map(({ parts, uncond }) => ({
    parts: parts.map(({ weight, schedule }) => promptRow(stretchAt(schedule, step), weight)),
    uncond: promptRow(stretchAt(uncond, step), 1),
  }));
  const condLength = longest(prompts.flatMap(({ parts }) => parts));
  const uncondLength = longest(prompts.map(({ uncond }) => uncond));
  return prompts.map(({ parts, uncond }) => ({
    parts: parts.map((part) =>
      withContext(part, (context) => padCond(repeatLast(context, condLength), uncondLength, padding)),
    ),
    uncond: withContext(uncond, (context) => padUncond(repeatLast(context, uncondLength), condLength, padding)),
  }));
}

/** `promptsAt` for a run: the very same answer as for the call before, as long as no schedule moves on. */
export function promptSteps(
  conditionings: readonly Conditioning[],
  padding?: Padding,
): (step: number) => readonly PromptStep[] {
  const schedules = conditionings.flatMap(({ parts, uncond }) => [...parts.map(({ schedule }) => schedule), uncond]);
  let stretches: readonly ScheduledCond[] = [];
  let prompts: readonly PromptStep[] = [];
  return (step) => {
    const now = schedules.map((schedule) => stretchAt(schedule, step));
    if (now.some((stretch, i) => stretch !== stretches[i])) prompts = promptsAt(conditionings, step, padding);
    stretches = now;
    return prompts;
  };
}

function promptRow({ cond, pooled }: ScheduledCond, weight: number): PromptRow {
  return { context: cond, pooled, weight };
}

function withContext(row: PromptRow, change: (context: Tensor) => Tensor): PromptRow {
  return { ...row, context: change(row.context) };
}

function longest(prompts: readonly PromptRow[]): number {
  return Math.max(...prompts.map(({ context }) => context.shape[0]!));
}

function padCond(context: Tensor, uncondLength: number, padding: Padding | undefined): Tensor {
  return typeof padding === 'object' ? appendEmpty(context, uncondLength, padding.empty) : context;
}

function padUncond(context: Tensor, condLength: number, padding: Padding | undefined): Tensor {
  if (padding === 'match cond')
    return repeatLast(rows(context, 0, Math.min(context.shape[0]!, condLength)), condLength);
  return typeof padding === 'object' ? appendEmpty(context, condLength, padding.empty) : context;
}

/** As many whole copies of `empty` as the other prompt is longer by, rounded down. */
function appendEmpty(context: Tensor, length: number, empty: Tensor): Tensor {
  const copies = Math.floor((length - context.shape[0]!) / empty.shape[0]!);
  return copies > 0 ? concatRows([context, ...Array<Tensor>(copies).fill(empty)]) : context;
}

function repeatLast(context: Tensor, length: number): Tensor {
  const tokens = context.shape[0]!;
  if (tokens >= length) return context;
  return concatRows([context, ...Array<Tensor>(length - tokens).fill(rows(context, tokens - 1, tokens))]);
}
