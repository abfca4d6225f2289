import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  asFloat16,
  bfloat16ToFloat32,
  float16ToFloat32,
  float32ToBfloat16,
  float32ToFloat16,
  fromFloat16,
  toFloat16,
} from '../../../src/engine/tensor/half.ts';

describe('half floats', () => {
  test('every float16 but NaN survives the way to float32 and back', () => {
    const bits = Uint16Array.from({ length: 65536 }, (_, i) => i).filter((b) => !Number.isNaN(fromFloat16(b)));
    const back = float32ToFloat16(float16ToFloat32(bits));
    expect(bits.findIndex((b, i) => b !== back[i])).toBe(-1);
  });

  test('numbers between two float16 values go to the nearer one, halves to the even one', () => {
    expect(toFloat16(1 + 2 ** -11)).toBe(0x3c00);
    expect(toFloat16(1 + 3 * 2 ** -11)).toBe(0x3c02);
    expect(asFloat16(0.1)).toBe(0.0999755859375);
    expect(toFloat16(2 ** -25)).toBe(0);
    expect(toFloat16(3 * 2 ** -26)).toBe(1);
  });

  test('what is too large becomes infinite, and NaN stays NaN', () => {
    expect([65519, 65520, -1e9].map(asFloat16)).toEqual([65504, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]);
    expect(asFloat16(Number.NaN)).toBeNaN();
    expect(bfloat16ToFloat32(float32ToBfloat16(Float32Array.of(Number.NaN)))[0]).toBeNaN();
  });

  test('bfloat16 keeps eight significant bits', () =>
    fc.assert(
      fc.property(fc.float({ noNaN: true, min: Math.fround(-1e30), max: Math.fround(1e30) }), (value) => {
        const [kept] = bfloat16ToFloat32(float32ToBfloat16(Float32Array.of(value)));
        expect(Math.abs(kept! - value)).toBeLessThanOrEqual(Math.abs(value) * 2 ** -8 + 1e-38);
      }),
    ));
});
