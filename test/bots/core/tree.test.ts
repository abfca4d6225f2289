import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { treePage } from '../../../src/bots/core/tree.ts';
import type { NodeId, OutlineNode } from '../../../src/edit/lineage.ts';

/** Pictures by the numbers of their parents; −1 has none. */
function outlineOf(parents: readonly number[], removed: readonly number[] = []): OutlineNode[] {
  return parents.map((parent, number) => ({
    ...{ id: `n${number}` as NodeId, number, parent: parent < 0 ? null : (`n${parent}` as NodeId) },
    ...{ author: 'discord:1', removed: removed.includes(number) },
  }));
}

const drawn = (outline: readonly OutlineNode[]) =>
  treePage(outline, 0, 100).lines.map(({ lead, node }) => `${lead}#${node.number}`);

/** Trees of any shape: each picture hangs on an earlier one. */
const trees = fc
  .array(fc.nat(1000), { minLength: 1, maxLength: 80 })
  .map((draws) => outlineOf(draws.map((draw, i) => (i === 0 ? -1 : draw % i))));

describe('a tree in text', () => {
  test('is drawn branch after branch', () => {
    expect(drawn(outlineOf([-1, 0, 1, 1, 0]))).toEqual(['#0', '├─ #1', '│  ├─ #2', '│  └─ #3', '└─ #4']);
  });

  test('keeps what was deleted only where something still hangs on it', () => {
    expect(drawn(outlineOf([-1, 0, 1, 1, 0], [1, 3, 4]))).toEqual(['#0', '└─ #1', '   └─ #2']);
    expect(treePage(outlineOf([-1, 0, 1], [1]), 0, 20).count).toBe(2);
    expect(treePage(outlineOf([-1], [0]), 0, 20)).toEqual({ lines: [], page: 0, pages: 1, count: 0 });
  });

  test('stays narrow however long the history is', () => {
    const lines = drawn(outlineOf([-1, 0, 1, 2, 3, 4, 5, 6, 7, 8]));
    expect(lines[6]).toBe(`${'   '.repeat(5)}└─ #6`);
    expect(lines[9]).toBe(`⋯ ${'   '.repeat(5)}└─ #9`);
  });

  test('shows every picture once, parents first, page after page', () => {
    fc.assert(
      fc.property(trees, fc.integer({ min: 1, max: 20 }), (outline, size) => {
        const { pages } = treePage(outline, 0, size);
        const shown = Array.from({ length: pages }, (_, page) => treePage(outline, page, size).lines).flat();
        expect(shown.map(({ node }) => node.number).toSorted((a, b) => a - b)).toEqual(outline.map((n) => n.number));
        const at = new Map(shown.map(({ node }, i) => [node.id, i]));
        for (const { node } of shown) if (node.parent) expect(at.get(node.parent)).toBeLessThan(at.get(node.id)!);
        for (const { node } of shown.slice(-1)) {
          expect(treePage(outline, node.id, size).lines.map((line) => line.node.id)).toContain(node.id);
        }
      }),
    );
  });

  test.each([
    ['in a row', (i: number) => i - 1],
    ['all from one', () => 0],
    ['in every shape', (i: number) => Math.floor(i / 2)],
  ])('of ten thousand pictures %s has its pages', (_, parentOf) => {
    const outline = outlineOf(Array.from({ length: 10_000 }, (__, i) => (i === 0 ? -1 : parentOf(i))));
    const page = treePage(outline, 499, 20);
    expect(page).toMatchObject({ page: 499, pages: 500, count: 10_000 });
    expect(page.lines).toHaveLength(20);
  });
});
