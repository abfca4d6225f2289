import { type Arithmetic, contributed } from './arithmetic.ts';
import type { Adapter, GraphCore, Layer, StoredTensor, Value } from './core.ts';

export interface ConvOptions {
  readonly stride?: number;
  /** Zeros on every side; by default so many that stride 1 keeps the size. */
  readonly pad?: number;
  readonly groups?: number;
}

export interface NormOptions {
  /** Added to the variance. */
  readonly epsilon: number;
}

export interface AttentionOptions {
  readonly heads: number;
  /** A token sees itself and those before it. */
  readonly causal?: boolean;
  /** Products too large for float16 are to be expected. */
  readonly float32?: boolean;
  /** About how many products q·k there are; where all of them have to be held, they are worked out in pieces. */
  readonly products?: number;
}

export interface LayersOptions {
  /** Convolutions see the opposite edge of a picture beyond its own, so that it can be laid side by side with itself. Source: A1111 `apply_circular` */
  readonly tiling?: boolean | undefined;
}

/** Products q·k that are held at once, where they are held: 64 MB. */
const productsAtOnce = 16 * 2 ** 20;

/** Operators with parameters from a weights file, named as torch names them: `weight` and, where there is one, `bias`. */
export interface Layers {
  /** torch `Conv2d`: x [B, C, H, W] → [B, C′, H′, W′], weight [C′, C / groups, k, k]. */
  conv2d(layer: Layer, x: Value, options?: ConvOptions): Value;
  /** torch `Linear` over the last axis: weight [out, in]. A 1×1 convolution's weight will do as well. */
  linear(layer: Layer, x: Value): Value;
  /** torch `GroupNorm`: x [B, C, H, W]; mean and variance over each of `groups` groups of channels of one picture. */
  groupNorm(layer: Layer, x: Value, options: NormOptions & { readonly groups: number }): Value;
  /** torch `LayerNorm` over the last axis. */
  layerNorm(layer: Layer, x: Value, options: NormOptions): Value;
  /** softmax(q·kᵀ/√d)·v, the channels split into `heads` equal runs. q [B, N, C], k and v [B, M, C] → [B, N, C]. */
  attention(q: Value, k: Value, v: Value, options: AttentionOptions): Value;
  /** Every pixel becomes `times` × `times` equal ones. x [B, C, H, W]. */
  upsampleNearest(x: Value, times: number): Value;
}

/** The weight of a 1×1 convolution is that of a linear layer. */
function asMatrix(weight: StoredTensor): StoredTensor {
  return weight.shape.length > 2 ? { ...weight, shape: weight.shape.slice(0, 2) } : weight;
}

/** The operators of `Layers` over a graph being built. */
export function layers(core: GraphCore, math: Arithmetic, { tiling = false }: LayersOptions): Layers {
  const { op, parameter, floats } = core;
  const biasOf = (layer: Layer) => (layer.has('bias') ? parameter(layer.tensor('bias')) : undefined);
  /** A weight with its low-rank change, if that belongs there; its rows are [out], the rest is [in] or [in, kh, kw]. */
  const weightOf = (stored: StoredTensor, adapter: Adapter | undefined): Value => {
    const weight = parameter(stored);
    if (adapter?.place !== 'within') return weight;
    const [rows = 0, ...rest] = stored.shape;
    const inputs = rest.reduce((product, n) => product * n, 1);
    const flat = rest.length > 1 ? math.reshape(adapter.down, [-1, inputs]) : adapter.down;
    const delta = math.matmul(adapter.up, flat);
    return math.add(weight, rest.length > 1 ? math.reshape(delta, [rows, ...rest]) : delta);
  };
  /** Beyond an edge so many rows and columns of the opposite one. */
  const wrapped = (x: Value, margins: readonly (readonly [axis: number, count: number])[]): Value =>
    margins.reduce((inner, [axis, count]) => {
      if (count === 0) return inner;
      const [last, first] = [
        math.slice(inner, { starts: [-count], ends: [Number.MAX_SAFE_INTEGER], axes: [axis] }),
        math.slice(inner, { starts: [0], ends: [count], axes: [axis] }),
      ];
      return math.concat([last, inner, first], axis);
    }, x);
  const times = (x: Value, weight: Value) => op('FusedMatMul', [x, weight], { transB: 1 }, contributed);
  return {
    conv2d: (layer, given, { stride = 1, pad, groups = 1 } = {}) => {
      const weight = layer.tensor('weight');
      const [kh = 1, kw = 1] = weight.shape.slice(2);
      const [py, px] = pad === undefined ? [kh >> 1, kw >> 1] : [pad, pad];
      const pads = tiling ? [0, 0, 0, 0] : [py, px, py, px];
      const x = tiling
        ? wrapped(given, [
            [2, py],
            [3, px],
          ])
        : given;
      const attributes = { kernel_shape: [kh, kw], strides: [stride, stride], pads, group: groups };
      const adapter = core.adapter(weight);
      const out = op('Conv', [x, weightOf(weight, adapter), biasOf(layer)], attributes);
      if (adapter?.place !== 'beside') return out;
      const narrow = op('Conv', [x, adapter.down], attributes);
      return math.add(out, op('Conv', [narrow, math.unsqueeze(adapter.up, [2, 3])]));
    },

    linear: (layer, x) => {
      const stored = asMatrix(layer.tensor('weight'));
      const adapter = core.adapter(stored);
      const weight = weightOf(stored, adapter);
      const product = times(x, weight);
      const beside = adapter?.place === 'beside' ? times(times(x, adapter.down), adapter.up) : undefined;
      const whole = beside ? math.add(product, beside) : product;
      const bias = biasOf(layer);
      return bias ? math.add(whole, bias) : whole;
    },

    // onnxruntime takes GroupNormalization apart into these very operators.
    groupNorm: (layer, given, { groups, epsilon }) =>
      core.inFloat32([given], (x) => {
        const grouped = math.reshape(x!, [0, groups, -1]);
        const [ones, zeros] = [1, 0].map((n) => floats(new Float32Array(groups).fill(n))) as [Value, Value];
        const flat = op('InstanceNormalization', [grouped, ones, zeros], { epsilon: { float: epsilon } });
        const normal = math.reshape(flat, math.shape(x!));
        const perChannel = (name: string) => math.unsqueeze(parameter(layer.tensor(name)), [1, 2]);
        return math.add(math.mul(normal, perChannel('weight')), perChannel('bias'));
      }),

    layerNorm: (layer, x, { epsilon }) => {
      const attributes = { axis: -1, epsilon: { float: epsilon } };
      return op('LayerNormalization', [x, parameter(layer.tensor('weight')), biasOf(layer)], attributes);
    },

    attention: (q, k, v, { heads, causal = false, float32 = false, products = 0 }) => {
      const attributes = { num_heads: heads, unidirectional: causal ? 1 : 0 };
      const attend = (...given: readonly Value[]) => {
        const out = op('MultiHeadAttention', given, attributes, contributed);
        return core.inPieces(out, Math.max(1, Math.ceil(products / productsAtOnce)));
      };
      return float32 ? core.inFloat32([q, k, v], attend) : attend(q, k, v);
    },

    upsampleNearest: (x, times) => {
      const attributes = { mode: 'nearest', coordinate_transformation_mode: 'asymmetric', nearest_mode: 'floor' };
      return op('Resize', [x, undefined, core.float32s([1, 1, times, times])], attributes);
    },
  };
}
