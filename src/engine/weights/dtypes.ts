import { scaleInto } from '../tensor/arithmetic.ts';
import { bfloat16ToFloat32, float16ToFloat32 } from '../tensor/half.ts';

/** Bytes per element of every dtype a `.safetensors` header may name. Source: huggingface/safetensors, format description. */
export const itemSizes = {
  F64: 8,
  F32: 4,
  F16: 2,
  BF16: 2,
  F8_E4M3: 1,
  F8_E5M2: 1,
  I64: 8,
  I32: 4,
  I16: 2,
  I8: 1,
  U8: 1,
  BOOL: 1,
} as const;

export type DType = keyof typeof itemSizes;

/** Whether `name` is one of ours, spelt as in `.safetensors` headers. */
export function isDType(name: unknown): name is DType {
  return typeof name === 'string' && Object.hasOwn(itemSizes, name);
}

/**
 * The numbers behind little-endian bytes times a factor, rounded to float32 where they are wider.
 *
 * @param bytes  whole elements, at any alignment
 * @throws RangeError when a part of an element is left over
 */
export function toFloat32(dtype: DType, bytes: Uint8Array, factor = 1): Float32Array {
  const size = itemSizes[dtype];
  if (bytes.byteLength % size !== 0) throw new RangeError(`${bytes.byteLength} bytes are not whole ${dtype} elements`);
  // typed arrays want an offset that is a multiple of their item size
  const { buffer, byteOffset, byteLength } = bytes.byteOffset % size === 0 ? bytes : bytes.slice();
  const from = [buffer, byteOffset, byteLength / size] as const;
  if (dtype === 'F16') return float16ToFloat32(new Uint16Array(...from), factor);
  if (dtype === 'BF16') return bfloat16ToFloat32(new Uint16Array(...from), factor);
  const values = readers[dtype](...from);
  if (factor !== 1) scaleInto(values, factor, values);
  return values;
}

/** Each makes an array of its own, of so many elements from a byte of a buffer on. */
type Reader = (buffer: ArrayBufferLike, start: number, count: number) => Float32Array;

const readers: Record<Exclude<DType, 'F16' | 'BF16'>, Reader> = {
  F64: (...from) => Float32Array.from(new Float64Array(...from)),
  F32: (...from) => new Float32Array(...from).slice(),
  F8_E4M3: (...from) => fromTable(new Uint8Array(...from), e4m3Codes()),
  F8_E5M2: (...from) => fromTable(new Uint8Array(...from), e5m2Codes()),
  I64: (...from) => Float32Array.from(new BigInt64Array(...from), Number),
  I32: (...from) => Float32Array.from(new Int32Array(...from)),
  I16: (...from) => Float32Array.from(new Int16Array(...from)),
  I8: (...from) => Float32Array.from(new Int8Array(...from)),
  U8: (...from) => Float32Array.from(new Uint8Array(...from)),
  BOOL: (...from) => Float32Array.from(new Uint8Array(...from), (byte) => (byte === 0 ? 0 : 1)),
};

function fromTable(codes: Uint8Array, table: Float32Array): Float32Array {
  return Float32Array.from(codes, (code) => table[code]!);
}

/** FP8 E4M3 "fn": bias 7, no infinity, all ones is NaN. Source: Micikevicius et al. 2022 (arXiv 2209.05433). */
function e4m3Codes(): Float32Array {
  return byteCodes((exponent, mantissa) => {
    if (exponent === 15 && mantissa === 7) return Number.NaN;
    return exponent === 0 ? (mantissa / 8) * 2 ** -6 : (1 + mantissa / 8) * 2 ** (exponent - 7);
  }, 3);
}

/** FP8 E5M2: bias 15, infinities and NaNs as in IEEE 754. Source: the same paper. */
function e5m2Codes(): Float32Array {
  return byteCodes((exponent, mantissa) => {
    if (exponent === 31) return mantissa === 0 ? Number.POSITIVE_INFINITY : Number.NaN;
    return exponent === 0 ? (mantissa / 4) * 2 ** -14 : (1 + mantissa / 4) * 2 ** (exponent - 15);
  }, 2);
}

function byteCodes(magnitude: (exponent: number, mantissa: number) => number, mantissaBits: number): Float32Array {
  return Float32Array.from({ length: 256 }, (_, code) => {
    const value = magnitude((code & 0x7f) >> mantissaBits, code & ((1 << mantissaBits) - 1));
    return code & 0x80 ? -value : value;
  });
}
