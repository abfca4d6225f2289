/**
 * The upper word of the 64-bit product of two 32-bit words, as a signed word. The product's float64 value less its exact lower word is
 * off by less than half an upper word, so rounding finds it.
 *
 * @param low  the lower word: `Math.imul(a, b)`
 */
export function highWord(a: number, b: number, low: number): number {
  return (((a >>> 0) * (b >>> 0) - (low >>> 0)) * 2 ** -32 + 0.5) | 0;
}
