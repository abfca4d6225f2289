import fc from 'fast-check';
import sharp from 'sharp';
import { expect, test } from 'vitest';
import type { TreeTile } from '../../../src/edit/probe.ts';
import { laidOut } from '../../../src/engine/image/tree-layout.ts';
import { pictures } from '../../../src/engine/pictures.ts';

const plain = (width: number, height: number, background: string) =>
  sharp({ create: { width, height, channels: 3, background } })
    .png()
    .toBuffer();
const at = (...parents: (number | null)[]) =>
  laidOut(parents.map((parent) => ({ parent }))).map(({ column, row }) => [column, row]);

test('what comes first from a picture stands beside it, what comes next below', () => {
  expect(at(null, 0, 1, 1, 0)).toEqual([
    [0, 0],
    [1, 0],
    [2, 0],
    [2, 1],
    [1, 2],
  ]);
});

test('a long history goes on below, from the left', () => {
  expect(at(null, 0, 1, 2, 3, 4, 5, 6).slice(5)).toEqual([
    [5, 0],
    [0, 1],
    [1, 1],
  ]);
});

test('pictures that hang on nothing here fill rows', () => {
  expect(at(null, null, null, null, null, null, null).slice(5)).toEqual([
    [5, 0],
    [0, 1],
  ]);
});

test('every picture of every tree has a place of its own, right of the one it comes from or in a band of its own', () => {
  const trees = fc
    .array(fc.nat(30), { maxLength: 24 })
    .map((picks) => picks.map((pick, i) => ({ parent: i === 0 || pick % 7 === 0 ? null : pick % i })));
  fc.assert(
    fc.property(trees, (leaves) => {
      const spots = laidOut(leaves);
      expect(new Set(spots.map(({ column, row }) => `${column} ${row}`)).size).toBe(leaves.length);
      for (const { column, row, from } of spots) {
        expect(column).toBeLessThan(6);
        if (from === null) continue;
        expect(column).toBe(spots[from]!.column + 1);
        expect(row).toBeGreaterThanOrEqual(spots[from]!.row);
      }
    }),
  );
});

test('a tree shows pictures of any shape with what is current in a frame, and a place for what is gone or broken', async () => {
  const [wide, tall] = await Promise.all([plain(300, 40, '#000'), plain(40, 300, '#000')]);
  const tile = { op: 'edit', maker: 0, head: null } as const;
  const tiles: TreeTile[] = [
    { ...tile, bytes: wide, number: 0, parent: null },
    { ...tile, bytes: tall, number: 1, parent: 0, head: 'main' },
    { ...tile, bytes: null, number: 2, parent: 0 },
    { ...tile, bytes: new Uint8Array([1, 2, 3]), number: 3, parent: 99 },
  ];
  const { data, info } = await sharp(await pictures.tree(tiles))
    .raw()
    .toBuffer({ resolveWithObject: true });
  expect(info).toMatchObject({ width: 552, height: 706 });
  const near = (x: number, y: number, [r, g, b]: readonly [number, number, number]) => {
    const p = (y * info.width + x) * info.channels;
    return Math.hypot(data[p]! - r, data[p + 1]! - g, data[p + 2]! - b) < 40;
  };
  const middle = 16 + 104;
  expect(near(292, middle, [0x7d, 0x81, 0x90])).toBe(true); // the line between #0 and #1
  const columns = Array.from({ length: 208 }, (_, x) => 328 + x);
  expect(columns.filter((x) => near(x, middle, [0xf2, 0xb8, 0x4b])).length).toBeGreaterThan(8); // the frame of #1
});
