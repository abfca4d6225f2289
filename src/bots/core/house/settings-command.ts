import { fields } from '../../../edit/fields.ts';
import type { Doing } from '../calls.ts';
import { plainCard } from '../cards.ts';
import { messagesIn } from '../messages/index.ts';
import { oneLine } from '../plain-text.ts';
import { type Choices, choicesFor } from './rules.ts';
import { chosenValue, type Named, namedIn, type SettingKey, settingKeys, settingNames } from './settings.ts';

/** A value as people read it. */
function shown(value: unknown): string {
  if (value === null) return '–';
  return Array.isArray(value) ? value.join(' ') || '–' : String(value);
}

/** `steps 30 (server)`: every setting and every parameter somebody chose, with the layer it came from. */
export function settingLines(choices: Choices, from: Readonly<Record<string, string>>): readonly string[] {
  const settings = settingNames
    .filter((name) => !isRule(name) || choices.of(name).from !== 'table')
    .map((name) => ({ name: name as string, ...choices.of(name) }));
  const scopeOf = { system: 'system', server: 'server', channel: 'channel', 'user default': 'user' } as const;
  const params = choices.layers.flatMap(({ name, content }) =>
    Object.entries(content.params).map(([key, value]) => ({
      name: fields[key as keyof typeof fields].chat as string,
      value,
      from: scopeOf[name as keyof typeof scopeOf],
    })),
  );
  const strongest = params.filter((one, at) => params.findLastIndex(({ name }) => name === one.name) === at);
  return [...settings, ...strongest].map((one) => `${one.name} ${oneLine(shown(one.value), 120)} (${from[one.from]})`);
}

/** Whether a setting is a rule for others rather than a taste of one's own. */
function isRule(name: (typeof settingNames)[number]): boolean {
  return !(settingKeys[name] as SettingKey).scopes.includes('user');
}

const keyOf = (named: Named): string => named.name;

async function show({ flow, heard, incoming }: Doing): Promise<void> {
  const { speaker, where } = heard.asker;
  const { house } = messagesIn(heard.private);
  const lines = settingLines(await choicesFor(flow, where, speaker.user), house.from);
  await incoming.answer.tell({ ...plainCard, title: house.settingsTitle, lines });
}

async function set({ flow, heard, incoming, call }: Doing): Promise<void> {
  const named = namedIn('user', String(call.options.name));
  const value = chosenValue(named, 'user', String(call.options.value));
  const { user } = heard.asker.speaker;
  if (named.name === 'language') await chooseLanguage({ flow, heard, incoming, call }, String(value));
  await flow.storage.settings.set({ scope: 'user', owner: user, key: keyOf(named), value });
  const title = messagesIn(heard.private).house.set(String(call.options.name), oneLine(shown(value), 120));
  await incoming.answer.tell({ ...plainCard, title });
}

/** Languages are known to whoever greets somebody, before anything else is. */
async function chooseLanguage({ flow, heard }: Doing, word: string): Promise<void> {
  const { user, name, handle = null } = heard.asker.speaker;
  const language = word === 'en' || word === 'zh' ? word : null;
  await flow.storage.people.savePerson({ id: user, name, language, handle });
}

async function reset(doing: Doing): Promise<void> {
  const { flow, heard, incoming, call } = doing;
  const named = namedIn('user', String(call.options.name));
  if (named.name === 'language') await chooseLanguage(doing, 'auto');
  const { user } = heard.asker.speaker;
  const wasSet = await flow.storage.settings.reset({ scope: 'user', owner: user, key: keyOf(named) });
  const { house } = messagesIn(heard.private);
  const title = (wasSet ? house.reset : house.nothingReset)(String(call.options.name));
  await incoming.answer.tell({ ...plainCard, title });
}

/** What `/settings …` does. */
export const settingsDoes: Readonly<Record<string, (doing: Doing) => Promise<void>>> = { show, set, reset };
