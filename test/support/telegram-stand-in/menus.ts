import type { Desk } from './desk.ts';
import type { Fields } from './world.ts';

/** Scopes from the closest to the widest; in each a language of its own goes before none. Source: Bot API, "Determining list of commands". */
const scopes = {
  private: ['all_private_chats', 'default'],
  group: ['all_group_chats', 'default'],
  administrator: ['all_chat_administrators', 'all_group_chats', 'default'],
} as const;

/** Where somebody opens the menu: alone with the bot, in a group, or in a group they administer. */
export type ChatKind = keyof typeof scopes;

export const scopeTypes: readonly string[] = [...new Set(Object.values(scopes).flat())];

/** The commands somebody is shown. */
export function menuFor({ menus }: Pick<Desk, 'menus'>, where: ChatKind, language: string): readonly Fields[] {
  const keys = scopes[where].flatMap((scope) => [`${scope}:${language}`, `${scope}:`]);
  return keys.map((key) => menus.get(key)).find((menu) => menu !== undefined) ?? [];
}
