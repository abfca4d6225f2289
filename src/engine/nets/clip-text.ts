import type { GraphBuilder } from '../graph/builder.ts';
import type { Graph, Layer, Value } from '../graph/core.ts';
import type { TextPart } from '../weights/checkpoint-parts.ts';
import type { Weights } from '../weights/weights.ts';
import { type TextOptions, type Tower, type TowerLayer, textTower } from './text-tower.ts';

/** @param heads  attention heads; by default of 64 channels each, as in every full-size one, whose activations are the defaults too */
export function textEncoder(
  { name, layout, weights, projection }: TextPart,
  options: Partial<TextOptions> = {},
): Graph {
  const tower =
    layout === 'openClip'
      ? openClipTower(weights)
      : huggingFaceTower(weights, name === 'clip_l' ? undefined : projection);
  const usual = name === 'clip_l' ? 'quickGelu' : 'gelu';
  const { heads = tower.tokenTable.shape[1]! / 64, activation = usual, ...others } = options;
  return textTower(tower, { heads, activation, ...others });
}

/** A text encoder in Hugging Face's names, from `text_model` down. Source: transformers `CLIPTextModelWithProjection` */
function huggingFaceTower(w: Weights, projection: Weights | undefined): Tower {
  return {
    name: 'clip text',
    tokenTable: w.tensor('embeddings.token_embedding.weight'),
    positions: w.tensor('embeddings.position_embedding.weight'),
    layers: parts(w, 'encoder.layers').map(huggingFaceLayer),
    finalNorm: w.at('final_layer_norm'),
    ...(projection && { projectPooled: (g: GraphBuilder, x: Value) => g.linear(projection, x) }),
  };
}

function huggingFaceLayer(w: Weights): TowerLayer {
  const attention = w.at('self_attn');
  return {
    norm1: w.at('layer_norm1'),
    norm2: w.at('layer_norm2'),
    fc1: w.at('mlp.fc1'),
    fc2: w.at('mlp.fc2'),
    out: attention.at('out_proj'),
    project: (g, x) => [
      g.linear(attention.at('q_proj'), x),
      g.linear(attention.at('k_proj'), x),
      g.linear(attention.at('v_proj'), x),
    ],
  };
}

/** A text encoder in OpenCLIP's names. Source: mlfoundations/open_clip `TextTransformer` */
function openClipTower(w: Weights): Tower {
  return {
    name: 'open clip text',
    tokenTable: w.tensor('token_embedding.weight'),
    positions: w.tensor('positional_embedding'),
    layers: parts(w, 'transformer.resblocks').map(openClipLayer),
    finalNorm: w.at('ln_final'),
    ...(w.has('text_projection') && { projectPooled: (g: GraphBuilder, x: Value) => textProjection(g, w, x) }),
  };
}

function openClipLayer(w: Weights): TowerLayer {
  const attention = w.at('attn');
  const stacked: Layer = {
    has: (name) => attention.has(`in_proj_${name}`),
    tensor: (name) => attention.tensor(`in_proj_${name}`),
  };
  return {
    norm1: w.at('ln_1'),
    norm2: w.at('ln_2'),
    fc1: w.at('mlp.c_fc'),
    fc2: w.at('mlp.c_proj'),
    out: attention.at('out_proj'),
    project: (g, x) => {
      const [q, k, v] = g.chunk(g.linear(stacked, x), 3, -1) as [Value, Value, Value];
      return [q, k, v];
    },
  };
}

/** A matrix [W, P] as OpenCLIP has it, or, as `.weight`, the transposed one of a linear layer. */
function textProjection(g: GraphBuilder, w: Weights, pooled: Value): Value {
  if (w.has('text_projection.weight')) return g.linear(w.at('text_projection'), pooled);
  return g.matmul(pooled, g.parameter(w.tensor('text_projection')));
}

function parts(w: Weights, name: string): Weights[] {
  return Array.from({ length: w.count(name) }, (_, i) => w.at(`${name}.${i}`));
}
