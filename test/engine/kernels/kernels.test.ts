import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  type Bytes,
  philoxWords,
  pixelsApartInto,
  pixelsTogetherInto,
  resampledAcross,
  resampledDown,
  type Taps,
  WEIGHT_BITS,
  weightedSumInto,
  widenInto,
} from '../../../src/engine/kernels/kernels.ts';
import { fromFloat16 } from '../../../src/engine/tensor/half.ts';
import { philox } from '../../../src/engine/tensor/philox.ts';

const someValues = (length: number) =>
  fc.array(fc.float({ noNaN: true, min: -1e6, max: 1e6 }), { minLength: length, maxLength: length });
const someWeight = fc.double({ noNaN: true, min: -1e3, max: 1e3 });

test('a weighted sum is that of the numbers, one after the other, rounded once', () => {
  const someTerms = fc
    .nat(37)
    .chain((length) => fc.array(fc.tuple(someWeight, someValues(length)), { minLength: 1, maxLength: 5 }));
  fc.assert(
    fc.property(someTerms, (terms) => {
      const [[, first]] = terms as [[number, number[]]];
      const out = new Float32Array(first.length);
      const values = terms.map(([, term]) => Float32Array.from(term));
      const weights = terms.map(([weight]) => weight);
      weightedSumInto(out, weights, values);
      const sums = first.map((_, i) =>
        weights.map((w, k) => w * values[k]![i]!).reduce((sum, product) => sum + product),
      );
      expect(out).toEqual(Float32Array.from(sums));
    }),
  );
});

test('a sum may be longer than the zone it is made in', () => {
  const long = Float32Array.from({ length: 40_001 }, (_, i) => i);
  const out = new Float32Array(long.length);
  weightedSumInto(out, [0.5, 2], [long, long]);
  expect(out).toEqual(long.map((v) => 2.5 * v));
});

test('more terms than there are kernels for are refused', () => {
  const term = new Float32Array(1);
  expect(() => weightedSumInto(term, Array(6).fill(1), Array(6).fill(term))).toThrow('1 to 5');
});

/** Weights that add up to 1, of windows that begin ever further on and end within `from` positions. */
const someTaps = (from: number): fc.Arbitrary<Taps> =>
  fc
    .record({
      taps: fc.integer({ min: 1, max: Math.min(from, 9) }),
      to: fc.integer({ min: 1, max: 20 }),
      seed: fc.nat(),
    })
    .map(({ taps, to, seed }) => {
      const first = Int32Array.from({ length: to }, (_, i) => Math.floor((i * (from - taps + 1)) / to));
      const k = new Int32Array(to * taps);
      for (let i = 0; i < k.length; i++) k[i] = (Math.sin(i + seed) * 0.8 * 2 ** WEIGHT_BITS) / Math.sqrt(taps);
      return { taps, first, k };
    });

const someBytes: fc.Arbitrary<Bytes> = fc
  .record({
    width: fc.integer({ min: 1, max: 24 }),
    height: fc.integer({ min: 1, max: 24 }),
    channels: fc.constantFrom<1 | 3 | 4>(1, 3, 4),
  })
  .chain((shape) => {
    const length = shape.width * shape.height * shape.channels;
    return fc.uint8Array({ minLength: length, maxLength: length }).map((data) => ({ ...shape, data }));
  });

/** A sum in fixed point, as a byte. */
const rounded = (products: readonly number[]) =>
  Math.min(
    255,
    Math.max(0, (products.reduce((sum, product) => sum + product, 2 ** (WEIGHT_BITS - 1)) | 0) >> WEIGHT_BITS),
  );

function acrossByHand({ width, height, channels, data }: Bytes, { taps, first, k }: Taps): number[] {
  const at = (y: number, x: number, c: number) => data[(y * width + x) * channels + c]!;
  const pixel = (y: number, x: number, c: number) =>
    rounded(Array.from({ length: taps }, (_, j) => k[x * taps + j]! * at(y, first[x]! + j, c)));
  return Array.from({ length: height }, (_, y) =>
    Array.from(first, (_, x) => Array.from({ length: channels }, (_, c) => pixel(y, x, c))),
  ).flat(2);
}

const turned = ({ width, height, channels, data }: Bytes): Bytes => ({
  ...{ width: height, height: width, channels },
  data: Uint8Array.from(data, (_, i) => {
    const [c, p] = [i % channels, Math.floor(i / channels)];
    return data[((p % height) * width + Math.floor(p / height)) * channels + c]!;
  }),
});

test('rows and columns are resampled as the weights say', () => {
  const some = someBytes.chain((im) => fc.tuple(fc.constant(im), someTaps(im.width), someTaps(im.height)));
  fc.assert(
    fc.property(some, ([im, columns, rows]) => {
      expect([...resampledAcross(im, columns).data]).toEqual(acrossByHand(im, columns));
      const down = resampledDown(im, rows);
      const byHand = { ...down, width: down.height, height: down.width, data: acrossByHand(turned(im), rows) };
      expect(down.data).toEqual(turned({ ...byHand, data: Uint8Array.from(byHand.data) }).data);
    }),
  );
});

const isSame = ({ data }: Bytes, expected: Uint8Array) => Buffer.compare(data, expected) === 0;

test('pictures larger than the zone they are worked on in are resampled in pieces', () => {
  const shape = { width: 1500, height: 1100, channels: 1 } as const;
  const im: Bytes = { ...shape, data: Uint8Array.from({ length: 1500 * 1100 }, (_, i) => (i * 2654435761) >>> 24) };
  const every = (to: number, step: number): Taps => ({
    ...{ taps: 1, first: Int32Array.from({ length: to }, (_, i) => i * step) },
    k: new Int32Array(to).fill(2 ** WEIGHT_BITS),
  });
  expect(
    isSame(
      resampledAcross(im, every(750, 2)),
      im.data.filter((_, i) => i % 2 === 0),
    ),
  ).toBe(true);
  expect(
    isSame(
      resampledDown(im, every(550, 2)),
      im.data.filter((_, i) => Math.floor(i / 1500) % 2 === 0),
    ),
  ).toBe(true);
});

test('a window of many rows leaves room for few columns at a time', () => {
  const [width, height] = [2100, 700];
  const im: Bytes = {
    width,
    height,
    channels: 1,
    data: new Uint8Array(width * height).fill(7).fill(9, (height - 1) * width),
  };
  const k = new Int32Array(height);
  k[height - 1] = 2 ** WEIGHT_BITS;
  expect(resampledDown(im, { taps: height, first: Int32Array.of(0), k }).data).toEqual(new Uint8Array(width).fill(9));
});

test('every number of 16 bits is widened to what it stands for', () => {
  const codes = Uint16Array.from({ length: 65536 }, (_, i) => i);
  const [halves, brains] = [new Float32Array(65536), new Float32Array(65536)];
  widenInto(halves, 'F16', codes, 0.8);
  widenInto(brains, 'BF16', codes, 1);
  expect(bitsOf(halves)).toEqual(bitsOf(Float32Array.from(codes, (code) => 0.8 * fromFloat16(code))));
  const words = Uint32Array.from(codes, (code) => code << 16);
  expect(bitsOf(brains)).toEqual(bitsOf(new Float32Array(words.buffer)));
});

/** In hexadecimal, any NaN as one: NaNs are equal whatever their bits. */
const bitsOf = (values: Float32Array) =>
  Buffer.from(values.map((value) => (Number.isNaN(value) ? Number.NaN : value)).buffer).toString('hex');

test('bytes go apart into planes of −1…1, and together again', () => {
  const area = 20_001; // more than fits at a time, and no multiple of four
  const rgb = Uint8Array.from({ length: 3 * area }, (_, i) => (i * 2654435761) >>> 24);
  const planes = new Float32Array(3 * area);
  pixelsApartInto(planes, rgb);
  const plane = (c: number) => rgb.filter((_, i) => i % 3 === c);
  const byHand = [0, 1, 2].flatMap((c) => Array.from(plane(c), (byte) => 2 * Math.fround(byte / 255) - 1));
  expect(bitsOf(planes)).toBe(bitsOf(Float32Array.from(byHand)));
  const values = planes.map((value, i) => value * 1.3 + (i % 7) * 0.01);
  values.set([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 1, -1]);
  const bytes = new Uint8Array(3 * area);
  pixelsTogetherInto(bytes, values);
  const f = Math.fround;
  const level = (value: number) => Math.min(255, Math.max(0, Math.trunc(f(255 * f(f(value + 1) / 2))) || 0));
  const expected = rgb.map((_, i) => level(values[(i % 3) * area + Math.floor(i / 3)]!));
  expect(Buffer.compare(bytes, expected)).toBe(0);
});

test('Philox answers many counters as it answers each', () => {
  fc.assert(
    fc.property(
      fc.integer(),
      fc.integer(),
      fc.nat(1000),
      fc.nat(1 << 20),
      fc.integer({ min: 1, max: 41 }),
      (...args) => {
        const [key0, key1, offset, from, count] = args;
        const { radii, turns } = philoxWords(count, [offset, from], [key0, key1]);
        const each = Array.from({ length: count }, (_, i) => philox([offset, 0, from + i, 0], [key0, key1]));
        expect([...radii.subarray(0, count)]).toEqual(each.map(([radius]) => radius));
        expect([...turns.subarray(0, count)]).toEqual(each.map(([, turn]) => turn));
      },
    ),
  );
});
