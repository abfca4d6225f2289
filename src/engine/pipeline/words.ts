import type { Params } from '../../edit/fields.ts';
import type { Remark } from '../../edit/request.ts';
import { hasLostBreak } from '../prompt/attention.ts';
import type { ReadPrompts } from '../prompt/prompt.ts';
import type { Tokenize } from '../prompt/tokenizer.ts';
import type { Conditioning } from '../sampling/conditioning.ts';
import type { Padding } from '../sampling/prompt-step.ts';
import { samplers } from '../sampling/samplers.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { encodePrompts } from './conditioning.ts';
import type { Extras, FindExtras } from './extras.ts';
import type { Checkpoint } from './models.ts';
import { clipSkipFor } from './text-encoding.ts';

/** What the words of a request came to. */
export interface Words {
  readonly conditioning: Conditioning;
  /** What is done where prompt and negative prompt have different lengths. */
  readonly padding?: Padding;
  readonly extras: Extras;
  readonly remarks: readonly Remark[];
}

/** What prompts are encoded with. */
export interface WordTools {
  readonly checkpoint: Checkpoint;
  readonly tokenize: Tokenize;
  readonly findExtras: FindExtras;
}

/** Finds the networks the prompt names, puts them on the checkpoint, and encodes the rest. @throws Refusal as `FindExtras` */
export async function encodeWords(tools: WordTools, params: Params, read: ReadPrompts): Promise<Words> {
  const { checkpoint, tokenize } = tools;
  const { family } = checkpoint.facts;
  const extras = await tools.findExtras(read, checkpoint.textWidths);
  const misfits = misfitsIn(extras, checkpoint);
  const used = new Set<string>();
  const known: Tokenize = (text) => tokenize(text, checkpoint.vocabulary);
  const encode = (prompt: string, negativePrompt: string, zeroEmptyNegative = false) =>
    encodePrompts(known, checkpoint.encodeText, {
      embeddings: extras.embeddings,
      onEmbedding: (name) => used.add(name),
      ...{ prompt, negativePrompt, zeroEmptyNegative },
      steps: params.steps * (samplers[params.sampler].secondOrder ? 2 : 1), // not shortened by denoising strength
      clipSkip: clipSkipFor(family, params),
      emphasis: params.emphasis,
      commaPaddingBacktrack: params.commaPaddingBacktrack,
      useOldScheduling: params.useOldScheduling,
    });
  const padding = await paddingFor(params, async () => {
    checkpoint.use({ loras: [], hypernetworks: [] }); // as A1111, which encodes it once, for all prompts to come
    return (await encode('', '')).uncond[0]!.cond;
  });
  checkpoint.use({ ...extras, tiling: params.tiling });
  return {
    conditioning: await encode(read.prompt, read.negativePrompt, family === 'sdxl'),
    ...(padding && { padding }),
    extras: { ...extras, embeddings: extras.embeddings.filter(({ name }) => used.has(name)) },
    remarks: [...misfits, ...lostBreaks(read, params)],
  };
}

/** @param empty  encodes the empty prompt, [tokens, width] */
async function paddingFor(
  { padConds, padCondsV0 }: Params,
  empty: () => Promise<Tensor>,
): Promise<Padding | undefined> {
  if (padCondsV0) return 'match cond';
  return padConds ? { empty: await empty() } : undefined;
}

/** A1111's "Networks with errors". */
function misfitsIn({ loras }: Extras, checkpoint: Checkpoint): readonly Remark[] {
  const byName = new Map(loras.map((lora) => [lora.name, lora]));
  const counted = [...byName].map(([name, lora]) => ({ name, layers: checkpoint.misfits(lora) }));
  return counted.filter(({ layers }) => layers > 0).map((one) => ({ kind: 'lora-misfits', ...one }));
}

function lostBreaks({ prompt, negativePrompt }: ReadPrompts, { emphasis }: Params): readonly Remark[] {
  const isLost = emphasis !== 'None' && [prompt, negativePrompt].some(hasLostBreak);
  return isLost ? [{ kind: 'break-in-brackets' }] : [];
}
