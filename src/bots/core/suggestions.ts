import type { Catalog } from '../../edit/catalog.ts';
import { imageUpscalers, samplerNames, schedulerNames } from '../../edit/choices.ts';
import { fields } from '../../edit/fields.ts';
import type { LineageId, LineageNode, PlaceId } from '../../edit/lineage.ts';
import { outpaintRatios } from '../../edit/outpaint-plan.ts';
import { recipes } from '../../edit/recipes.ts';
import type { UserId } from '../../edit/request.ts';
import { checkpointId } from '../../edit/resolve.ts';
import type { Storage } from '../../storage/index.ts';
import type { Clock } from './clock.ts';
import type { SuggestionSource } from './command.ts';
import { helpTopics } from './commands.ts';
import { channelsOf } from './house/rules.ts';
import { namesIn } from './house/settings.ts';
import { oneLine } from './plain-text.ts';
import { ranked } from './ranking.ts';

/** Suggestions at most, and characters of a name or value. Source: discord.com/developers/docs/interactions/application-commands, "Autocomplete". */
const limits = { count: 25, text: 100 } as const;
/** How old what is suggested may be, ms. */
const FRESH_MS = 60_000;
/** Lists kept at most: one per person and place. */
const KEPT = 500;
/** How far back own seeds and versions are looked for, ms; how many seeds are suggested, and among how many pictures versions are. */
const DAY_MS = 24 * 60 * 60_000;
const SEEDS = 5;
const LOOKED_AT = 100;

export interface Suggestion {
  readonly name: string;
  readonly value: string | number;
}

/** Who types, and where. */
export interface Typing {
  readonly user: UserId;
  readonly place: PlaceId;
  readonly group: string;
  /** As in `Whereabouts`. */
  readonly within?: PlaceId;
}

/** What to suggest while somebody types: from memory, where it was not asked for too long ago. */
export interface Suggestions {
  of(source: SuggestionSource, typed: string, who: Typing): Promise<readonly Suggestion[]>;
}

export interface SuggestionOptions {
  readonly catalog: () => Promise<Catalog>;
  readonly storage: Pick<Storage, 'lineage' | 'people' | 'presets'>;
  readonly clock: Clock;
}

/** Somebody who types; in the thread of a tree, at the place of that tree. */
interface AtHome extends Typing {
  readonly lineage: LineageId | undefined;
}

async function atHome({ storage }: SuggestionOptions, who: Typing): Promise<AtHome> {
  const tree = await storage.lineage.ofThread(who.place);
  if (!tree) return { ...who, lineage: undefined };
  const { within: _, ...typing } = who;
  return { ...typing, place: tree.place, lineage: tree.id };
}

/** So many UTF-16 units of a text at most, never a half character. */
const beginning = (text: string, length: number) => text.slice(0, length).replace(/[\ud800-\udbff]$/, '');
/** A text as one line of a list; of a long one its end as well, for names of files differ there. */
function cut(text: string): string {
  const line = oneLine(text, text.length) || '…';
  const end = line.slice(-40).replace(/^[\udc00-\udfff]/, '');
  return line.length <= limits.text ? line : `${beginning(line, limits.text - 41)}…${end}`;
}
const named = (names: readonly string[]): readonly Suggestion[] => names.map((name) => ({ name, value: name }));

/** Models go by name; by hash where the name is too long, another's too, or would not come back as it is. */
async function models({ catalog }: SuggestionOptions): Promise<readonly Suggestion[]> {
  const { checkpoints } = await catalog();
  const counts = new Map<string, number>();
  for (const { name } of checkpoints) counts.set(name.toLowerCase(), (counts.get(name.toLowerCase()) ?? 0) + 1);
  return checkpoints.map(({ name, hash }) => {
    const isShared = counts.get(name.toLowerCase()) !== 1;
    const needsId = hash !== null && (isShared || name !== cut(name));
    return { name: isShared && hash ? `${name} [${hash}]` : name, value: needsId ? checkpointId(hash) : name };
  });
}

/** A new one every time, the newest picture's, and somebody's own of the day. */
async function seeds({ storage, clock }: SuggestionOptions, who: Typing): Promise<readonly Suggestion[]> {
  const { min } = fields.seed;
  const recent = await storage.lineage.recent(who.place, new Date(clock.now() - DAY_MS), 40);
  const made = recent.filter(({ seed, author }) => seed !== null && author === who.user).slice(0, SEEDS);
  const newest = recent.find(({ seed }) => seed !== null);
  const known = [...(newest ? [newest] : []), ...made].map(({ number, seed }) => ({
    name: `${seed} (#${number})`,
    value: seed!,
  }));
  return [{ name: `${min} (random)`, value: min }, ...new Map(known.map((one) => [one.value, one])).values()];
}

/** A person's, a channel's, a server's and everybody's presets; the nearest of a name counts. */
async function presets({ storage }: SuggestionOptions, typing: Typing): Promise<readonly Suggestion[]> {
  const channels = (await channelsOf({ storage }, typing)).toReversed();
  const owners = [
    ['user', typing.user],
    ...channels.map((channel) => ['channel', channel] as const),
    ['server', typing.group],
    ['system', '*'],
  ] as const;
  const lists = await Promise.all(owners.map(([scope, owner]) => storage.presets.list(scope, owner)));
  return named([...new Set([...lists.flat(), ...recipes].map(({ name }) => name))]);
}

/** `#3 · 14:32 · a red hat`; the time is UTC. */
function versionNamed({ number, createdAt, task }: LineageNode): Suggestion {
  const prompt = oneLine(task?.request.params.prompt ?? '', 2 * limits.text);
  const parts = [`#${number}`, createdAt.toISOString().slice(11, 16), ...(prompt === '' ? [] : [prompt])];
  return { name: parts.join(' · '), value: `#${number}` };
}

/** The newest picture that is anybody's to edit. */
async function shared({ lineage }: SuggestionOptions['storage'], recent: readonly LineageNode[]) {
  const [newest] = recent;
  const tree = newest && (await lineage.lineage(newest.lineage));
  return tree?.policy === 'owner' ? undefined : newest;
}

/** The tree somebody worked on last here, else the newest one, newest picture first. */
async function versions(
  { storage, clock }: SuggestionOptions,
  { place, user, lineage }: AtHome,
  isMeant: (node: LineageNode) => boolean,
) {
  const recent = await storage.lineage.recent(place, new Date(clock.now() - DAY_MS), LOOKED_AT);
  const newest = recent.find(({ author }) => author === user) ?? (await shared(storage, recent));
  const tree = lineage ?? newest?.lineage;
  return recent.filter((node) => node.lineage === tree && isMeant(node)).map(versionNamed);
}

const always = (names: readonly string[]) => async () => named(names);

const sources: Readonly<
  Record<SuggestionSource, (options: SuggestionOptions, who: AtHome) => Promise<readonly Suggestion[]>>
> = {
  model: models,
  upscaler: always(imageUpscalers.map(({ value }) => value)),
  sampler: always(samplerNames),
  scheduler: always(schedulerNames),
  ratio: always(outpaintRatios),
  topic: always(helpTopics),
  setting: always([...new Set([...namesIn('user'), ...namesIn('server')])]),
  seed: seeds,
  preset: presets,
  version: (options, who) => versions(options, who, () => true),
  'masked version': (options, who) => versions(options, who, ({ task }) => task?.request.mask?.kind === 'image'),
};

/** A seed that is being typed comes first. */
function typedSeed(typed: string): readonly Suggestion[] {
  const { min, max } = fields.seed;
  const value = /^\d{1,10}$/.test(typed.trim()) ? Number(typed) : min;
  return value === min || value > max ? [] : [{ name: String(value), value }];
}

interface Kept {
  readonly at: number;
  readonly list: Promise<readonly Suggestion[]>;
}

/** As a platform lists it. */
function asChoice({ name, value }: Suggestion): Suggestion {
  return { name: cut(name), value: typeof value === 'string' ? beginning(value, limits.text) : value };
}

export function openSuggestions(options: SuggestionOptions): Suggestions {
  const kept = new Map<string, Kept>();
  const listOf = (source: SuggestionSource, who: Typing): Promise<readonly Suggestion[]> => {
    const key = [source, who.user, who.place].join(' ');
    const now = options.clock.now();
    const known = kept.get(key);
    if (known && now - known.at < FRESH_MS) return known.list;
    const list = atHome(options, who).then((home) => sources[source](options, home));
    list.catch(() => kept.delete(key)); // asked again next time
    kept.delete(key);
    kept.set(key, { at: now, list });
    const [oldest] = kept.keys();
    if (kept.size > KEPT && oldest !== undefined) kept.delete(oldest);
    return list;
  };
  return {
    of: async (source, typed, who) => {
      const list = await listOf(source, who);
      const found = ranked(list, typed);
      const all = source === 'seed' ? [...typedSeed(typed), ...(found.length > 0 ? found : list)] : found;
      return all.slice(0, limits.count).map(asChoice);
    },
  };
}
