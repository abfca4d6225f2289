import type { Weights } from './weights.ts';

/** The numbers of a U-Net that its tensors' shapes tell. Names: ldm's configuration keys in camelCase. */
export interface UnetShape {
  readonly inChannels: number;
  readonly outChannels: number;
  readonly modelChannels: number;
  /** Length of the label vector; null without one. */
  readonly admInChannels: number | null;
  /** Residual blocks of each level, from the top. */
  readonly numResBlocks: readonly number[];
  /** Width of each level in units of `modelChannels`. */
  readonly channelMult: readonly number[];
  /** Transformer blocks after each residual block, in the order of the input blocks; 0 for none. */
  readonly transformerDepth: readonly number[];
  /** The same for the output blocks, from the last to the first. */
  readonly transformerDepthOutput: readonly number[];
  /** Transformer blocks in the middle; −1: a residual block only; −2: no middle at all. */
  readonly transformerDepthMiddle: number;
  readonly useLinearInTransformer: boolean;
  /** Width of the text; null without attention to any. */
  readonly contextDim: number | null;
}

/** @param w  a U-Net in ldm's names. @throws Refusal 'weights-broken' when one has no first convolution */
export function unetShape(w: Weights): UnetShape {
  const [modelChannels = 0, inChannels = 0] = w.tensor('input_blocks.0.0.weight').shape;
  const inputs = blocks(w, 'input_blocks');
  const levels = splitLevels(inputs);
  const residual = inputs.filter((block) => block.has('0.in_layers'));
  const transformer = inputs.map((block) => block.at('1')).find((part) => part.has('transformer_blocks.0'));
  return {
    inChannels,
    outChannels: w.has('out.2.weight') ? w.tensor('out.2.weight').shape[0]! : 4,
    modelChannels,
    admInChannels: w.has('label_emb.0.0.weight') ? w.tensor('label_emb.0.0.weight').shape[1]! : null,
    numResBlocks: levels.map((level) => level.length),
    channelMult: levels.map((level) => widthOf(level.at(-1)!) / modelChannels),
    transformerDepth: residual.map(depthOf),
    transformerDepthOutput: blocks(w, 'output_blocks').map(depthOf).reverse(),
    transformerDepthMiddle: middleDepth(w),
    useLinearInTransformer: transformer?.tensor('proj_in.weight').shape.length === 2,
    contextDim: transformer?.tensor('transformer_blocks.0.attn2.to_k.weight').shape[1] ?? null,
  };
}

function blocks(w: Weights, name: string): Weights[] {
  return Array.from({ length: w.count(name) }, (_, i) => w.at(`${name}.${i}`));
}

/** Residual blocks by level; a downsampling block ends one. */
function splitLevels(inputs: readonly Weights[]): Weights[][] {
  const levels: Weights[][] = [[]];
  for (const block of inputs) {
    if (block.has('0.op')) levels.push([]);
    else if (block.has('0.in_layers')) levels.at(-1)!.push(block);
  }
  return levels.filter((level) => level.length > 0);
}

function widthOf(block: Weights): number {
  return block.tensor('0.out_layers.3.weight').shape[0]!;
}

function depthOf(block: Weights): number {
  return block.at('1').count('transformer_blocks');
}

function middleDepth(w: Weights): number {
  if (!w.has('middle_block')) return -2;
  return w.has('middle_block.1') ? w.at('middle_block.1').count('transformer_blocks') : -1;
}
