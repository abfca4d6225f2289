/** Names that hold what was typed, letters in order: beginning with it first, then at a word's beginning, then anywhere, then scattered. */
export function ranked<T extends { readonly name: string }>(all: readonly T[], typed: string): readonly T[] {
  const wanted = typed.trim().toLowerCase();
  return all
    .map((one) => ({ one, rank: rankOf(one.name.toLowerCase(), wanted) }))
    .filter(({ rank }) => rank !== null)
    .sort((a, b) => a.rank! - b.rank!)
    .map(({ one }) => one);
}

function rankOf(name: string, wanted: string): number | null {
  const at = name.indexOf(wanted);
  if (at === 0) return 0;
  if (at > 0) {
    const before = name.split(wanted).slice(0, -1);
    return before.some((part) => /[^\p{L}\p{N}]$/u.test(part)) ? 1 : 2;
  }
  let from = 0;
  for (const character of wanted) {
    const found = name.indexOf(character, from);
    if (found < 0) return null;
    from = found + character.length;
  }
  return 3;
}
