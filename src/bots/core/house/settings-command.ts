import { fieldNames, fields } from '../../../edit/fields.ts';
import type { PlaceId } from '../../../edit/lineage.ts';
import { type Layer, type LayerName, layerNames } from '../../../edit/presets.ts';
import type { UserId } from '../../../edit/request.ts';
import type { SettingScope } from '../../../storage/index.ts';
import type { Doing } from '../calls.ts';
import { plainCard } from '../cards.ts';
import type { Desk } from '../desk.ts';
import type { HouseMessages } from '../messages/house.ts';
import { messagesIn } from '../messages/index.ts';
import { oneLine } from '../plain-text.ts';
import { everywhere } from './gate.ts';
import { aroundNames } from './preset-command.ts';
import { type Choices, channelsOf, choicesFor, type RuledPlace } from './rules.ts';
import {
  chosenValue,
  type Named,
  namedIn,
  type SettingKey,
  type SettingName,
  settingKeys,
  settingNames,
} from './settings.ts';

/** A value as people read it. */
function shown(value: unknown): string {
  if (value === null) return '–';
  return Array.isArray(value) ? value.join(' ') || '–' : String(value);
}

/** Whoever has chosen nothing. */
const nobody: UserId = 'web:nobody';

/** Something that holds, and whose choice it is. */
interface Holding {
  readonly name: string;
  readonly value: unknown;
  readonly from: SettingScope | 'table';
}

const scopeOf: Readonly<Partial<Record<LayerName, SettingScope>>> = {
  ...{ system: 'system', server: 'server', channel: 'channel', 'user default': 'user' },
};

/** Parameters out of what was chosen singly and of the presets that count without being named, the strongest of each; words put around prompts. */
function paramsIn(layers: readonly Layer[]): readonly Holding[] {
  const ordered = layers.toSorted((a, b) => layerNames.indexOf(a.name) - layerNames.indexOf(b.name));
  const from = ({ name }: Layer) => scopeOf[name] ?? 'table';
  const around = ordered.flatMap((layer) =>
    (['promptPrefix', 'promptSuffix'] as const).flatMap((part): readonly Holding[] => {
      const words = layer.content[part];
      return words ? [{ name: aroundNames[part], value: `"${words}"`, from: from(layer) }] : [];
    }),
  );
  const params = fieldNames.flatMap((name): readonly Holding[] => {
    const layer = ordered.findLast(({ content }) => content.params[name] !== undefined);
    return layer ? [{ name: fields[name].chat, value: layer.content.params[name], from: from(layer) }] : [];
  });
  return [...around, ...params];
}

/** Presets that count without being named, one for each scope and flow. */
async function defaultPresets(
  { storage }: Pick<Desk, 'storage'>,
  { where, user, channels }: Whose & { readonly user: UserId; readonly channels: readonly PlaceId[] },
): Promise<readonly Holding[]> {
  const owners = [
    ['system', everywhere],
    ['server', where.group],
    ...channels.map((channel) => ['channel', channel] as const),
    ['user', user],
  ] as const;
  const found = await Promise.all(
    owners.map(async ([from, owner]) => {
      const defaults = await storage.presets.defaults(from, owner);
      return defaults.map(({ name, flow }) => ({ name: `preset (${flow})`, value: `"${name}"`, from }));
    }),
  );
  return found.flat();
}

/** Whose settings are shown, and where they hold; null: what holds for everybody there. */
interface Whose {
  readonly where: RuledPlace;
  readonly user: UserId | null;
}

/** What holds for everybody where no server chose less. */
function mostOf({ caps, limits }: Pick<Desk, 'caps' | 'limits'>): Readonly<Partial<Record<SettingName, number>>> {
  return {
    ...{ 'max-pixels': caps.maxPixels, 'max-steps': caps.maxSteps, 'max-count': caps.maxCount },
    ...{ 'min-strength': caps.strength?.min ?? 0, 'max-strength': caps.strength?.max ?? 1 },
    ...{ 'queued-per-person': limits.queuedPerPerson, 'queued-here': limits.queuedPerGroup },
    'credits-per-hour': limits.creditsPerHour,
  };
}

/** Somebody's own settings, and rules that were made for them; for a whole place every rule there is. */
function settingsOf(desk: Pick<Desk, 'caps' | 'limits'>, choices: Choices, user: UserId | null): readonly Holding[] {
  const isShown = (name: SettingName) => (user === null ? isHouse(name) : !isRule(name));
  const most = mostOf(desk);
  return settingNames
    .filter((name) => isShown(name) || choices.of(name).from !== 'table')
    .map((name) => {
      const { value, from } = choices.of(name);
      return { name, value: value ?? most[name] ?? null, from };
    });
}

/** `steps 30 (server)`: every setting, every default preset and every parameter somebody chose, with the layer it came from. */
export async function settingLines(
  desk: Pick<Desk, 'storage' | 'caps' | 'limits'>,
  { where, user }: Whose,
  { from }: Pick<HouseMessages, 'from'>,
): Promise<readonly string[]> {
  const whose = { where, user: user ?? nobody, channels: await channelsOf(desk, where) };
  const choices = await choicesFor(desk, where, whose.user);
  const settings = settingsOf(desk, choices, user);
  const presets = await desk.storage.presets.layers({ ...whose, group: where.group });
  const layers = [...presets, ...choices.layers];
  const all: readonly Holding[] = [...settings, ...(await defaultPresets(desk, whose)), ...paramsIn(layers)];
  return all.map((one) => `${one.name} ${oneLine(shown(one.value), 120)} (${from[one.from]})`);
}

/** Whether a setting is of servers or channels. */
const isHouse = (name: SettingName): boolean =>
  (settingKeys[name] as SettingKey).scopes.some((scope) => scope === 'server' || scope === 'channel');

/** Whether a setting is a rule for others rather than a taste of one's own. */
function isRule(name: SettingName): boolean {
  return !(settingKeys[name] as SettingKey).scopes.includes('user');
}

const keyOf = (named: Named): string => named.name;

async function show({ flow, heard, incoming }: Doing): Promise<void> {
  const { speaker, where } = heard.asker;
  const { house } = messagesIn(heard.private);
  const lines = await settingLines(flow, { where, user: speaker.user }, house);
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
