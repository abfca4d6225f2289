/** Scalars of the reference are float32 tensors; these round after every operation, as they do. */
export const sqrt32 = (value: number): number => Math.fround(Math.sqrt(value));
export const log32 = (value: number): number => Math.fround(Math.log(value));
export const exp32 = (value: number): number => Math.fround(Math.exp(value));

/** n points from a to b, both included; [a] for n = 1. Float32, the upper half counted down from b as torch.linspace does. */
export function linspace32(a: number, b: number, n: number): number[] {
  const f = Math.fround;
  const [start, end] = [f(a), f(b)];
  const step = f(f(end - start) / (n - 1));
  return Array.from({ length: n }, (_, i) => {
    if (n === 1) return start;
    return i < Math.floor(n / 2) ? f(start + f(step * i)) : f(end - f(step * (n - 1 - i)));
  });
}
