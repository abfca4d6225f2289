/** The nearest integer, ties to the even one: what C's `rint`, numpy and torch mean by rounding. */
export function roundHalfEven(v: number): number {
  const down = Math.floor(v);
  const rest = v - down;
  if (rest !== 0.5) return rest < 0.5 ? down : down + 1;
  return down % 2 === 0 ? down : down + 1;
}
