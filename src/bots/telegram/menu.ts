import type { Language } from '../../storage/index.ts';
import type { Command } from '../core/command.ts';
import { commandList } from '../core/commands.ts';
import type { Api } from './api.ts';
import { words } from './words.ts';

/** Chats in which people see more than elsewhere: administrators also see what manages a group. Source: Bot API, `BotCommandScope`. */
const scopes = [
  { scope: { type: 'default' }, sees: ({ managers }: Command) => !managers },
  { scope: { type: 'all_chat_administrators' }, sees: () => true },
] as const;

/** Registers the commands people see behind "/", in English for everybody and in Chinese for Chinese clients. */
export async function registerMenu(api: Api): Promise<void> {
  for (const { scope, sees } of scopes) {
    const list = commandList.filter(sees);
    await api.call('setMyCommands', { commands: menu(list, 'en'), scope });
    await api.call('setMyCommands', { commands: menu(list, 'zh'), scope, language_code: 'zh' });
  }
  await api.call('setChatMenuButton', { menu_button: { type: 'commands' } });
}

/** Telegram's own first word stands behind all others. */
const menu = (list: readonly Command[], language: Language) => [
  ...list.map(({ name, about }) => ({ command: name, description: about[language] })),
  { command: 'start', description: words[language].start },
];
