import type { Catalog } from '../edit/index.ts';

/** A table of what can be asked for, one checkpoint a line, and below it the files that cannot be used. */
export function modelsTable({ checkpoints, unusable = [] }: Catalog): string {
  const refused = unusable.map(({ name, why }) => {
    const { file, why: reason } = { file: name, why: why.code, ...why.details };
    return `\n${file} cannot be used: ${reason}`;
  });
  return table(checkpoints) + refused.join('');
}

function table(checkpoints: Catalog['checkpoints']): string {
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
