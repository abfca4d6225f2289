import type { FieldName } from '../../../edit/fields.ts';
import { fieldNames } from '../../../edit/fields.ts';
import type { PlaceId } from '../../../edit/lineage.ts';
import { parseParam } from '../../../edit/params.ts';
import type { Layer } from '../../../edit/presets.ts';
import type { UserId } from '../../../edit/request.ts';
import type { Caps } from '../../../edit/resolve.ts';
import type { Setting, SettingScope } from '../../../storage/index.ts';
import type { Desk } from '../desk.ts';
import type { Limits } from '../limits.ts';
import type { Speaker, Whereabouts } from '../platform.ts';
import { type SettingKey, type SettingName, type SettingValue, settingKeys } from './settings.ts';

/** Whose choices count for somebody somewhere, from weakest to strongest. */
const order: readonly SettingScope[] = ['system', 'server', 'channel', 'user'];

/** A value and whose it is; `table` where nobody chose. */
export interface Chosen {
  readonly value: SettingValue | null;
  readonly from: SettingScope | 'table';
}

/** Everything that was chosen for one person in one place. */
export interface Choices {
  /** What holds, of all scopes or of these alone. */
  of(name: SettingName, scopes?: readonly SettingScope[]): Chosen;
  /** Parameters somebody set as defaults, as layers of an edit. */
  readonly layers: readonly Layer[];
}

const layerNames = { system: 'system', server: 'server', channel: 'channel', user: 'user default' } as const;

function isSound(name: SettingName, value: unknown): value is SettingValue {
  const key: SettingKey = settingKeys[name];
  if (key.kind === 'list') return Array.isArray(value) && value.every((word) => typeof word === 'string');
  if (key.kind === 'choice') return typeof value === 'string' && key.choices.includes(value);
  return typeof value === 'number' && value >= key.min && value <= key.max;
}

function layersOf(settings: readonly Setting[]): readonly Layer[] {
  return order.flatMap((scope) => {
    const own = settings.filter((setting) => setting.scope === scope && isField(setting.key));
    const params = Object.fromEntries(own.flatMap(({ key, value }) => soundParam(key as FieldName, value)));
    return own.length === 0 ? [] : [{ name: layerNames[scope], content: { params } }];
  });
}

const isField = (key: string): key is FieldName => fieldNames.some((name) => name === key);

/** A row may be older than the table of parameters: what does not fit any more is left out. */
function soundParam(name: FieldName, value: unknown): [FieldName, unknown][] {
  try {
    return [[name, parseParam(name, String(value))]];
  } catch {
    return [];
  }
}

/** A place as far as rules go. */
export type RuledPlace = Pick<Whereabouts, 'group' | 'place' | 'within'>;

/** The channels whose choices count in a place, from weakest to strongest: what a thread hangs on, then itself. */
export async function channelsOf(
  { storage }: { readonly storage: Pick<Desk['storage'], 'people'> },
  { place, within }: Pick<RuledPlace, 'place' | 'within'>,
): Promise<readonly PlaceId[]> {
  const above = within ?? (await storage.people.place(place))?.within;
  return above ? [above, place] : [place];
}

/** Reads what holds for somebody in a place. */
export async function choicesFor(desk: Pick<Desk, 'storage'>, where: RuledPlace, user: UserId): Promise<Choices> {
  const channels = await channelsOf(desk, where);
  const found = await desk.storage.settings.of([
    { scope: 'system', owner: '*' },
    { scope: 'server', owner: where.group },
    ...channels.map((owner) => ({ scope: 'channel' as const, owner })),
    { scope: 'user', owner: user },
  ]);
  const nearness = ({ owner }: Setting) => (channels as readonly string[]).indexOf(owner);
  const settings = found.toSorted((a, b) => nearness(a) - nearness(b));
  const of: Choices['of'] = (name, scopes = order) => {
    const key: SettingKey = settingKeys[name];
    const own = settings.filter((s) => s.key === name && scopes.includes(s.scope) && key.scopes.includes(s.scope));
    const sound = own.filter(({ value }) => isSound(name, value));
    const strongest = order.toReversed().find((scope) => sound.some((setting) => setting.scope === scope));
    const chosen = sound.findLast(({ scope }) => scope === strongest);
    if (chosen) return { value: chosen.value as SettingValue, from: chosen.scope };
    return { value: key.kind === 'list' ? [] : key.default, from: 'table' };
  };
  return { of, layers: layersOf(settings) };
}

/** The word chosen for a setting of choices. */
export function wordOf(choices: Choices, name: SettingName): string {
  return String(choices.of(name).value);
}

export function listOf(choices: Choices, name: SettingName): readonly string[] {
  const { value } = choices.of(name);
  return Array.isArray(value) ? value : [];
}

function numberOf(choices: Choices, name: SettingName): number | null {
  const { value } = choices.of(name);
  return typeof value === 'number' ? value : null;
}

/** What a server allows: its own caps, never more than the operator's. */
export function capsOf(choices: Choices, most: Caps): Caps {
  const least = (name: SettingName, cap: number) => Math.min(cap, numberOf(choices, name) ?? cap);
  const min = numberOf(choices, 'min-strength') ?? most.strength?.min ?? 0;
  const max = numberOf(choices, 'max-strength') ?? most.strength?.max ?? 1;
  return {
    maxPixels: least('max-pixels', most.maxPixels),
    maxSteps: least('max-steps', most.maxSteps),
    maxCount: least('max-count', most.maxCount),
    strength: { min: Math.min(min, max), max },
    allowedModels: listOf(choices, 'models'),
    deniedModels: listOf(choices, 'deny-models'),
    lora: wordOf(choices, 'lora') === 'on',
  };
}

/** The caps that hold for somebody somewhere. */
export async function capsFor(
  desk: Desk,
  { where, speaker }: { readonly where: Whereabouts; readonly speaker: Speaker },
): Promise<Caps> {
  return capsOf(await choicesFor(desk, where, speaker.user), desk.caps);
}

/** How much of the line one may fill here; a server may only lower what holds for everybody. */
export function limitsOf(choices: Choices, most: Limits, credits: number | null): Limits {
  const least = (name: SettingName, limit: number) => Math.min(limit, numberOf(choices, name) ?? limit);
  return {
    ...most,
    queuedPerPerson: least('queued-per-person', most.queuedPerPerson),
    queuedPerGroup: least('queued-here', most.queuedPerGroup),
    creditsPerHour: credits ?? least('credits-per-hour', most.creditsPerHour),
  };
}
