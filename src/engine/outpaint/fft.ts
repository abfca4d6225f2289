/** Complex numbers as two arrays of one length. */
export interface Complex {
  readonly re: Float64Array;
  readonly im: Float64Array;
}

/** n zeros. */
export function complexZeros(n: number): Complex {
  return { re: new Float64Array(n), im: new Float64Array(n) };
}

/** A transform of one length: in place, unscaled, forward. */
type Transform = (data: Complex) => void;

function primeFactors(n: number): number[] {
  const factors: number[] = [];
  for (let p = 4; n > 1; p = p === 4 ? 2 : p + 1) {
    while (n % p === 0) {
      factors.push(p);
      n /= p;
    }
  }
  return factors;
}

/**
 * Discrete Fourier transform of any length: decimation in time over radix 4 and the prime factors.
 * Source: Cooley and Tukey 1965, in Stockham's order, which needs no bit reversal
 */
function planFft(n: number): Transform {
  const factors = primeFactors(n);
  const cos = Float64Array.from({ length: n }, (_, k) => Math.cos((2 * Math.PI * k) / n));
  const sin = Float64Array.from({ length: n }, (_, k) => -Math.sin((2 * Math.PI * k) / n));
  const roots = { re: cos, im: sin };
  const scratch = complexZeros(n);
  return (data) => {
    let [from, to] = [data, scratch];
    let done = 1; // length of the transforms finished so far
    for (const radix of factors) {
      pass(from, to, { n, radix, done, roots });
      done *= radix;
      [from, to] = [to, from];
    }
    if (from === data) return;
    data.re.set(from.re);
    data.im.set(from.im);
  };
}

/** One stage: `radix` transforms of length `done` become one, for every group. */
function pass(from: Complex, to: Complex, stage: { n: number; radix: number; done: number; roots: Complex }): void {
  const { n, radix, done, roots } = stage;
  const groups = n / (done * radix);
  for (let g = 0; g < groups; g++) {
    for (let k = 0; k < done; k++) {
      for (let q = 0; q < radix; q++) {
        const turn = (k + q * done) * groups; // of n, per member of the group
        let [re, im, angle] = [0, 0, 0];
        for (let r = 0; r < radix; r++) {
          const p = (r * groups + g) * done + k;
          const [c, s] = [roots.re[angle]!, roots.im[angle]!];
          re += from.re[p]! * c - from.im[p]! * s;
          im += from.re[p]! * s + from.im[p]! * c;
          angle = (angle + turn) % n;
        }
        const o = g * done * radix + q * done + k;
        to.re[o] = re;
        to.im[o] = im;
      }
    }
  }
}

/**
 * Two-dimensional transform of [rows][columns], orthonormal: forward and back are scaled alike. The input is left alone.
 */
export function fft2(data: Complex, { rows, columns }: { rows: number; columns: number }, inverse = false): Complex {
  const scale = 1 / Math.sqrt(rows * columns);
  const sign = inverse ? -1 : 1;
  const out = { re: data.re.map((v) => v * scale), im: data.im.map((v) => v * scale * sign) };
  const [alongRow, alongColumn] = [planFft(columns), planFft(rows)];
  for (let y = 0; y < rows; y++) {
    const [from, to] = [y * columns, (y + 1) * columns];
    alongRow({ re: out.re.subarray(from, to), im: out.im.subarray(from, to) });
  }
  const line = complexZeros(rows);
  for (let x = 0; x < columns; x++) {
    for (let y = 0, p = x; y < rows; y++, p += columns) {
      line.re[y] = out.re[p]!;
      line.im[y] = out.im[p]!;
    }
    alongColumn(line);
    for (let y = 0, p = x; y < rows; y++, p += columns) {
      out.re[p] = line.re[y]!;
      out.im[p] = line.im[y]! * sign;
    }
  }
  return out;
}
