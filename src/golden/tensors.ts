import { readFile } from 'node:fs/promises';
import { bfloat16ToFloat32, float16ToFloat32 } from '../engine/tensor/half.ts';
import type { Tensor } from '../engine/tensor/tensor.ts';

/** A tensor of golden data; F64, I64 and I32 come as Float64Array, all others as Float32Array. */
export interface GoldenTensor {
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly data: Float32Array | Float64Array;
}

/** A `.safetensors` file of golden data in memory. */
export interface GoldenTensors {
  readonly tensors: ReadonlyMap<string, GoldenTensor>;
  /** `__metadata__`; empty when the file has none. */
  readonly metadata: Readonly<Record<string, string>>;
  /** A tensor in float32. @throws RangeError when the file does not hold it */
  get(name: string): Tensor;
}

interface Entry {
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly data_offsets: readonly [number, number];
}

/** Reads a whole golden `.safetensors` file; trusts it, as it is ours. */
export async function readGoldenTensors(path: string): Promise<GoldenTensors> {
  const file = await readFile(path);
  const headerSize = Number(file.readBigUInt64LE(0));
  const header = JSON.parse(file.toString('utf8', 8, 8 + headerSize)) as Record<string, unknown>;
  const { __metadata__: metadata = {}, ...entries } = header;
  const tensors = new Map<string, GoldenTensor>();
  for (const [name, entry] of Object.entries(entries as Record<string, Entry>)) {
    const { dtype, shape, data_offsets: offsets } = entry;
    const bytes = file.subarray(8 + headerSize + offsets[0], 8 + headerSize + offsets[1]);
    tensors.set(name, { dtype, shape, data: decode(dtype, Uint8Array.from(bytes).buffer) });
  }
  const get = (name: string): Tensor => {
    const found = tensors.get(name);
    if (!found) throw new RangeError(`${path} holds no tensor ${name}`);
    return { data: Float32Array.from(found.data), shape: found.shape };
  };
  return { tensors, metadata: metadata as Record<string, string>, get };
}

function decode(dtype: string, bytes: ArrayBuffer): Float32Array | Float64Array {
  switch (dtype) {
    case 'F32':
      return new Float32Array(bytes);
    case 'F64':
      return new Float64Array(bytes);
    case 'F16':
      return float16ToFloat32(new Uint16Array(bytes));
    case 'BF16':
      return bfloat16ToFloat32(new Uint16Array(bytes));
    case 'I64':
      return Float64Array.from(new BigInt64Array(bytes), Number);
    case 'I32':
      return Float64Array.from(new Int32Array(bytes));
    case 'I16':
      return Float32Array.from(new Int16Array(bytes));
    case 'I8':
      return Float32Array.from(new Int8Array(bytes));
    case 'U8':
    case 'BOOL':
      return Float32Array.from(new Uint8Array(bytes));
    default:
      throw new TypeError(`golden tensors of dtype ${dtype} are not known`);
  }
}
