import type { Catalog } from '../edit/index.ts';

/** A table of what can be asked for, one checkpoint a line. */
export function modelsTable({ checkpoints }: Catalog): string {
  const rows = checkpoints.map(({ name, family, nativeSize, hash }) => [
    name,
    family,
    `${nativeSize}×${nativeSize}`,
    hash ?? '–',
  ]);
  const all = [['checkpoint', 'family', 'trained at', 'hash'], ...rows];
  const widths = all[0]!.map((_, column) => Math.max(...all.map((row) => row[column]!.length)));
  return all
    .map((row) =>
      row
        .map((cell, i) => cell.padEnd(widths[i]!))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
