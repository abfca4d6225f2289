import { type GraphBuilder, graphBuilder } from '../graph/builder.ts';
import type { Graph, Layer, PatchMaker, Precision, StoredTensor, Value } from '../graph/core.ts';
import type { TextActivation } from '../weights/declared.ts';
import { toFloat32 } from '../weights/dtypes.ts';

/** What the tensors of a text encoder cannot tell. */
export interface TextOptions {
  readonly heads: number;
  readonly activation: TextActivation;
  /** By default float32. */
  readonly precision?: Precision;
  readonly patch?: PatchMaker<GraphBuilder>;
  /** Gives every weight a low-rank change that is fed. */
  readonly adapters?: boolean;
}

/** One layer of a text encoder. */
export interface TowerLayer {
  readonly norm1: Layer;
  readonly norm2: Layer;
  readonly fc1: Layer;
  readonly fc2: Layer;
  readonly out: Layer;
  /** Queries, keys and values of x [N, 77, W], each as wide. */
  project(g: GraphBuilder, x: Value): readonly [Value, Value, Value];
}

/** A text encoder, whatever its tensors are called. */
export interface Tower {
  readonly name: string;
  readonly tokenTable: StoredTensor; // [vocabulary, W]
  readonly positions: StoredTensor; // [77, W]
  readonly layers: readonly TowerLayer[];
  readonly finalNorm: Layer;
  /** OpenCLIP's projection of the pooled text [N, W] → [N, P]. */
  readonly projectPooled?: (g: GraphBuilder, pooled: Value) => Value;
}

const norm = { epsilon: 1e-5 };

/**
 * CLIP's text tower: tokens [N, 77] (int32) → `hidden` [N, 77, W], the state after as many layers as `layer` (int64, one
 * number; 0: the embeddings) says, `normed`, the same after the final layer norm, and, where the file has a projection,
 * `pooled` [N, P]: the last layer at the first end of text, normed and projected.
 *
 * Textual inversion: `vectors` [K, W] stand in for the token embeddings at `places` [K, 2] (int64: row, position); K may be 0.
 * Source: openai/CLIP `clip/model.py`
 */
export function textTower(tower: Tower, options: TextOptions): Graph {
  const g = graphBuilder(tower.name, options);
  if (options.patch) g.patchWith(options.patch(g));
  g.adaptAt(options.adapters ? 77 : null);
  const tokens = g.input('tokens', 'I32', ['N', 77]);
  const states = [embeddings(g, tower, tokens)];
  for (const [i, layer] of tower.layers.entries()) states.push(towerLayer(g, layer, states[i]!, options));
  const stacked = g.concat(
    states.map((state) => g.unsqueeze(state, [0])),
    0,
  ); // [layers + 1, N, 77, W]
  const hidden = g.squeeze(g.gather(stacked, g.input('layer', 'I64', [1]), 0), [0]);
  g.output('hidden', hidden);
  g.output('normed', g.layerNorm(tower.finalNorm, hidden, norm));
  if (tower.projectPooled) {
    const last = g.layerNorm(tower.finalNorm, states.at(-1)!, norm);
    g.output('pooled', tower.projectPooled(g, atEndOfText(g, last, tokens)));
  }
  return g.finish();
}

/** Token embeddings, some of them replaced, plus position embeddings → [N, 77, W]. */
function embeddings(g: GraphBuilder, { tokenTable, positions }: Tower, tokens: Value): Value {
  const known = tokenRows(g, tokenTable, tokens);
  const places = g.input('places', 'I64', ['K', 2]);
  const vectors = g.input('vectors', 'F32', ['K', tokenTable.shape[1]!]);
  return g.add(g.op('ScatterND', [known, places, vectors]), g.parameter(positions));
}

/** Rows are looked up in the dtype of the file: the table is large, and few of its rows are needed. */
function tokenRows(g: GraphBuilder, table: StoredTensor, tokens: Value): Value {
  const { dtype } = table;
  if (dtype !== 'F8_E4M3' && dtype !== 'F8_E5M2') return g.toFloat(g.gather(g.stored(table), tokens, 0));
  // ONNX gathers no floats of 8 bits: they are taken for bytes, and these for places in a list of what they mean.
  const codes = g.op('Cast', [g.gather(g.stored({ ...table, dtype: 'U8' }), tokens, 0)], { to: 6 }); // int32
  return g.gather(
    g.floats(
      toFloat32(
        dtype,
        Uint8Array.from({ length: 256 }, (_, code) => code),
      ),
    ),
    codes,
    0,
  );
}

/** x [N, 77, W]: attention to the tokens before, then two linear layers; each normed first and added to what came in. */
function towerLayer(g: GraphBuilder, layer: TowerLayer, x: Value, { heads, activation }: TextOptions): Value {
  const [q, k, v] = layer.project(g, g.layerNorm(layer.norm1, x, norm));
  const seen = g.add(x, g.linear(layer.out, g.attention(q, k, v, { heads, causal: true })));
  const between = g.linear(layer.fc1, g.layerNorm(layer.norm2, seen, norm));
  return g.add(seen, g.linear(layer.fc2, g[activation](between)));
}

/** The row of x [N, 77, W] where the token id is largest, which is the first end of text → [N, W]. */
function atEndOfText(g: GraphBuilder, x: Value, tokens: Value): Value {
  const place = g.op('ArgMax', [tokens], { axis: 1, keepdims: 1 }); // [N, 1]
  return g.op('GatherND', [x, place], { batch_dims: 1 });
}
