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

/** 4 as often as it goes, then primes. */
function factorsOf(n: number): number[] {
  const factors: number[] = [];
  let rest = n;
  for (const p of [4, 2, 3]) for (; rest % p === 0; rest /= p) factors.push(p);
  for (let p = 5; rest > 1; p += 2) for (; rest % p === 0; rest /= p) factors.push(p);
  return factors;
}

/** e^(−2πik/n) for k = 0 … n − 1. */
function rootsOfUnity(n: number): Complex {
  return {
    re: Float64Array.from({ length: n }, (_, k) => Math.cos((2 * Math.PI * k) / n)),
    im: Float64Array.from({ length: n }, (_, k) => -Math.sin((2 * Math.PI * k) / n)),
  };
}

/** One stage of a transform of length n: `radix` transforms of length `done` become one, in every group. */
interface Stage {
  readonly n: number;
  readonly radix: number;
  readonly done: number;
  readonly roots: Complex;
}

/**
 * Discrete Fourier transform of any length: decimation in time over radix 4 and the prime factors.
 * Source: Cooley and Tukey 1965, in Stockham's order, which needs no bit reversal
 */
function planFft(n: number): Transform {
  const roots = rootsOfUnity(n);
  let done = 1;
  const stages = factorsOf(n).map((radix): Stage => {
    const stage = { n, radix, done, roots };
    done *= radix;
    return stage;
  });
  const scratch = complexZeros(n);
  return (data) => {
    let [from, to] = [data, scratch];
    for (const stage of stages) {
      if (stage.radix === 4) pass4(from, to, stage);
      else passAny(from, to, stage);
      [from, to] = [to, from];
    }
    if (from === data) return;
    data.re.set(from.re);
    data.im.set(from.im);
  };
}

/** Radix 4, whose own roots of unity are 1, −i, −1 and i. */
function pass4({ re, im }: Complex, to: Complex, { n, done, roots }: Stage): void {
  const groups = n / (4 * done);
  const apart = groups * done;
  for (let k = 0; k < done; k++) {
    const [c1, s1] = [roots.re[k * groups]!, roots.im[k * groups]!];
    const [c2, s2] = [roots.re[2 * k * groups]!, roots.im[2 * k * groups]!];
    const [c3, s3] = [roots.re[3 * k * groups]!, roots.im[3 * k * groups]!];
    for (let g = 0, p = k, o = k; g < groups; g++, p += done, o += 4 * done) {
      const [p1, p2, p3] = [p + apart, p + 2 * apart, p + 3 * apart];
      const [r0, i0] = [re[p]!, im[p]!];
      const [r1, i1] = [re[p1]! * c1 - im[p1]! * s1, re[p1]! * s1 + im[p1]! * c1];
      const [r2, i2] = [re[p2]! * c2 - im[p2]! * s2, re[p2]! * s2 + im[p2]! * c2];
      const [r3, i3] = [re[p3]! * c3 - im[p3]! * s3, re[p3]! * s3 + im[p3]! * c3];
      const [o1, o2, o3] = [o + done, o + 2 * done, o + 3 * done];
      to.re[o] = r0 + r2 + (r1 + r3);
      to.im[o] = i0 + i2 + (i1 + i3);
      to.re[o1] = r0 - r2 + (i1 - i3);
      to.im[o1] = i0 - i2 - (r1 - r3);
      to.re[o2] = r0 + r2 - (r1 + r3);
      to.im[o2] = i0 + i2 - (i1 + i3);
      to.re[o3] = r0 - r2 - (i1 - i3);
      to.im[o3] = i0 - i2 + (r1 - r3);
    }
  }
}

/** Any radix, by its definition. */
function passAny(from: Complex, to: Complex, { n, radix, done, roots }: Stage): void {
  const groups = n / (done * radix);
  for (let k = 0; k < done; k++) {
    for (let q = 0; q < radix; q++) {
      const turn = ((k + q * done) * groups) % n;
      for (let g = 0; g < groups; g++) {
        let [re, im, angle] = [0, 0, 0];
        for (let r = 0, p = g * done + k; r < radix; r++, p += groups * done) {
          const [c, s] = [roots.re[angle]!, roots.im[angle]!];
          re += from.re[p]! * c - from.im[p]! * s;
          im += from.re[p]! * s + from.im[p]! * c;
          angle += turn;
          if (angle >= n) angle -= n;
        }
        const o = (g * radix + q) * done + k;
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
