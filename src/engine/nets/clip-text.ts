import { type GraphBuilder, graphBuilder } from '../graph/builder.ts';
import type { Graph, Patch, Value } from '../graph/core.ts';
import type { Weights } from '../weights/weights.ts';

/** What the tensors of a text encoder cannot tell. */
export interface TextOptions {
  readonly heads: number;
  readonly activation: 'quickGelu' | 'gelu';
  readonly patch?: Patch;
}

const norm = { epsilon: 1e-5 };

/**
 * CLIP's text tower: tokens [N, 77] (int32) → `hidden` [N, 77, W], the state after as many layers as `layer` (int64, one
 * number; 0 = the embeddings) says, and `normed`, the same after the final layer norm.
 *
 * Vectors of textual inversion replace token embeddings: `places` [K, 2] (int64; chunk and position), `vectors` [K, W]; K may be 0.
 * Source: openai/CLIP `clip/model.py`; tensor names of Hugging Face `CLIPTextModel` (below `text_model`)
 */
export function clipText(w: Weights, options: TextOptions): Graph {
  const g = graphBuilder('clip text');
  if (options.patch) g.patchWith(options.patch);
  const width = w.tensor('final_layer_norm.weight').shape[0]!;
  const states = [embeddings(g, w.at('embeddings'), width)];
  for (let i = 0; i < w.count('encoder.layers'); i++) {
    states.push(layer(g, w.at(`encoder.layers.${i}`), states[i]!, options));
  }
  const stacked = g.concat(
    states.map((state) => g.unsqueeze(state, [0])),
    0,
  ); // [layers + 1, N, 77, W]
  const hidden = g.squeeze(g.gather(stacked, g.input('layer', 'I64', [1]), 0), [0]);
  g.output('hidden', hidden);
  g.output('normed', g.layerNorm(w.at('final_layer_norm'), hidden, norm));
  return g.finish();
}

/** Token embeddings, some of them replaced, plus position embeddings → [N, 77, W]. */
function embeddings(g: GraphBuilder, w: Weights, width: number): Value {
  const tokens = g.input('tokens', 'I32', ['N', 77]);
  // Rows are looked up in the dtype of the file: the table is large, and few of its rows are needed.
  const known = g.toFloat(g.gather(g.stored(w.tensor('token_embedding.weight')), tokens, 0));
  const places = g.input('places', 'I64', ['K', 2]);
  const vectors = g.input('vectors', 'F32', ['K', width]);
  const chosen = g.op('ScatterND', [known, places, vectors]);
  return g.add(chosen, g.parameter(w.tensor('position_embedding.weight')));
}

/** x [N, 77, W]: attention to the tokens before, then two linear layers; each normed first and added to what came in. */
function layer(g: GraphBuilder, w: Weights, x: Value, { heads, activation }: TextOptions): Value {
  const attn = w.at('self_attn');
  const before = g.layerNorm(w.at('layer_norm1'), x, norm);
  const [q, k, v] = ['q_proj', 'k_proj', 'v_proj'].map((name) => g.linear(attn.at(name), before)) as [
    Value,
    Value,
    Value,
  ];
  const seen = g.add(x, g.linear(attn.at('out_proj'), g.attention(q, k, v, { heads, causal: true })));
  const between = g.linear(w.at('mlp.fc1'), g.layerNorm(w.at('layer_norm2'), seen, norm));
  return g.add(seen, g.linear(w.at('mlp.fc2'), g[activation](between)));
}
