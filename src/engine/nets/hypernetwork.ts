import type { GraphBuilder } from '../graph/builder.ts';
import type { Value } from '../graph/core.ts';
import type { HypernetworkFile, HypernetworkLayer } from '../weights/hypernetwork-file.ts';

/** A hypernetwork as a prompt asks for it. */
export interface HypernetworkUse {
  readonly name: string;
  readonly file: HypernetworkFile;
  readonly multiplier: number;
}

type Activation = (g: GraphBuilder, x: Value) => Value;

const plain =
  (op: string, attributes: Readonly<Record<string, number>> = {}): Activation =>
  (g, x) => {
    const floats = Object.entries(attributes).map(([name, float]) => [name, { float }] as const);
    return g.op(op, [x], Object.fromEntries(floats));
  };

/** torch's activations by the names A1111 gives them, with torch's own numbers. */
const activations: Readonly<Record<string, Activation>> = {
  linear: (_, x) => x,
  relu: plain('Relu'),
  relu6: (g, x) => g.op('Clip', [x, g.floats(0), g.floats(6)]),
  leakyrelu: plain('LeakyRelu', { alpha: 0.01 }),
  rrelu: plain('LeakyRelu', { alpha: (1 / 8 + 1 / 3) / 2 }),
  elu: plain('Elu', { alpha: 1 }),
  celu: plain('Celu', { alpha: 1 }),
  selu: plain('Selu'),
  swish: plain('HardSwish'), // as A1111
  hardswish: plain('HardSwish'),
  silu: (g, x) => g.silu(x),
  gelu: (g, x) => g.gelu(x),
  mish: plain('Mish'),
  tanh: plain('Tanh'),
  hardtanh: (g, x) => g.op('Clip', [x, g.floats(-1), g.floats(1)]),
  tanhshrink: (g, x) => g.sub(x, g.tanh(x)),
  sigmoid: plain('Sigmoid'),
  hardsigmoid: plain('HardSigmoid', { alpha: 1 / 6, beta: 0.5 }),
  logsigmoid: (g, x) => g.op('Log', [g.sigmoid(x)]),
  softplus: plain('Softplus'),
  softsign: plain('Softsign'),
  hardshrink: plain('Shrink', { lambd: 0.5 }),
  softshrink: plain('Shrink', { lambd: 0.5, bias: 0.5 }),
};

/** Whether the activation of a hypernetwork is one of those known here. */
export function knowsActivation(name: string): boolean {
  return Object.hasOwn(activations, name.toLowerCase());
}

/**
 * What keys and values are made of: the context [B, T, D] with what every hypernetwork for its width adds, one after the other.
 * Source: A1111 modules/hypernetworks/hypernetwork.py `apply_hypernetworks`
 */
export function withHypernetworks(
  g: GraphBuilder,
  context: Value,
  { width, uses }: { readonly width: number; readonly uses: readonly HypernetworkUse[] },
): { readonly k: Value; readonly v: Value } {
  let [k, v] = [context, context];
  for (const { file, multiplier } of uses) {
    const modules = file.modules.get(width);
    if (!modules) continue;
    k = g.add(k, g.scale(run(g, file, modules.k, k), multiplier));
    v = g.add(v, g.scale(run(g, file, modules.v, v), multiplier));
  }
  return { k, v };
}

function run(g: GraphBuilder, file: HypernetworkFile, layers: readonly HypernetworkLayer[], context: Value): Value {
  const activation = activations[file.activation.toLowerCase()];
  if (!activation) throw new RangeError(`an activation called ${file.activation}`);
  const last = layers.findLastIndex(({ kind }) => kind === 'linear');
  return layers.reduce((x, layer, i) => {
    if (layer.kind === 'layer norm') return layerNorm(g, layer, x);
    const product = linear(g, layer, x);
    return i === last && !file.activateOutput ? product : activation(g, product);
  }, context);
}

/** No layer of the checkpoint, so no LoRA changes it. */
function linear(g: GraphBuilder, { weight, bias }: HypernetworkLayer, x: Value): Value {
  const product = g.matmul(x, g.transpose(g.parameter(weight), [1, 0]));
  return bias ? g.add(product, g.parameter(bias)) : product;
}

function layerNorm(g: GraphBuilder, { weight, bias }: HypernetworkLayer, x: Value): Value {
  const parameters = { weight, ...(bias && { bias }) };
  const has = (name: string): name is 'weight' => name in parameters;
  const tensor = (name: string) => (name === 'bias' && bias ? bias : weight);
  return g.layerNorm({ has, tensor }, x, { epsilon: 1e-5 });
}
