/** To 0…255, for integers. */
export function clip8(v: number): number {
  return Math.min(Math.max(v, 0), 255);
}
