import type { Initializer, Node, Port } from './onnx.ts';

/**
 * A graph in operators that onnxruntime 1.30 computes right on WebGPU. Its MultiHeadAttention there passes over keys from the 17th on, and its 3 × 3
 * convolution is wrong where three divides the channels and four does not, as with the nine of an inpainting checkpoint.
 * Source: microsoft/onnxruntime pull request 28520
 */
export function forWebGpu(nodes: readonly Node[], inputs: readonly Port[]) {
  const constants = new Map<string, Initializer>();
  const ints = (values: readonly number[], isScalar = false): string => {
    const name = `webgpu ${isScalar ? '' : 'list '}${values.join(' ')}`;
    const bytes = new Uint8Array(BigInt64Array.from(values, BigInt).buffer);
    constants.set(name, { name, type: 'I64', shape: isScalar ? [] : [values.length], bytes });
    return name;
  };
  const lowest = 'webgpu lowest';
  constants.set(lowest, {
    name: lowest,
    type: 'F32',
    shape: [],
    bytes: new Uint8Array(Float32Array.of(-3.4e38).buffer),
  });
  const channels = new Map(inputs.map(({ name, shape = [] }) => [name, shape[1]]));
  const written = nodes.flatMap((node) => {
    if (node.op === 'MultiHeadAttention') return attention(node, ints, lowest);
    const known = channels.get(node.inputs[0] ?? '');
    const missing = node.op === 'Conv' && typeof known === 'number' && known > 4 ? -known & 3 : 0;
    return missing > 0 ? widenedConv(node, ints([0, missing]), ints([1])) : [node];
  });
  return { nodes: written, initializers: [...constants.values()] };
}

type Ints = (values: readonly number[], isScalar?: boolean) => string;

/** softmax(q · kᵀ / √d + mask) · v, every head at once; q, k, v [B, N, C]. */
function attention({ inputs, outputs, attributes }: Node, ints: Ints, lowest: string): Node[] {
  const [out = ''] = outputs;
  const nodes: Node[] = [];
  const add = (op: string, from: readonly string[], more: Node['attributes'] = {}, name = `${out}/${nodes.length}`) => {
    nodes.push({ op, domain: '', inputs: from, outputs: [name], attributes: more });
    return name;
  };
  const heads = ints([0, 0, attributes.num_heads as number, -1]);
  const split = (x: string, perm: readonly number[]) => add('Transpose', [add('Reshape', [x, heads])], { perm });
  const [q = '', k = '', v = ''] = inputs;
  const [queries, keys, values] = [split(q, [0, 2, 1, 3]), split(k, [0, 2, 3, 1]), split(v, [0, 2, 1, 3])];
  const width = add('Cast', [add('Shape', [queries], { start: 3, end: 4 })], { to: 1 });
  const scores = add('Div', [add('MatMul', [queries, keys]), add('Sqrt', [width])]);
  const whole = () => add('Expand', [lowest, add('Shape', [scores], { start: 2 })]);
  const seen = attributes.unidirectional
    ? add('Add', [scores, add('Trilu', [whole(), ints([1], true)], { upper: 1 })]) // what comes later is not seen
    : scores;
  const mixed = add('MatMul', [add('Softmax', [seen], { axis: -1 }), values]);
  add('Reshape', [add('Transpose', [mixed], { perm: [0, 2, 1, 3] }), ints([0, 0, -1])], {}, out);
  return nodes;
}

/** Zeros for the channels that are missing to a multiple of four. */
function widenedConv(node: Node, pads: string, axes: string): Node[] {
  const [x = '', weight = '', ...rest] = node.inputs;
  const padded = (value: string): Node => {
    const outputs = [`${node.outputs[0]}/${value} widened`];
    return { op: 'Pad', domain: '', inputs: [value, pads, '', axes], outputs, attributes: {} };
  };
  const [wideX, wideWeight] = [padded(x), padded(weight)];
  return [wideX, wideWeight, { ...node, inputs: [wideX.outputs[0]!, wideWeight.outputs[0]!, ...rest] }];
}
