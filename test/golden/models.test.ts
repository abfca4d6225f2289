import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { modelAreas } from '../../src/golden/models.ts';
import type { GoldenOutcome } from '../../src/golden/outcome.ts';

const folder = (name: string) => fileURLToPath(new URL(`models/${name}`, import.meta.url));

describe('weights files and networks agree with the reference:', () => {
  test.each([
    ['dtypes', 9],
    ['detect', 15],
    ['layouts', 8],
    ['sd2', 2],
    ['concat', 1],
    ['pth', 12],
    ['lora', 29],
    ['hypernet', 2],
    ['preview', 5],
  ] as const)('%s', async (area, atLeast) => {
    const outcomes: GoldenOutcome[] = [];
    for await (const outcome of modelAreas[area]!(folder(area))) outcomes.push(outcome);
    expect(outcomes.filter(({ status }) => status !== 'ok')).toEqual([]);
    expect(outcomes.length).toBeGreaterThanOrEqual(atLeast);
  });
});
