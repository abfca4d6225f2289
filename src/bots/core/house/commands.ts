import { Refusal } from '../../../errors.ts';
import type { Doing } from '../calls.ts';
import { presetDoes } from './preset-command.ts';
import { privacyDoes } from './privacy-command.ts';
import { serverDoes } from './server-command.ts';
import { settingsDoes } from './settings-command.ts';

const does = { settings: settingsDoes, preset: presetDoes, privacy: privacyDoes, server: serverDoes } as const;

/** Does what a command about the rules of the house asks for. @throws Refusal for whatever cannot be done */
export async function houseDoes(doing: Doing): Promise<void> {
  const { command, sub } = doing.call;
  const work = does[command.name as keyof typeof does][sub];
  if (!work) throw new Refusal('which-subcommand', { command: command.name, subcommands: Object.keys(does) });
  await work(doing);
}
