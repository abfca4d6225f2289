// Everything below U+0020 but tab and line feed, DEL and C1, lone surrogates, and marks that turn the direction of text or are invisible.
const unsound = /[\p{Cc}\p{Cs}\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff]/gu;

/** A person's words without characters that databases refuse or that make text look like something else; lines are kept. */
export function soundText(text: string): string {
  return text.replace(/\r\n?/g, '\n').replace(unsound, (c) => (c === '\n' || c === '\t' ? c : ''));
}

/** Named texts, each as `soundText` has it; what is no text stays. */
export function soundTexts<V>(named: Readonly<Record<string, V>>): Readonly<Record<string, V>> {
  const sound = (value: V) => (typeof value === 'string' ? (soundText(value) as V & string) : value);
  return Object.fromEntries(Object.entries(named).map(([name, value]) => [name, sound(value)]));
}

/** A person's words on one line of a card, cut with "…" after `limit` characters. */
export function oneLine(text: string, limit: number): string {
  const head = text.slice(0, limit * 4); // enough for any limit of characters, and hostile texts cost no more
  const characters = Array.from(soundText(head).replace(/\s+/gu, ' ').trim());
  return characters.length > limit ? `${characters.slice(0, limit - 1).join('')}…` : characters.join('');
}
