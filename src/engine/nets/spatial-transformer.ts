import type { GraphBuilder } from '../graph/builder.ts';
import type { Value } from '../graph/core.ts';
import type { Weights } from '../weights/weights.ts';
import { type HypernetworkUse, withHypernetworks } from './hypernetwork.ts';

interface Attending {
  readonly context: Value; // [B, T, D]
  readonly hypernetworks: readonly HypernetworkUse[];
  readonly headsAt: (channels: number) => number;
  readonly attentionInFloat32: boolean;
  /** About how many of them x has. */
  readonly pixels: () => number;
}

const norm = { epsilon: 1e-5 };

/**
 * Transformer over the pixels of a feature map, row by row, with the text as context: x [B, C, H, W] → same shape.
 * `proj_in` and `proj_out` are 1×1 convolutions in SD1, linear layers since SD2. Source: CompVis ldm `SpatialTransformer`
 */
export function spatialTransformer(g: GraphBuilder, w: Weights, x: Value, attending: Attending): Value {
  const channels = w.tensor('norm.weight').shape[0]!;
  const normal = g.groupNorm(w.at('norm'), x, { groups: 32, epsilon: 1e-6 });
  // A 1×1 convolution of pixels is a linear layer of tokens.
  let tokens = g.linear(w.at('proj_in'), toTokens(g, normal, channels));
  for (let k = 0; k < w.count('transformer_blocks'); k++) {
    tokens = transformerBlock(g, w.at(`transformer_blocks.${k}`), tokens, attending);
  }
  const out = g.transpose(g.linear(w.at('proj_out'), tokens), [0, 2, 1]);
  return g.add(g.reshape(out, g.shape(x)), x);
}

/** [B, C, H, W] → [B, H · W, C] */
function toTokens(g: GraphBuilder, x: Value, channels: number): Value {
  return g.transpose(g.reshape(x, [0, channels, -1]), [0, 2, 1]);
}

/** Attention to itself, attention to the context, GEGLU; each added to what came in. x [B, N, C]. */
function transformerBlock(g: GraphBuilder, w: Weights, x: Value, attending: Attending): Value {
  const self = g.layerNorm(w.at('norm1'), x, norm);
  const afterSelf = g.add(x, crossAttention(g, w.at('attn1'), self, { ...attending, context: self }));
  const asking = g.layerNorm(w.at('norm2'), afterSelf, norm);
  const afterCross = g.add(afterSelf, crossAttention(g, w.at('attn2'), asking, attending));
  return g.add(afterCross, feedForward(g, w.at('ff.net'), g.layerNorm(w.at('norm3'), afterCross, norm)));
}

function crossAttention(g: GraphBuilder, w: Weights, x: Value, attending: Attending): Value {
  const { context, hypernetworks: uses, headsAt, attentionInFloat32: float32, pixels } = attending;
  const from = withHypernetworks(g, context, { width: w.tensor('to_k.weight').shape[1]!, uses });
  const [q, k, v] = [g.linear(w.at('to_q'), x), g.linear(w.at('to_k'), from.k), g.linear(w.at('to_v'), from.v)];
  const heads = headsAt(w.tensor('to_q.weight').shape[0]!);
  const keys = context === x ? pixels() : 77;
  const products = 2 * heads * pixels() * keys; // of two latents
  return g.linear(w.at('to_out.0'), g.attention(q, k, v, { heads, float32, products }));
}

/** GEGLU: a · GELU(b) with [a, b] = W x. Source: Shazeer 2020 (arXiv 2002.05202) */
function feedForward(g: GraphBuilder, w: Weights, x: Value): Value {
  const [a, b] = g.chunk(g.linear(w.at('0.proj'), x), 2, -1) as [Value, Value];
  return g.linear(w.at('2'), g.mul(a, g.gelu(b)));
}
