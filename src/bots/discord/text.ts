/** What Discord would read as formatting, as a mention, an emoji or a time stamp. Source: discord.com/developers/docs/reference, "Message Formatting". */
const marks = /[\\*_~`|<[\]]/g;
/** Headings, small print, quotations and lists, at the beginning of a line. */
const lineMarks = /^(\s*)(#{1,3}|-#?|>{1,3}|\+|\d{1,9}\.)(?=\s|$)/gm;

/** People's words as they are: no markup, no mention. */
export function inert(text: string): string {
  return text
    .replace(marks, '\\$&')
    .replace(lineMarks, (_, blank: string, mark: string) => `${blank}${mark.slice(0, -1)}\\${mark.slice(-1)}`)
    .replace(/@(?=everyone|here)/g, '@\u2060');
}

/** Characters and bytes a message's texts may have together. Source: discord.com/developers/docs/components/reference; the bytes: discord-api-docs issue 8554. */
const limits = { characters: 4000, bytes: 10_170, bytesPerText: 12 } as const;

/** As much of a text as one message takes with all of `end` behind it, ending in "…" when cut, never inside a character or behind a lone backslash. */
export function cutToMessage(text: string, end = ''): string {
  const room = limits.bytes - limits.bytesPerText - Buffer.byteLength(end);
  const characters = limits.characters - end.length;
  if (text.length <= characters && Buffer.byteLength(text) <= room) return `${text}${end}`;
  let kept = '';
  let [count, bytes] = [1, 3]; // of the "…"
  for (const character of text) {
    count += character.length;
    bytes += Buffer.byteLength(character);
    if (count > characters || bytes > room) break;
    kept += character;
  }
  const backslashes = /\\*$/.exec(kept)![0].length;
  return `${backslashes % 2 === 1 ? kept.slice(0, -1) : kept}…${end}`;
}

/** At most `limit` UTF-16 units, ending in "…" when cut, never inside a character. */
export function cut(text: string, limit: number): string {
  if (text.length <= limit) return text;
  return `${text.slice(0, limit - 1).replace(/[\ud800-\udbff]$/, '')}…`;
}
