/** Scalars of the reference are float32 tensors; these round after every operation, as they do. */
export const sqrt32 = (value: number): number => Math.fround(Math.sqrt(value));
export const log32 = (value: number): number => Math.fround(Math.log(value));
export const exp32 = (value: number): number => Math.fround(Math.exp(value));

/**
 * n points from a to b, both included, bit for bit as `torch.linspace` makes float32 ones on a CPU with AVX2: the upper half is
 * counted down from b; whole pairs of eight are counted on from the first of their eight; multiplying and adding round once.
 * Source: PyTorch ATen native/cpu/RangeFactoriesKernel.cpp
 */
export function linspace32(a: number, b: number, n: number): number[] {
  const f = Math.fround;
  const [start, end] = [f(a), f(b)];
  if (n === 1) return [start];
  const step = f(f(end - start) / (n - 1));
  const inVectors = n - (n % 16);
  return Array.from({ length: n }, (_, i) => {
    const lane = i < inVectors ? i % 8 : 0;
    const first = i - lane;
    const base = first < Math.floor(n / 2) ? f(start + step * first) : f(end - step * (n - 1 - first));
    return f(base + f(lane * step));
  });
}
