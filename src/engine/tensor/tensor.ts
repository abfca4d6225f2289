/** Float32 values with a shape, row-major (last axis fastest), immutable once returned from a function. */
export interface Tensor {
  readonly data: Float32Array;
  readonly shape: readonly number[];
}

/** Number of elements a shape holds; 1 for the empty shape. */
export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, n) => product * n, 1);
}

/** @throws RangeError when `data` does not fill `shape` exactly. */
export function tensor(data: Float32Array, shape: readonly number[]): Tensor {
  if (data.length !== sizeOf(shape)) throw new RangeError(`${data.length} values do not fill [${shape.join(', ')}]`);
  return { data, shape };
}
