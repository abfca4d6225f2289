import { asFloat16 } from '../tensor/half.ts';
import { sqrt32 } from './float32.ts';

/**
 * ᾱ[t], t = 0…999, of SD 1.x, SD 2.x and SDXL: "scaled linear" betas from 0.00085 to 0.0120, in float64, the product cast to float32.
 * A checkpoint's own `alphas_cumprod` goes before it. Source: CompVis ldm/modules/diffusionmodules/util.py `make_beta_schedule`
 */
export function stableDiffusionAlphas(): Float32Array {
  let product = 1;
  known ??= Float32Array.from(scaledLinearBetas(), (beta) => (product *= 1 - beta));
  return known;
}

let known: Float32Array | undefined; // exact betas take milliseconds

/**
 * The 1000 betas the alphas are made of, float64, bit for bit: the squares of 1000 evenly spaced values. Their upper half is counted
 * down from the end, and every four are counted on from the first of them, as torch.linspace does.
 */
export function scaledLinearBetas(): Float64Array {
  const [start, end] = [Math.sqrt(0.00085), Math.sqrt(0.012)];
  const step = (end - start) / 999;
  return Float64Array.from({ length: 1000 }, (_, i) => {
    const lane = i % 4;
    const first = i - lane;
    const base = first < 500 ? multiplyAdd(step, first, start) : multiplyAdd(-step, 999 - first, end);
    return (base + lane * step) ** 2;
  });
}

/** x·y + z rounded once, for numbers far from overflow. Source: Dekker 1971; Knuth, TAOCP 2, 4.2.2 */
function multiplyAdd(x: number, y: number, z: number): number {
  const [product, lost] = exactProduct(x, y);
  const sum = product + z;
  const back = sum - product;
  return sum + (product - (sum - back) + (z - back) + lost);
}

/** x·y as its float64 value and what that rounds away. */
function exactProduct(x: number, y: number): readonly [product: number, lost: number] {
  const high = (value: number) => value * 134217729 - (value * 134217729 - value); // the upper 26 bits
  const [xh, yh] = [high(x), high(y)];
  const [xl, yl] = [x - xh, y - yh];
  const product = x * y;
  return [product, xh * yh - product + xh * yl + xl * yh + xl * yl];
}

/** ᾱ rounded to float16, as A1111's option `use_downcasted_alpha_bar` has it. */
export function downcastAlphas(alphas: Float32Array): Float32Array {
  return alphas.map(asFloat16);
}

/**
 * ᾱ stretched so that the last step is (all but) pure noise: A1111's noise schedule "Zero Terminal SNR", in float32.
 * Source: Lin et al. 2023 (arXiv 2305.08891), algorithm 1; A1111 modules/sd_models.py
 */
export function zeroTerminalSnr(alphas: Float32Array): Float32Array {
  const f = Math.fround;
  const first = sqrt32(alphas[0]!);
  const last = sqrt32(alphas.at(-1)!);
  const stretch = f(first / f(first - last));
  const out = alphas.map((alpha) => f(f(sqrt32(alpha) - last) * stretch) ** 2);
  out[out.length - 1] = 4.8973451890853435e-8; // instead of 0, which has no σ
  return out;
}
