import type { Language } from '../../storage/index.ts';
import { commandList } from '../core/commands.ts';
import type { Api } from './api.ts';

/** Registers the commands people see behind "/", in English for everybody and in Chinese for Chinese clients. */
export async function registerMenu(api: Api): Promise<void> {
  await api.call('setMyCommands', { commands: menu('en') });
  await api.call('setMyCommands', { commands: menu('zh'), language_code: 'zh' });
}

const menu = (language: Language) =>
  commandList.map(({ name, about }) => ({ command: name, description: about[language] }));
