import {
  type Code,
  type Definition,
  define,
  f32x4,
  f64x2,
  i8x16,
  i16x8,
  i32,
  i32x4,
  i64x2,
  repeat,
  type ValueType,
  type Variable,
  v128,
} from './assembler.ts';

/** Where a kernel finds and leaves its numbers, bytes from the memory's start. Every zone has room to read and write a vector too much. */
export const layout = { table: 0, input: 1 << 20, output: 5 << 19, bytes: 4 << 20 } as const;

/** Numbers of an array, or of a plane, that are worked on at a time; they stay in the processor's cache. */
export const PIECE = 1 << 14;
/** Terms of a sum, at most. */
export const MOST_TERMS = 5;

/** A word in every lane. */
const everywhere = (word: number) => i32x4.splat(i32.const(word | 0));

const times = <T>(count: number, make: (i: number) => T): T[] => Array.from({ length: count }, (_, i) => make(i));
const named = <T extends ValueType>(count: number, letter: string, type: T): Record<string, T> =>
  Object.fromEntries(times(count, (i) => [`${letter}${i}`, type]));

/** Σ weight·input over `count` inputs of float32, in float64 from the first to the last: the input at place i begins PIECE values after the one before. */
function weightedSum(count: number): Definition {
  const params = { end: 'i32', ...named(count, 'weight', 'f64') } as const;
  const locals = { at: 'i32', ...named(count, 'w', 'v128') } as const;
  return define<Record<string, ValueType>, Record<string, ValueType>>(params, locals, (v) => {
    const two = (offset: number): Code => {
      const terms = times(count, (i): Code => {
        const values = v128.load64Zero(v.at!.get, layout.input + 4 * PIECE * i + offset);
        return f64x2.mul(v[`w${i}`]!.get, f64x2.promoteLowF32x4(values));
      });
      const sum = terms.reduce((all, term) => f64x2.add(all, term));
      return v128.store64(v.at!.get, f32x4.demoteF64x2Zero(sum), layout.output + offset);
    };
    return [
      times(count, (i) => v[`w${i}`]!.set(f64x2.splat(v[`weight${i}`]!.get))),
      repeat(v.at!, { step: i32.const(16), end: v.end!.get }, [two(0), two(8)]),
    ];
  });
}

/** Bits behind the point of the weights of pictures. */
export const PRECISION = 22;
const half = everywhere(1 << (PRECISION - 1));

const toBytes = (a: Code, b: Code, c: Code, d: Code): Code => {
  const whole = (sums: Code) => i32x4.shrS(sums, i32.const(PRECISION));
  return i8x16.narrowI16x8U(i16x8.narrowI32x4S(whole(a), whole(b)), i16x8.narrowI32x4S(whole(c), whole(d)));
};
const fourBytes = (address: Code): Code => i32x4.extendLowI16x8U(i16x8.extendLowI8x16U(v128.load32Zero(address)));

/**
 * One row of bytes as a weighted sum of rows, `stride` bytes apart: weights from the table, as many as there are up to `weightsEnd`.
 * Rounded, and clipped to 0…255.
 */
const rowsDown = define(
  { out: 'i32', rows: 'i32', length: 'i32', stride: 'i32', weights: 'i32', weightsEnd: 'i32' },
  {
    x: 'i32',
    p: 'i32',
    w: 'i32',
    weight: 'v128',
    low: 'v128',
    high: 'v128',
    a: 'v128',
    b: 'v128',
    c: 'v128',
    d: 'v128',
  },
  ({ out, rows, length, stride, weights, weightsEnd, x, p, w, weight, low, high, a, b, c, d }) => {
    const add = (sum: typeof a, values: Code) => sum.set(i32x4.add(sum.get, i32x4.mul(weight.get, values)));
    const oneRow: Code = [
      weight.set(i32x4.splat(i32.load(w.get))),
      high.set(v128.load(p.get)),
      low.set(i16x8.extendLowI8x16U(high.get)),
      high.set(i16x8.extendHighI8x16U(high.get)),
      add(a, i32x4.extendLowI16x8U(low.get)),
      add(b, i32x4.extendHighI16x8U(low.get)),
      add(c, i32x4.extendLowI16x8U(high.get)),
      add(d, i32x4.extendHighI16x8U(high.get)),
      p.set(i32.add(p.get, stride.get)),
    ];
    return repeat(x, { step: i32.const(16), end: length.get }, [
      [a, b, c, d].map((sum) => sum.set(half)),
      p.set(i32.add(rows.get, x.get)),
      w.set(weights.get),
      repeat(w, { step: i32.const(4), end: weightsEnd.get }, oneRow),
      v128.store(i32.add(out.get, x.get), toBytes(a.get, b.get, c.get, d.get)),
    ]);
  },
);

const acrossParams = {
  out: 'i32',
  row: 'i32',
  firsts: 'i32',
  firstsEnd: 'i32',
  weights: 'i32',
  tapBytes: 'i32',
} as const;

/** One row of pixels of three or four channels, every pixel a weighted sum of its `tapBytes`/4 neighbours from the first on. */
const pixelsAcross = (channels: 3 | 4): Definition =>
  define(
    acrossParams,
    { p: 'i32', end: 'i32', sum: 'v128' },
    ({ out, row, firsts, firstsEnd, weights, tapBytes, p, end, sum }) =>
      repeat(firsts, { step: i32.const(4), end: firstsEnd.get }, [
        p.set(i32.add(row.get, i32.load(firsts.get))),
        end.set(i32.add(weights.get, tapBytes.get)),
        sum.set(half),
        repeat(weights, { step: i32.const(4), end: end.get }, [
          sum.set(i32x4.add(sum.get, i32x4.mul(i32x4.splat(i32.load(weights.get)), fourBytes(p.get)))),
          p.set(i32.add(p.get, i32.const(channels))),
        ]),
        v128.store32(out.get, toBytes(sum.get, sum.get, sum.get, sum.get)), // of three channels, the fourth byte is written over
        out.set(i32.add(out.get, i32.const(channels))),
      ]),
  );

const rotated = (by: number) => times(16, (i) => (i + by) % 16);

/** The same for grey, four neighbours at a time: `tapBytes` is a multiple of 16. */
const greysAcross = define(
  acrossParams,
  { p: 'i32', end: 'i32', sum: 'v128' },
  ({ out, row, firsts, firstsEnd, weights, tapBytes, p, end, sum }) => {
    const addRotated = (by: number) => sum.set(i32x4.add(sum.get, i8x16.shuffle(sum.get, sum.get, rotated(by))));
    return repeat(firsts, { step: i32.const(4), end: firstsEnd.get }, [
      p.set(i32.add(row.get, i32.load(firsts.get))),
      end.set(i32.add(weights.get, tapBytes.get)),
      sum.set(everywhere(0)),
      repeat(weights, { step: i32.const(16), end: end.get }, [
        sum.set(i32x4.add(sum.get, i32x4.mul(v128.load(weights.get), fourBytes(p.get)))),
        p.set(i32.add(p.get, i32.const(4))),
      ]),
      [addRotated(8), addRotated(4)],
      sum.set(i32x4.add(sum.get, half)),
      v128.store8(out.get, toBytes(sum.get, sum.get, sum.get, sum.get)),
      out.set(i32.add(out.get, i32.const(1))),
    ]);
  },
);

/** Philox 4×32's numbers. Source: Salmon et al. 2011 */
export const [ROUNDS, MULTIPLIER_0, MULTIPLIER_1, WEYL_0, WEYL_1] = [
  10, 0xd2511f53, 0xcd9e8d57, 0x9e3779b9, 0xbb67ae85,
];

/** Bytes between the first words of Philox's answers and the second ones. */
export const PHILOX_BYTES = 1 << 16;

/**
 * Philox 4×32 for the counters (offset, 0, index, 0), (offset, 0, index + 1, 0) …: the first two of their words, in two rows.
 * Source: Salmon et al. 2011
 */
const philoxWords = define(
  { end: 'i32', offset: 'i32', index: 'i32', key0: 'i32', key1: 'i32' },
  {
    ...{ at: 'i32', next: 'v128', c0: 'v128', c1: 'v128', c2: 'v128', c3: 'v128', k0: 'v128', k1: 'v128' },
    ...{ high0: 'v128', high1: 'v128', low0: 'v128', low1: 'v128', p: 'v128', q: 'v128' },
  },
  ({ end, offset, index, key0, key1, at, next, c0, c1, c2, c3, k0, k1, high0, high1, low0, low1, p, q }) => {
    const wordsOf = (start: number) => times(4, (lane) => times(4, (byte) => 8 * lane + start + byte)).flat();
    const multiplied = (low: typeof at, high: typeof at, word: Code, multiplier: number): Code => [
      p.set(i64x2.extmulLowI32x4U(word, everywhere(multiplier))),
      q.set(i64x2.extmulHighI32x4U(word, everywhere(multiplier))),
      low.set(i8x16.shuffle(p.get, q.get, wordsOf(0))),
      high.set(i8x16.shuffle(p.get, q.get, wordsOf(4))),
    ];
    const round: Code = [
      multiplied(low0, high0, c0.get, MULTIPLIER_0),
      multiplied(low1, high1, c2.get, MULTIPLIER_1),
      c0.set(v128.xor(v128.xor(high1.get, c1.get), k0.get)),
      c1.set(low1.get),
      c2.set(v128.xor(v128.xor(high0.get, c3.get), k1.get)),
      c3.set(low0.get),
      k0.set(i32x4.add(k0.get, everywhere(WEYL_0))),
      k1.set(i32x4.add(k1.get, everywhere(WEYL_1))),
    ];
    return [
      next.set(i32x4.add(i32x4.splat(index.get), v128.const([0, 1, 2, 3]))),
      repeat(at, { step: i32.const(16), end: end.get }, [
        c0.set(i32x4.splat(offset.get)),
        [c1, c3].map((word) => word.set(everywhere(0))),
        c2.set(next.get),
        k0.set(i32x4.splat(key0.get)),
        k1.set(i32x4.splat(key1.get)),
        times(ROUNDS, () => round),
        v128.store(at.get, c0.get, layout.output),
        v128.store(at.get, c1.get, layout.output + PHILOX_BYTES),
        next.set(i32x4.add(next.get, everywhere(4))),
      ]),
    ];
  },
);

/** Four 16-bit numbers, each in the lower half of a lane, as float32. */
type Widening = (halves: Code, v: Readonly<Record<'bits' | 'exponent', Variable>>) => Code;

/** The upper half of the float32 with those bits. */
const bfloat16: Widening = (halves) => i32x4.shl(halves, i32.const(16));

/**
 * Exponents are moved from a bias of 15 to one of 127; the largest, of infinities and NaN, twice. Without an exponent, the fraction is laid
 * on a power of two, which is then taken away: float32 has no subnormals at that size.
 */
const float16: Widening = (halves, { bits, exponent }) => {
  const bias = 127 - 15;
  const is = (value: number) => i32x4.eq(exponent.get, everywhere(value));
  const magnitude = i32x4.shl(v128.and(bits.get, everywhere(0x7fff)), i32.const(13));
  const moved = i32x4.add(i32x4.add(magnitude, everywhere(bias << 23)), v128.and(is(0x7c00), everywhere(bias << 23)));
  const power = everywhere((bias + 1) << 23);
  const small = f32x4.sub(i32x4.add(magnitude, power), power);
  const sign = i32x4.shl(v128.and(bits.get, everywhere(0x8000)), i32.const(16));
  return [
    bits.set(halves),
    exponent.set(v128.and(bits.get, everywhere(0x7c00))),
    v128.or(v128.select(small, moved, is(0)), sign),
  ];
};

/** Numbers of 16 bits as float32, times a factor in float64. */
const widened = (widening: Widening): Definition =>
  define(
    { end: 'i32', factor: 'f64' },
    { from: 'i32', to: 'i32', factors: 'v128', bits: 'v128', exponent: 'v128', values: 'v128' },
    ({ end, factor, from, to, factors, bits, exponent, values }) => {
      const two = (pair: Code) => f32x4.demoteF64x2Zero(f64x2.mul(f64x2.promoteLowF32x4(pair), factors.get));
      const halves = i32x4.extendLowI16x8U(v128.load64Zero(from.get, layout.input));
      const upper = i8x16.shuffle(values.get, values.get, rotated(8));
      return [
        factors.set(f64x2.splat(factor.get)),
        repeat(from, { step: i32.const(8), end: end.get }, [
          values.set(widening(halves, { bits, exponent })),
          v128.store64(to.get, two(values.get), layout.output),
          v128.store64(to.get, two(upper), layout.output + 8),
          to.set(i32.add(to.get, i32.const(16))),
        ]),
      ];
    },
  );

/** A float32 in every lane. */
const floats = (value: number) => everywhere(new Int32Array(Float32Array.of(value).buffer)[0]!);

const planes = [0, 1, 2].map((channel) => 4 * PIECE * channel);

/** Interleaved bytes 0…255 to three planes of float32 −1…1, every operation in float32. */
const pixelsApart = define({ end: 'i32' }, { at: 'i32', from: 'i32', four: 'v128' }, ({ end, at, from, four }) =>
  repeat(at, { step: i32.const(16), end: end.get }, [
    four.set(v128.load(from.get, layout.input)),
    planes.map((plane, channel) => {
      const bytes = times(4, (pixel) => [3 * pixel + channel, 16, 16, 16]).flat(); // 16: of the zeros
      const share = f32x4.div(f32x4.convertI32x4U(i8x16.shuffle(four.get, everywhere(0), bytes)), floats(255));
      return v128.store(at.get, f32x4.sub(f32x4.mul(share, floats(2)), floats(1)), layout.output + plane);
    }),
    from.set(i32.add(from.get, i32.const(12))),
  ]),
);

/** And back: clipped, and truncated. */
const pixelsTogether = define({ end: 'i32' }, { at: 'i32', to: 'i32', packed: 'v128' }, ({ end, at, to, packed }) => {
  const levels = ([0, 1, 2] as const).map((channel) => {
    const half = f32x4.div(f32x4.add(v128.load(at.get, layout.input + planes[channel]!), floats(1)), floats(2));
    return i32x4.truncSatF32x4S(f32x4.mul(half, floats(255)));
  });
  const [red = [], green = [], blue = []] = levels;
  const interleaved = times(16, (i) => (i < 12 ? (i % 3) * 4 + Math.floor(i / 3) : 0));
  return repeat(at, { step: i32.const(16), end: end.get }, [
    packed.set(i8x16.narrowI16x8U(i16x8.narrowI32x4S(red, green), i16x8.narrowI32x4S(blue, blue))),
    v128.store(to.get, i8x16.shuffle(packed.get, packed.get, interleaved), layout.output), // four bytes too many are written over
    to.set(i32.add(to.get, i32.const(12))),
  ]);
});

/** All kernels by name. */
export const definitions = {
  sum1: weightedSum(1),
  sum2: weightedSum(2),
  sum3: weightedSum(3),
  sum4: weightedSum(4),
  sum5: weightedSum(5),
  rowsDown,
  across1: greysAcross,
  across3: pixelsAcross(3),
  across4: pixelsAcross(4),
  philoxWords,
  pixelsApart,
  pixelsTogether,
  widenedF16: widened(float16),
  widenedBF16: widened(bfloat16),
} as const;
