import protobuf from 'protobufjs/minimal.js';

/** Element types by their names in weights files and by ONNX's own numbers. Source: onnx.proto3, TensorProto.DataType */
export const elementTypes = {
  F32: 1,
  U8: 2,
  I8: 3,
  I16: 5,
  I32: 6,
  I64: 7,
  BOOL: 9,
  F16: 10,
  F64: 11,
  BF16: 16,
  F8_E4M3: 17,
  F8_E5M2: 19,
} as const;

export type ElementType = keyof typeof elementTypes;

/** A whole number is an int attribute, `{ float }` a float one. */
export type Attribute = number | { readonly float: number } | string | readonly number[];

export interface Node {
  readonly op: string;
  /** '' for the operators of ONNX itself. */
  readonly domain: string;
  /** '' stands for an optional input left out. */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: Readonly<Record<string, Attribute>>;
}

/** A constant: its bytes here, or its place in a file, `location` being relative to the folder the graph is opened for. */
export type Initializer = {
  readonly name: string;
  readonly type: ElementType;
  readonly shape: readonly number[];
} & ({ readonly bytes: Uint8Array } | { readonly location: string; readonly offset: number; readonly length: number });

/** An input or output; a string in its shape names a size that is only known when the graph runs. */
export interface Port {
  readonly name: string;
  readonly type: ElementType;
  /** Left out where the runtime works it out by itself. */
  readonly shape?: readonly (number | string)[];
}

export interface Model {
  readonly name: string;
  readonly nodes: readonly Node[];
  readonly initializers: readonly Initializer[];
  readonly inputs: readonly Port[];
  readonly outputs: readonly Port[];
}

const irVersion = 10;
const opset = 21;

type Writer = protobuf.Writer;
const wire = { varint: 0, bytes: 2, fixed32: 5 } as const;

/** The protobuf bytes of an ONNX model, opset 21 with onnxruntime's contributed operators. Source: onnx.proto3 */
export function encodeModel(model: Model): Uint8Array {
  const writer = protobuf.Writer.create();
  int(writer, 1, irVersion);
  text(writer, 2, 'palimpsest');
  message(writer, 7, () => writeGraph(writer, model));
  for (const [domain, version] of [
    ['', opset],
    ['com.microsoft', 1],
  ] as const) {
    message(writer, 8, () => {
      text(writer, 1, domain);
      int(writer, 2, version);
    });
  }
  return writer.finish();
}

function writeGraph(w: Writer, model: Model): void {
  for (const node of model.nodes) message(w, 1, () => writeNode(w, node));
  text(w, 2, model.name);
  for (const initializer of model.initializers) message(w, 5, () => writeInitializer(w, initializer));
  for (const input of model.inputs) message(w, 11, () => writePort(w, input));
  for (const output of model.outputs) message(w, 12, () => writePort(w, output));
}

function writeNode(w: Writer, node: Node): void {
  for (const input of node.inputs) text(w, 1, input);
  for (const output of node.outputs) text(w, 2, output);
  text(w, 3, node.outputs[0] ?? '');
  text(w, 4, node.op);
  for (const [name, value] of Object.entries(node.attributes)) message(w, 5, () => writeAttribute(w, name, value));
  text(w, 7, node.domain);
}

function writeAttribute(w: Writer, name: string, value: Attribute): void {
  const kinds = { float: 1, int: 2, string: 3, ints: 7 } as const;
  text(w, 1, name);
  if (typeof value === 'number') {
    int(w, 3, value);
    int(w, 20, kinds.int);
  } else if (typeof value === 'string') {
    text(w, 4, value);
    int(w, 20, kinds.string);
  } else if ('float' in value) {
    w.uint32((2 << 3) | wire.fixed32).float(value.float);
    int(w, 20, kinds.float);
  } else {
    for (const item of value) int(w, 8, item);
    int(w, 20, kinds.ints);
  }
}

function writeInitializer(w: Writer, initializer: Initializer): void {
  for (const size of initializer.shape) int(w, 1, size);
  int(w, 2, elementTypes[initializer.type]);
  text(w, 8, initializer.name);
  if ('bytes' in initializer) {
    w.uint32((9 << 3) | wire.bytes).bytes(initializer.bytes);
    return;
  }
  const { location, offset, length } = initializer;
  for (const [key, value] of Object.entries({ location, offset, length })) {
    message(w, 13, () => {
      text(w, 1, key);
      text(w, 2, String(value));
    });
  }
  int(w, 14, 1); // data_location: EXTERNAL
}

function writePort(w: Writer, port: Port): void {
  text(w, 1, port.name);
  const { type, shape } = port;
  const writeShape = () => {
    for (const size of shape ?? []) {
      message(w, 1, () => (typeof size === 'number' ? int(w, 1, size) : text(w, 2, size)));
    }
  };
  const writeTensorType = () => {
    int(w, 1, elementTypes[type]);
    if (shape) message(w, 2, writeShape);
  };
  message(w, 2, () => message(w, 1, writeTensorType));
}

function int(w: Writer, field: number, value: number): void {
  w.uint32((field << 3) | wire.varint).int64(value);
}

function text(w: Writer, field: number, value: string): void {
  w.uint32((field << 3) | wire.bytes).string(value);
}

function message(w: Writer, field: number, write: () => void): void {
  w.uint32((field << 3) | wire.bytes).fork();
  write();
  w.ldelim();
}
