import { mt19937 } from './mt19937.ts';
import { boundsOf, type NormalStream, type Share, whole } from './normal-stream.ts';
import { sizeOf } from './tensor.ts';

const TWO_PI = 2 * Math.PI;
const TWO_PI_32 = Math.fround(TWO_PI);

/**
 * `torch.randn` of a CPU generator. Blocks of 16 and more are filled from float uniforms, sixteen at a time; smaller ones take
 * doubles one by one, and the sine twin of a value waits for the next small draw, however many large ones come between.
 * A share spares the Box–Muller transform of the others, not their uniforms.
 * Source: PyTorch ATen native/cpu/DistributionTemplates.h, core/DistributionsHelper.h
 */
export function torchGenerator(seed: number, share: Share = whole): NormalStream {
  const word = mt19937(seed);
  const uniform = () => (word() & 0xffffff) * 2 ** -24;
  const uniform53 = () => (word() & 0x1fffff) * 2 ** -21 + word() * 2 ** -53;
  let twin: number | undefined;

  const single = () => {
    if (twin !== undefined) {
      const value = twin;
      twin = undefined;
      return value;
    }
    const angle = TWO_PI * uniform53();
    const radius = Math.sqrt(-2 * Math.log1p(-uniform53()));
    twin = radius * Math.sin(angle);
    return radius * Math.cos(angle);
  };

  const draws = (size: number) => {
    const out = new Float32Array(size);
    for (let i = 0; i < size; i++) out[i] = uniform();
    return out;
  };

  return {
    randn(shape) {
      const size = sizeOf(shape);
      const [from, to] = boundsOf(size, share);
      const out = size < 16 ? Float32Array.from({ length: size }, single) : draws(size);
      for (let start = from; start + 16 <= to; start += 16) toNormals(out, start);
      if (size > 16 && size % 16 !== 0) {
        out.set(draws(16), size - 16); // the tail is drawn anew and overwrites part of the block before it
        if (to > size - 16) toNormals(out, size - 16);
      }
      return share.of === 1 ? { data: out, shape } : { data: out.subarray(from, to), shape: [to - from] };
    },
    skip(shape) {
      const size = sizeOf(shape);
      if (size < 16) for (let i = 0; i < size; i++) single();
      else for (let i = size % 16 === 0 ? 0 : -16; i < size; i++) word();
    },
  };
}

/** Box–Muller on sixteen uniforms in place: the first eight give radii, the last eight angles. Rounds where torch's float32 does. */
function toNormals(values: Float32Array, start: number): void {
  for (let j = start; j < start + 8; j++) {
    const radius = Math.fround(Math.sqrt(-2 * Math.fround(Math.log(1 - values[j]!))));
    const angle = Math.fround(TWO_PI_32 * values[j + 8]!);
    values[j] = radius * Math.cos(angle);
    values[j + 8] = radius * Math.sin(angle);
  }
}
