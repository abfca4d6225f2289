import type { PlaceId } from '../../edit/lineage.ts';

/** Forms of links to messages that chat apps put into the clipboard, and the place each names. */
const forms: readonly {
  readonly pattern: RegExp;
  readonly place: (groups: Readonly<Record<string, string>>) => string;
}[] = [
  {
    pattern:
      /^https:\/\/(?:ptb\.|canary\.)?discord(?:app)?\.com\/channels\/(?<guild>\d{1,20}|@me)\/(?<channel>\d{1,20})\/(?<message>\d{1,20})$/,
    place: ({ guild, channel }) => `d:${guild === '@me' ? '0' : guild}:${channel}`,
  },
  {
    pattern: /^https:\/\/t\.me\/c\/(?<chat>\d{1,16})\/(?:(?<topic>\d{1,16})\/)?(?<message>\d{1,16})$/,
    place: ({ chat, topic }) => `t:-100${chat}:${topic ?? '0'}`,
  },
];

/** The message a link points at; undefined for any other text. */
export function messageLinkIn(text: string): { readonly place: PlaceId; readonly message: string } | undefined {
  const trimmed = text.slice(0, 200).trim();
  for (const { pattern, place } of forms) {
    const groups = pattern.exec(trimmed)?.groups;
    const message = groups?.message;
    if (message) return { place: place(groups) as PlaceId, message };
  }
  return undefined;
}
