import { describe, expect, test } from 'vitest';
import { fillShare, isDrawn, markTaken, openBoard, readDraw } from '../../../src/engine/noise/board.ts';
import { type Draw, drawerOf } from '../../../src/engine/noise/draws.ts';

const sigmas = [14.614643, 4.0, 1.0, 0.029167539, 0].map(Math.fround);
const draws: readonly Draw[] = [{ block: 0 }, { sigma: 14, next: 4 }, { block: 3 }, { sigma: 4, next: 0.5 }];

describe.each(['CPU', 'NV'] as const)('shares of noise of source %s', (source) => {
  test.each([
    [1, [4, 6, 5], 3],
    [3, [4, 6, 5], 3],
    [2, [1, 1, 7], 2],
    [2, [4, 4, 4], 4],
    [1, [4, 5, 2], 2],
  ] as const)('make up the draws: %i pictures of %j in %i shares', (pictures, shape, of) => {
    const seeds = Array.from({ length: pictures }, (_, i) => 5 + i);
    for (const etaNoiseSeedDelta of [0, 31337]) {
      const recipe = { source, shape, seeds, sigmas, etaNoiseSeedDelta };
      const board = openBoard([pictures, ...shape], draws.length, of, 1e6);
      for (let index = 0; index < of; index++) fillShare({ recipe, draws, board, share: { index, of } });
      const own = drawerOf(recipe);
      for (const [i, draw] of draws.entries()) expect(readDraw(board, i)).toEqual(own(draw));
    }
  });
});

describe('a board', () => {
  const recipe = { source: 'NV', shape: [4, 4, 4], seeds: [1], sigmas } as const;

  test('tells of a share once it is drawn, and does not wait for a thread that has not begun', () => {
    const board = openBoard([1, 4, 4, 4], 4, 2, 1e6);
    fillShare({ recipe, draws, board, share: { index: 0, of: 2 } });
    expect([0, 1].map((thread) => isDrawn(board, 3, thread, 1e6))).toEqual([true, false]);
  });

  test('waits for a thread that is late once, not twice', () => {
    const board = openBoard([1, 4, 4, 4], 4, 1, 1e6);
    fillShare({ recipe, draws: draws.slice(0, 2), board, share: { index: 0, of: 1 } });
    const start = performance.now();
    expect(isDrawn(board, 2, 0, 200)).toBe(false);
    expect(performance.now() - start).toBeGreaterThan(190);
    expect(isDrawn(board, 3, 0, 1e6)).toBe(false);
  });

  test('has at most as many slots as fit, and nothing is drawn for a run that is over', () => {
    const board = openBoard([1, 4, 4, 4], 4, 1, 600);
    expect(board.slots).toHaveLength(2 * 64);
    markTaken(board);
    fillShare({ recipe, draws, board, share: { index: 0, of: 1 } });
    expect(board.slots.every((value) => value === 0)).toBe(true);
  });
});
