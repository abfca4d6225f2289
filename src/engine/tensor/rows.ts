import { sizeOf, type Tensor } from './tensor.ts';

/** Rows `from` … `to` (exclusive) along the first axis; a view, not a copy. @throws RangeError outside the tensor */
export function rows(x: Tensor, from: number, to: number): Tensor {
  const [count = 0, ...rest] = x.shape;
  if (!(0 <= from && from <= to && to <= count)) throw new RangeError(`rows ${from}…${to} of ${count}`);
  const size = sizeOf(rest);
  return { data: x.data.subarray(from * size, to * size), shape: [to - from, ...rest] };
}

/** Row i without its axis: [B, …] → […]; a view. */
export function row(x: Tensor, i: number): Tensor {
  const { data, shape } = rows(x, i, i + 1);
  return { data, shape: shape.slice(1) };
}

/** Tensors laid one after the other along their first axis; a single one is returned as it is. @throws RangeError when their other axes differ */
export function concatRows(parts: readonly Tensor[]): Tensor {
  const [first] = parts;
  if (!first) throw new RangeError('concatRows of nothing');
  if (parts.length === 1) return first;
  const rest = first.shape.slice(1);
  const odd = parts.find((part) => part.shape.slice(1).join() !== rest.join());
  if (odd) throw new RangeError(`rows of [${odd.shape}] beside rows of [${first.shape}]`);
  const data = new Float32Array(parts.reduce((sum, part) => sum + part.data.length, 0));
  let at = 0;
  for (const part of parts) {
    data.set(part.data, at);
    at += part.data.length;
  }
  return { data, shape: [parts.reduce((sum, part) => sum + part.shape[0]!, 0), ...rest] };
}

/** Tensors of one shape under a new first axis: n × […] → [n, …]. */
export function stack(parts: readonly Tensor[]): Tensor {
  return concatRows(parts.map(({ data, shape }) => ({ data, shape: [1, ...shape] })));
}

/** [B, C, …] and [B, D, …] → [B, C + D, …]. @throws RangeError when any other axis differs */
export function concatChannels(x: Tensor, y: Tensor): Tensor {
  const [batch = 0, ...inner] = x.shape;
  if (y.shape[0] !== batch) throw new RangeError(`[${x.shape}] and [${y.shape}] differ in batch`);
  const images = Array.from({ length: batch }, (_, i) => concatRows([row(x, i), row(y, i)]));
  if (batch === 0) return { data: new Float32Array(0), shape: [0, inner[0]! + y.shape[1]!, ...inner.slice(1)] };
  return stack(images);
}
