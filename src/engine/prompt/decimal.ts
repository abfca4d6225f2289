const decimal = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;
const anyDigit = /\p{Nd}/u;
const foreignDigits = /(?!\d)\p{Nd}/gu;

/** The number a text is, white space around it aside; undefined for any other text. Digits of every script count (１.２). */
export function parseDecimal(text: string): number | undefined {
  const ascii = text.trim().replace(foreignDigits, (digit) => String(digitValue(digit)));
  return decimal.test(ascii) ? Number(ascii) : undefined;
}

/** Unicode keeps the digits of a script together, zero first. */
function digitValue(digit: string): number {
  const code = digit.codePointAt(0)!;
  let before = 0;
  while (anyDigit.test(String.fromCodePoint(code - before - 1))) before++;
  return before % 10;
}
