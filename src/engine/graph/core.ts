import { dirname, relative, sep } from 'node:path';
import { type Attribute, type ElementType, encodeModel, type Initializer, type Node, type Port } from './onnx.ts';
import { forWebGpu } from './webgpu.ts';

/** The result of a node, a constant or an input of the graph being built. */
export interface Value {
  readonly name: string;
}

/** A tensor that lies in a file, or, with `bytes`, in memory. */
export interface StoredTensor {
  readonly name: string;
  readonly dtype: ElementType;
  readonly shape: readonly number[];
  readonly file: string;
  readonly offset: number;
  readonly length: number;
  readonly bytes?: Uint8Array;
  /** A single number that every element is to be multiplied by. */
  readonly scale?: StoredTensor;
}

/** A layer's parameters, by the names they have in the file: `weight`, `bias`, … */
export interface Layer {
  has(name: string): boolean;
  tensor(name: string): StoredTensor;
}

/**
 * Changes a parameter on its way into the graph, for example to `W + scale · up · down`; undefined: it stays as it is. Everything is
 * computed in float32, the parameter's own `value` too, which is written when it is asked for.
 */
export type Patch = (tensor: StoredTensor, value: () => Value) => Value | undefined;

/** What a network computes in. Its inputs and outputs are float32 either way. */
export type Precision = 'float32' | 'float16';

/**
 * Where a low-rank change W + up · down of a weight is worked in: `within`: the weight is put together before it is used, which costs
 * as much as the weight is large; `beside`: the input goes through the factors as well, which costs as much as the input is.
 */
export type AdapterPlace = 'within' | 'beside';

/** The factors of a low-rank change, fed when the graph runs. Rank 0 changes nothing. */
export interface Adapter {
  readonly down: Value; // [r, in] or [r, in, kh, kw], as the weight
  readonly up: Value; // [out, r]
  readonly place: AdapterPlace;
}

/** Names of the inputs that a weight's factors are fed to. */
export const adapterInputs = (weight: string) => ({ down: `${weight}:down`, up: `${weight}:up` });

/** A patch that adds nodes to the graph it is made for. */
export type PatchMaker<Builder> = (g: Builder) => Patch;

/** A finished graph. */
export interface Graph {
  /** An ONNX model whose external data are named relative to `folder`. */
  readonly model: Uint8Array;
  /** The same for WebGPU, whose operators are not all to be trusted. */
  readonly webGpuModel: () => Uint8Array;
  /** The innermost folder that holds every file the graph points into; '' when it points into none. */
  readonly folder: string;
  /** The tensors it points to. */
  readonly weights: readonly StoredTensor[];
  /** Those of them whose low-rank factors it is fed, with two inputs each (`adapterInputs`). */
  readonly adapted: readonly StoredTensor[];
}

/** The part of the graph builder that knows ONNX's data model and no operator. */
export interface GraphCore {
  input(name: string, type: ElementType, shape: readonly (number | string)[]): Value;
  output(name: string, value: Value, type?: ElementType): void;
  /** One node with one result. */
  op(op: string, inputs: readonly (Value | undefined)[], attributes?: Node['attributes'], domain?: string): Value;
  /** One node with several results. */
  split(op: string, count: number, inputs: readonly Value[], attributes?: Node['attributes']): readonly Value[];
  /** A scalar (no shape given) or a tensor of numbers. */
  floats(values: number | readonly number[] | Float32Array, shape?: readonly number[]): Value;
  /** Numbers that an operator wants in float32, whatever the graph computes in. */
  float32s(values: readonly number[]): Value;
  /** A list of int64 numbers, or a scalar. */
  ints(values: number | readonly number[]): Value;
  /** The elements of a stored tensor in their own dtype, unpatched. */
  stored(tensor: StoredTensor): Value;
  /** A parameter, patched. The same tensor asked for twice is one value. */
  parameter(tensor: StoredTensor): Value;
  /** Numbers of any type as those that the graph computes with. */
  toFloat(x: Value): Value;
  /** Tells those who need much memory for a node, as attention on WebGPU, in how many pieces to work. */
  inPieces(value: Value, pieces: number): Value;
  /** Computes in float32, whatever the graph does otherwise; what is given and what comes out is converted. */
  inFloat32(given: readonly Value[], work: (...given: readonly Value[]) => Value): Value;
  /** Changes every parameter asked for from now on. */
  patchWith(patch: Patch): void;
  /**
   * From now on weights of linear layers and convolutions have a low-rank change; null: they are as they are.
   * @param rows  about how many rows or pixels such a layer is given, on which it depends where the change is worked in
   */
  adaptAt(rows: number | null): void;
  /** The factors of a weight's low-rank change, where it has one. */
  adapter(weight: StoredTensor): Adapter | undefined;
  finish(): Graph;
}

/** ONNX's numbers of the types that are cast to. */
const castTo = { float32: { to: 1 }, float16: { to: 10 } } as const;

/** @param name  what to call the graph in profiles and error messages of the runtime */
export function graphCore(name: string, precision: Precision = 'float32'): GraphCore {
  const nodes: Node[] = [];
  const constants = new Map<string, { initializer: Initializer; value: Value }>();
  const external = new Map<string, StoredTensor>();
  const parameters = new Map<string, Value>();
  const [inputs, outputs]: [Port[], Port[]] = [[], []];
  const adapters = new Map<string, { readonly weight: StoredTensor; readonly adapter: Adapter }>();
  const piecesOf = new Map<string, number>();
  let patch: Patch = () => undefined;
  let adaptedRows: number | null = null;
  /** float32 for a while in graphs of float16. */
  let computing = precision;

  const add: GraphCore['split'] = (op, count, from, attributes = {}) => addNode(op, '', count, from, attributes);
  const addNode = (
    op: string,
    domain: string,
    count: number,
    from: readonly (Value | undefined)[],
    attributes: Readonly<Record<string, Attribute>>,
  ): Value[] => {
    const results = Array.from({ length: count }, (_, i) => ({ name: `${op}_${nodes.length}${i > 0 ? `_${i}` : ''}` }));
    const names = from.map((value) => value?.name ?? '');
    nodes.push({ op, domain, inputs: names, outputs: results.map((r) => r.name), attributes });
    return results;
  };

  const constant = (type: ElementType, shape: readonly number[], bytes: Uint8Array): Value => {
    const key = `${type} ${shape} ${Buffer.from(bytes).toString('base64')}`;
    const known = constants.get(key);
    if (known) return known.value;
    const value = { name: `constant_${constants.size}` };
    constants.set(key, { initializer: { name: value.name, type, shape, bytes }, value });
    return value;
  };

  const float32Constant = (values: ArrayLike<number>, shape: readonly number[]): Value =>
    constant('F32', shape, new Uint8Array(Float32Array.from(values).buffer));

  const op: GraphCore['op'] = (type, from, attributes = {}, domain = '') =>
    addNode(type, domain, 1, from, attributes)[0]!;

  const stored: GraphCore['stored'] = (tensor) => {
    const known = external.get(tensor.name);
    if (known && (known.file !== tensor.file || known.offset !== tensor.offset)) {
      throw new RangeError(`two tensors are called ${tensor.name}`);
    }
    external.set(tensor.name, tensor);
    return { name: tensor.name };
  };

  const toFloat: GraphCore['toFloat'] = (x) => op('Cast', [x], castTo[computing]);
  const whileFloat32 = <T>(work: () => T): T => {
    const before = computing;
    computing = 'float32';
    try {
      return work();
    } finally {
      computing = before;
    }
  };
  const inFloat32: GraphCore['inFloat32'] = (given, work) => {
    if (computing === 'float32') return work(...given);
    return toFloat(whileFloat32(() => work(...given.map(toFloat))));
  };

  const unpatched = (tensor: StoredTensor): Value => {
    const { scale, ...plain } = tensor;
    if (scale) return inFloat32([], () => op('Mul', [unpatched(plain), unpatched(scale)]));
    const isOfType = tensor.dtype === (computing === 'float32' ? 'F32' : 'F16');
    return isOfType ? stored(tensor) : toFloat(stored(tensor));
  };
  const parameter: GraphCore['parameter'] = (tensor) => {
    const key = `${computing} ${tensor.name}`;
    const known = parameters.get(key);
    if (known) return known;
    const patched = whileFloat32(() => patch(tensor, () => unpatched(tensor)));
    const value = patched ? inFloat32([], () => patched) : unpatched(tensor);
    parameters.set(key, value);
    return value;
  };

  const input: GraphCore['input'] = (inputName, type, shape) => {
    inputs.push({ name: inputName, type, shape });
    const given = { name: inputName };
    return type === 'F32' && computing === 'float16' ? toFloat(given) : given;
  };

  const adapter: GraphCore['adapter'] = (weight) => {
    const known = adapters.get(weight.name)?.adapter;
    if (known || adaptedRows === null) return known;
    const [rows = 0, ...rest] = weight.shape;
    const [names, rank] = [adapterInputs(weight.name), `rank of ${weight.name}`];
    const factors = { down: input(names.down, 'F32', [rank, ...rest]), up: input(names.up, 'F32', [rows, rank]) };
    const made = { ...factors, place: cheaperPlace(weight.shape, adaptedRows) };
    adapters.set(weight.name, { weight, adapter: made });
    return made;
  };

  return {
    op,
    adapter,
    input,
    adaptAt: (rows) => {
      adaptedRows = rows;
    },
    split: add,
    stored,
    parameter,
    toFloat,
    inFloat32,
    inPieces: (value, pieces) => {
      piecesOf.set(value.name, pieces);
      return value;
    },
    patchWith: (next) => {
      patch = next;
    },
    output: (outputName, value, type = 'F32') => {
      // A name of its own, so that one value may be several outputs, or an input be one.
      const isConverted = type === 'F32' && precision === 'float16';
      const [kind, attributes] = isConverted ? ['Cast', castTo.float32] : ['Identity', {}];
      nodes.push({ op: kind, domain: '', inputs: [value.name], outputs: [outputName], attributes });
      outputs.push({ name: outputName, type });
    },
    floats: (values, shape) => {
      const list = typeof values === 'number' ? [values] : values;
      const value = float32Constant(list, shape ?? (typeof values === 'number' ? [] : [list.length]));
      return computing === 'float32' ? value : toFloat(value);
    },
    float32s: (values) => float32Constant(values, [values.length]),
    ints: (values) => {
      const data = BigInt64Array.from(typeof values === 'number' ? [values] : values, BigInt);
      return constant('I64', typeof values === 'number' ? [] : [data.length], new Uint8Array(data.buffer));
    },
    finish: () => {
      const tensors = [...external.values()];
      const folder = commonFolder(tensors.filter((t) => !t.bytes).map((t) => dirname(t.file)));
      const small = [...constants.values()].map((c) => c.initializer);
      const initializers = [...small, ...tensors.map((t) => toInitializer(t, folder))];
      const other = () => {
        const written = forWebGpu({ nodes, inputs, stored: tensors, piecesOf, isHalf: precision === 'float16' });
        const all = [...initializers, ...written.initializers];
        return encodeModel({ name, nodes: written.nodes, initializers: all, inputs, outputs });
      };
      return {
        model: encodeModel({ name, nodes, initializers, inputs, outputs }),
        webGpuModel: other,
        folder,
        weights: tensors,
        adapted: [...adapters.values()].map(({ weight }) => weight),
      };
    },
  };
}

/**
 * Per rank, `within` takes as many products as the weight has elements, `beside` as many as the rows going in and out have; but a
 * weight that was put together has been read and written twice more, whatever the rank.
 */
function cheaperPlace([outputs = 0, ...rest]: readonly number[], rows: number): AdapterPlace {
  const inputs = rest.reduce((product, n) => product * n, 1);
  return rows * (inputs + outputs) > 8 * inputs * outputs ? 'within' : 'beside';
}

function toInitializer(tensor: StoredTensor, folder: string): Initializer {
  const { name, dtype: type, shape, bytes, offset, length } = tensor;
  if (bytes) return { name, type, shape, bytes };
  return { name, type, shape, location: relative(folder, tensor.file).split(sep).join('/'), offset, length };
}

/** The longest path that all of these begin with, by whole folder names. */
export function commonFolder(folders: readonly string[]): string {
  const [first = '', ...others] = folders.map((folder) => folder.split(sep));
  let shared = [...first];
  for (const parts of others) {
    const differs = shared.findIndex((part, i) => part !== parts[i]);
    if (differs >= 0) shared = shared.slice(0, differs);
  }
  return shared.join(sep) || (folders.length > 0 ? sep : '');
}
