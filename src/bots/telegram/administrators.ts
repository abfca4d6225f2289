import type { Clock } from '../core/clock.ts';
import type { Api } from './api.ts';

const rememberMs = 10 * 60 * 1000;
/** What Telegram would not say it is asked again after this, ms. */
const askAgainMs = 30_000;

/** Whether somebody administers a chat. Asked of Telegram once in ten minutes per chat; nobody does while it does not say. */
export type Administrators = (chat: string, user: string) => Promise<boolean>;

export function openAdministrators(api: Api, clock: Clock): Administrators {
  const known = new Map<string, { until: number; readonly ids: Promise<ReadonlySet<string>> }>();
  return async (chat, user) => {
    const found = known.get(chat);
    if (found && clock.now() < found.until) return (await found.ids).has(user);
    const ids = ask(api, chat);
    const asked = { until: clock.now() + rememberMs, ids: ids.then((said) => said ?? new Set<string>()) };
    known.set(chat, asked);
    if ((await ids) === undefined) asked.until = clock.now() + askAgainMs;
    return (await asked.ids).has(user);
  };
}

/** Undefined when we are not allowed to know, or cannot reach it. */
async function ask(api: Api, chat: string): Promise<ReadonlySet<string> | undefined> {
  try {
    const members = await api.call('getChatAdministrators', { chat_id: chat });
    return new Set(members.map(({ user }) => String(user.id)));
  } catch {
    return undefined;
  }
}
