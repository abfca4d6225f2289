import { widenInto } from '../kernels/kernels.ts';

/** IEEE float16 bits → the number they stand for; subnormals, infinities and NaN included. */
export function fromFloat16(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 0x1f) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

/** A number → float16 bits, rounded half to even; beyond 65504 (by half a step) it becomes infinite. */
export function toFloat16(value: number): number {
  if (Number.isNaN(value)) return 0x7e00;
  const sign = value < 0 || Object.is(value, -0) ? 0x8000 : 0;
  const magnitude = Math.abs(value);
  if (magnitude >= 65520) return sign | 0x7c00;
  if (magnitude < 2 ** -14) return sign | roundHalfEven(magnitude * 2 ** 24); // subnormal; 1024 is the first normal
  const exponent = Math.floor(Math.log2(magnitude));
  const steps = roundHalfEven((magnitude / 2 ** exponent) * 1024); // 1024…2048; 2048 carries into the exponent
  return sign | (((exponent + 14) << 10) + steps);
}

/** A number as float16 holds it. */
export function asFloat16(value: number): number {
  return fromFloat16(toFloat16(value));
}

/** float16 values, as in a checkpoint, times a factor, as float32. */
export function float16ToFloat32(bits: Uint16Array, factor = 1): Float32Array {
  const out = new Float32Array(bits.length);
  widenInto(out, 'F16', bits, factor);
  return out;
}

/** bfloat16 values (the upper half of a float32) times a factor, as float32. */
export function bfloat16ToFloat32(bits: Uint16Array, factor = 1): Float32Array {
  const out = new Float32Array(bits.length);
  widenInto(out, 'BF16', bits, factor);
  return out;
}

/** float32 values narrowed to float16 bits. */
export function float32ToFloat16(values: Float32Array): Uint16Array {
  return Uint16Array.from(values, toFloat16);
}

/** float32 values narrowed to bfloat16 bits, rounded half to even; NaN stays NaN. */
export function float32ToBfloat16(values: Float32Array): Uint16Array {
  const words = new Uint32Array(values.slice().buffer);
  return Uint16Array.from(words, (word, i) => {
    if (Number.isNaN(values[i])) return 0x7fc0;
    return (word + 0x7fff + ((word >>> 16) & 1)) >>> 16;
  });
}

function roundHalfEven(value: number): number {
  const floor = Math.floor(value);
  const rest = value - floor;
  if (rest !== 0.5) return Math.round(value);
  return floor % 2 === 0 ? floor : floor + 1;
}
