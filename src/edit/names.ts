/** Edit distance that counts a swap of neighbours as one. Source: Damerau 1964, optimal string alignment form. */
function distance(a: string, b: string): number {
  let before: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1];
      let best = Math.min(last[j]! + 1, row[j - 1]! + 1, last[j - 1]! + (same ? 0 : 1));
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) best = Math.min(best, before[j - 2]! + 1);
      row.push(best);
    }
    [before, last] = [last, row];
  }
  return last[b.length]!;
}

/** Up to three of `names` nearest to what was given, best first. Long texts are compared by their first 64 characters. */
export function closest(given: string, names: readonly string[]): readonly string[] {
  const wanted = given.slice(0, 64).toLowerCase();
  return names
    .map((name) => ({ name, d: distance(wanted, name.slice(0, 64).toLowerCase()) }))
    .sort((a, b) => a.d - b.d)
    .slice(0, 3)
    .map(({ name }) => name);
}

/** Those of `names` that somebody may well have meant, best first: one letter in three may be wrong. */
export function meant(given: string, names: readonly string[]): readonly string[] {
  const wrong = Math.max(1, Math.floor(given.length / 3));
  return closest(given, names).filter(
    (name) => distance(given.slice(0, 64).toLowerCase(), name.toLowerCase()) <= wrong,
  );
}
