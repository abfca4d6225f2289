import { describe, expect, test } from 'vitest';
import { generatorFor } from '../../../src/engine/tensor/generator.ts';
import { imageRng } from '../../../src/engine/tensor/image-rng.ts';
import { row } from '../../../src/engine/tensor/rows.ts';

const shape = [4, 6, 5] as const;

describe.each(['CPU', 'NV'] as const)('noise of source %s', (source) => {
  test('skipping a block leads to the same next block as drawing it', () => {
    for (const skipped of [[2], [15], [16], [17], [4, 6, 5]]) {
      const [drawn, passed] = [generatorFor(source, 7), generatorFor(source, 7)];
      drawn.randn(skipped);
      passed.skip(skipped);
      expect(passed.randn([3])).toEqual(drawn.randn([3]));
      expect(passed.randn(shape)).toEqual(drawn.randn(shape));
    }
  });

  test('does not depend on what else is in the batch', () => {
    const both = imageRng({ source, shape, seeds: [3, 4] });
    const alone = imageRng({ source, shape, seeds: [4] });
    for (let draw = 0; draw < 3; draw++) expect(row(both.next(), 1)).toEqual(row(alone.next(), 0));
  });

  test('a variation of strength 0 is the seed itself, of strength 1 the subseed', () => {
    const plain = (seed: number) => imageRng({ source, shape, seeds: [seed] }).next().data;
    const varied = (strength: number) =>
      imageRng({ source, shape, seeds: [3], variation: { subseeds: [9], strength } }).next().data;
    expect(varied(0)).toEqual(plain(3));
    varied(1).forEach((value, i) => {
      expect(value).toBeCloseTo(plain(9)[i]!, 5);
    });
  });

  test('ENSD changes every draw but the first', () => {
    const [plain, shifted] = [0, 100].map((etaNoiseSeedDelta) =>
      imageRng({ source, shape, seeds: [3], etaNoiseSeedDelta }),
    );
    expect(shifted!.next()).toEqual(plain!.next());
    expect(shifted!.next()).toEqual(imageRng({ source, shape, seeds: [103] }).next());
  });
});

test('the sources GPU and NV give the same numbers', () => {
  expect(generatorFor('GPU', 5).randn(shape)).toEqual(generatorFor('NV', 5).randn(shape));
});
