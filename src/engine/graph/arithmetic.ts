import type { GraphCore, Value } from './core.ts';

/** Microsoft's own operators, which onnxruntime carries beside ONNX's. */
export const contributed = 'com.microsoft';

/** Operators without parameters. Shapes broadcast as in numpy; axes may count from the end. */
export interface Arithmetic {
  add(a: Value, b: Value): Value;
  sub(a: Value, b: Value): Value;
  mul(a: Value, b: Value): Value;
  div(a: Value, b: Value): Value;
  /** x · factor */
  scale(x: Value, factor: number): Value;
  sqrt(x: Value): Value;
  exp(x: Value): Value;
  sin(x: Value): Value;
  cos(x: Value): Value;
  tanh(x: Value): Value;
  sigmoid(x: Value): Value;
  relu(x: Value): Value;
  leakyRelu(x: Value, slope: number): Value;
  /** x · σ(x) */
  silu(x: Value): Value;
  /** x · σ(1.702 x), OpenAI CLIP's approximation of GELU. */
  quickGelu(x: Value): Value;
  /** x · Φ(x), the exact form. */
  gelu(x: Value): Value;
  softmax(x: Value, axis: number): Value;
  /** Matrix product of the last two axes. */
  matmul(a: Value, b: Value): Value;
  mean(x: Value, axes: readonly number[]): Value;
  concat(parts: readonly Value[], axis: number): Value;
  /** `count` equal pieces. */
  chunk(x: Value, count: number, axis: number): readonly Value[];
  /** Keeps [start, end) of every axis named; ends may be values. */
  slice(
    x: Value,
    range: { starts: readonly number[]; ends: readonly number[] | Value; axes: readonly number[] },
  ): Value;
  /** 0 in a size keeps the axis of that place, −1 is whatever remains; sizes may be a value. */
  reshape(x: Value, sizes: readonly number[] | Value): Value;
  transpose(x: Value, order: readonly number[]): Value;
  unsqueeze(x: Value, axes: readonly number[]): Value;
  squeeze(x: Value, axes: readonly number[]): Value;
  /** Rows of `x` along `axis`; indices int32 or int64. */
  gather(x: Value, indices: Value, axis: number): Value;
  /** Sizes of the axes [start, end) as an int64 list. */
  shape(x: Value, start?: number, end?: number): Value;
  /** Zeros around the axes named: as many before and after as given. */
  zeroPad(x: Value, axes: readonly number[], before: readonly number[], after: readonly number[]): Value;
}

/** The operators of `Arithmetic` over a graph being built. */
export function arithmetic(core: GraphCore): Arithmetic {
  const { op, ints, floats } = core;
  const list = (values: readonly number[] | Value): Value => ('name' in values ? values : ints(values));
  return {
    add: (a, b) => op('Add', [a, b]),
    sub: (a, b) => op('Sub', [a, b]),
    mul: (a, b) => op('Mul', [a, b]),
    div: (a, b) => op('Div', [a, b]),
    scale: (x, factor) => op('Mul', [x, floats(factor)]),
    sqrt: (x) => op('Sqrt', [x]),
    exp: (x) => op('Exp', [x]),
    sin: (x) => op('Sin', [x]),
    cos: (x) => op('Cos', [x]),
    tanh: (x) => op('Tanh', [x]),
    sigmoid: (x) => op('Sigmoid', [x]),
    relu: (x) => op('Relu', [x]),
    leakyRelu: (x, slope) => op('LeakyRelu', [x], { alpha: { float: slope } }),
    silu: (x) => op('QuickGelu', [x], { alpha: { float: 1 } }, contributed),
    quickGelu: (x) => op('QuickGelu', [x], { alpha: { float: 1.702 } }, contributed),
    gelu: (x) => op('Gelu', [x]),
    softmax: (x, axis) => op('Softmax', [x], { axis }),
    matmul: (a, b) => op('MatMul', [a, b]),
    mean: (x, axes) => op('ReduceMean', [x, ints(axes)]),
    concat: (parts, axis) => op('Concat', parts, { axis }),
    chunk: (x, count, axis) => core.split('Split', count, [x], { axis, num_outputs: count }),
    slice: (x, { starts, ends, axes }) => op('Slice', [x, ints(starts), list(ends), ints(axes)]),
    reshape: (x, sizes) => op('Reshape', [x, list(sizes)]),
    transpose: (x, order) => op('Transpose', [x], { perm: order }),
    unsqueeze: (x, axes) => op('Unsqueeze', [x, ints(axes)]),
    squeeze: (x, axes) => op('Squeeze', [x, ints(axes)]),
    gather: (x, indices, axis) => op('Gather', [x, indices], { axis }),
    shape: (x, start = 0, end) => op('Shape', [x], end === undefined ? { start } : { start, end }),
    zeroPad: (x, axes, before, after) => op('Pad', [x, ints([...before, ...after]), undefined, ints(axes)]),
  };
}
