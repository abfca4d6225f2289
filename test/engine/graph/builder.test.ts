import { expect, test } from 'vitest';
import { graphBuilder } from '../../../src/engine/graph/builder.ts';
import { commonFolder, type StoredTensor } from '../../../src/engine/graph/core.ts';

const stored = (name: string, file: string, offset = 0): StoredTensor => {
  return { name, dtype: 'F32', shape: [1], file, offset, length: 4 };
};

test('the folder of a graph is the innermost that holds all its files', () => {
  expect(commonFolder(['/m/Stable-diffusion', '/m/Lora'])).toBe('/m');
  expect(commonFolder(['/m/a', '/m/a/b'])).toBe('/m/a');
  expect(commonFolder(['/m/ab', '/m/a'])).toBe('/m');
  expect(commonFolder(['/a', '/b'])).toBe('/');
  expect(commonFolder([])).toBe('');
});

test('a parameter asked for twice is one value, cast once', () => {
  const g = graphBuilder('test');
  const half: StoredTensor = { ...stored('w', '/m/a'), dtype: 'F16', length: 2 };
  expect(g.parameter(half)).toBe(g.parameter(half));
  expect(g.finish().weights).toEqual([half]);
});

test('two tensors of one name in different places are a mistake of ours', () => {
  const g = graphBuilder('test');
  g.stored(stored('w', '/m/a', 0));
  expect(() => g.stored(stored('w', '/m/a', 4))).toThrow(RangeError);
});

test('equal constants are written once', () => {
  const g = graphBuilder('test');
  expect(g.floats([1, 2])).toBe(g.floats(Float32Array.of(1, 2)));
  expect(g.floats([1, 2], [2, 1])).not.toBe(g.floats([1, 2]));
  expect(g.ints(1)).not.toBe(g.ints([1]));
});
