import type { Clock } from '../core/clock.ts';
import type { Api } from './api.ts';

const rememberMs = 10 * 60 * 1000;

/** Whether somebody administers a chat. Asked of Telegram once in ten minutes per chat; nobody does while it does not say. */
export type Administrators = (chat: string, user: string) => Promise<boolean>;

export function openAdministrators(api: Api, clock: Clock): Administrators {
  const known = new Map<string, { readonly at: number; readonly ids: Promise<ReadonlySet<string>> }>();
  return async (chat, user) => {
    const found = known.get(chat);
    const isFresh = found && clock.now() - found.at < rememberMs;
    const ids = isFresh ? found.ids : ask(api, chat);
    if (!isFresh) known.set(chat, { at: clock.now(), ids });
    return (await ids).has(user);
  };
}

async function ask(api: Api, chat: string): Promise<ReadonlySet<string>> {
  try {
    const members = await api.call('getChatAdministrators', { chat_id: chat });
    return new Set(members.map(({ user }) => String(user.id)));
  } catch {
    return new Set(); // not allowed to know, or no connection: then nobody is one
  }
}
