import type { Initializer, Node, Port } from './onnx.ts';

/** A graph as it is written for other devices. */
export interface Written {
  readonly nodes: readonly Node[];
  readonly inputs: readonly Port[];
  /** What it points to in files. */
  readonly stored: readonly { readonly name: string; readonly shape: readonly number[] }[];
  /** In how many pieces to work out the attention that is called so. */
  readonly piecesOf: ReadonlyMap<string, number>;
  /** Whether it computes in float16. */
  readonly isHalf: boolean;
}

/**
 * A graph in operators that onnxruntime 1.30 has on WebGPU, and computes right there. FusedMatMul it has not, and would take every linear layer to
 * the CPU and back. Its MultiHeadAttention there passes over keys from the 17th on, and its 3 × 3
 * convolution is wrong where three divides the channels and four does not, as with the nine of an inpainting checkpoint.
 * Source: microsoft/onnxruntime pull request 28520
 */
export function forWebGpu({ nodes, inputs, stored, piecesOf, isHalf }: Written) {
  const constants = new Map<string, Initializer>();
  const ints: Ints = (values, isScalar = false) => {
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
  const channels = new Map([...inputs, ...stored].map(({ name, shape = [] }) => [name, shape[1]]));
  for (const { op, inputs: from, outputs } of nodes) {
    if (op === 'Cast' && channels.has(from[0]!)) channels.set(outputs[0]!, channels.get(from[0]!));
  }
  const written = nodes.flatMap((node) => {
    if (node.op === 'MultiHeadAttention') {
      return attention(node, { ints, lowest, isHalf, pieces: piecesOf.get(node.outputs[0]!) ?? 1 });
    }
    if (node.op === 'FusedMatMul') return plainMatMul(node);
    const [x = '', weight = ''] = node.inputs;
    const known = channels.get(x) ?? channels.get(weight);
    const missing = node.op === 'Conv' && typeof known === 'number' && known > 4 ? -known & 3 : 0;
    return missing > 0 ? widenedConv(node, ints([0, missing]), ints([1])) : [node];
  });
  return { nodes: written, initializers: [...constants.values()] };
}

type Ints = (values: readonly number[], isScalar?: boolean) => string;

interface Means {
  readonly ints: Ints;
  /** The name of a number that counts for nothing in a softmax. */
  readonly lowest: string;
  readonly isHalf: boolean;
  readonly pieces: number;
}

/** Values that one operator puts together; each takes one of the eight buffers that any driver lets a shader have. */
const joinedAtOnce = 7;

/**
 * softmax(q · kᵀ / √d + mask) · v, every head at once; q, k, v [B, N, C]. All products q · k are held meanwhile, or those of one piece of the queries
 * after the other. The softmax is computed in float32.
 */
function attention({ inputs, outputs, attributes }: Node, { ints, lowest, isHalf, pieces }: Means): Node[] {
  const [out = ''] = outputs;
  const nodes: Node[] = [];
  const add = (op: string, from: readonly string[], more: Node['attributes'] = {}, name = `${out}/${nodes.length}`) => {
    nodes.push({ op, domain: '', inputs: from, outputs: [name], attributes: more });
    return name;
  };
  const heads = ints([0, 0, attributes.num_heads as number, -1]);
  const split = (x: string, perm: readonly number[]) => add('Transpose', [add('Reshape', [x, heads])], { perm });
  const like = (x: string, other: string) => (isHalf ? add('CastLike', [x, other]) : x);
  const toFloat32 = (x: string) => add('Cast', [x], { to: 1 });
  const [q = '', k = '', v = ''] = inputs;
  const [raw, keys, values] = [split(q, [0, 2, 1, 3]), split(k, [0, 2, 3, 1]), split(v, [0, 2, 1, 3])];
  const width = add('Sqrt', [toFloat32(add('Shape', [raw], { start: 3, end: 4 }))]);
  const queries = add('Div', [raw, like(width, raw)]); // [B, heads, N, d]
  const asked = (some: string) => {
    const products = add('MatMul', [some, keys]);
    const scores = isHalf ? toFloat32(products) : products;
    const whole = () => add('Expand', [lowest, add('Shape', [scores], { start: 2 })]);
    const seen = attributes.unidirectional
      ? add('Add', [scores, add('Trilu', [whole(), ints([1], true)], { upper: 1 })]) // what comes later is not seen
      : scores;
    return add('MatMul', [like(add('Softmax', [seen], { axis: -1 }), values), values]);
  };
  const joined = (parts: readonly string[]): string => {
    if (parts.length === 1) return parts[0]!;
    const groups = Array.from({ length: Math.ceil(parts.length / joinedAtOnce) }, (_, i) =>
      parts.slice(i * joinedAtOnce, (i + 1) * joinedAtOnce),
    );
    return joined(groups.map((group) => (group.length > 1 ? add('Concat', group, { axis: 2 }) : group[0]!)));
  };
  /** Zeros make the queries a multiple of the pieces, so that none is empty; what they were told is cut off again. */
  const inPieces = (): string => {
    const [axis, zero] = [ints([2]), ints([0])];
    const rows = add('Shape', [queries], { start: 2, end: 3 });
    const each = add('Div', [add('Add', [rows, ints([pieces - 1])]), ints([pieces])]);
    const missing = add('Sub', [add('Mul', [each, ints([pieces])]), rows]);
    const even = add('Pad', [queries, add('Concat', [zero, missing], { axis: 0 }), '', axis]);
    const start = (i: number) => add('Mul', [each, ints([i])]);
    const parts = Array.from({ length: pieces }, (_, i) => asked(add('Slice', [even, start(i), start(i + 1), axis])));
    return add('Slice', [joined(parts), zero, rows, axis]);
  };
  const mixed = pieces > 1 && !attributes.unidirectional ? inPieces() : asked(queries);
  add('Reshape', [add('Transpose', [mixed], { perm: [0, 2, 1, 3] }), ints([0, 0, -1])], {}, out);
  return nodes;
}

/** x · Wᵀ, W turned over where it is not yet known; what is known of it the runtime turns over once, as it opens the graph. */
function plainMatMul({ inputs, outputs }: Node): Node[] {
  const [x = '', weight = ''] = inputs;
  const turned = `${outputs[0]}/turned`;
  return [
    { op: 'Transpose', domain: '', inputs: [weight], outputs: [turned], attributes: { perm: [1, 0] } },
    { op: 'MatMul', domain: '', inputs: [x, turned], outputs, attributes: {} },
  ];
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
