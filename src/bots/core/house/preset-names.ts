import { closest } from '../../../edit/names.ts';
import type { Preset, PresetContent, PresetScope } from '../../../edit/presets.ts';
import { recipeNamed, recipes } from '../../../edit/recipes.ts';
import { Refusal } from '../../../errors.ts';
import type { Desk } from '../desk.ts';
import { takeOption } from '../grammar.ts';
import type { Asker } from '../order.ts';
import { channelsOf } from './rules.ts';

/** A preset as somebody means it: theirs, the channel's, the server's, the operator's, or one that is built in. */
export interface MeantPreset {
  readonly scope: PresetScope | 'built in';
  readonly name: string;
  readonly content: PresetContent;
}

/** Longest name of a preset, characters. */
export const NAME_LIMIT = 32;

/** Everything somebody can name somewhere, their own first; a name that is taken by a nearer one is left out. */
export async function knownPresets({ storage }: Pick<Desk, 'storage'>, asker: Asker): Promise<readonly MeantPreset[]> {
  const { speaker, where } = asker;
  const channels = (await channelsOf({ storage }, where)).toReversed();
  const owners = [
    ['user', speaker.user],
    ...channels.map((channel) => ['channel', channel] as const),
    ['server', where.group],
    ['system', '*'],
  ] as const;
  const stored: readonly Preset[] = (
    await Promise.all(owners.map(([scope, owner]) => storage.presets.list(scope, owner)))
  ).flat();
  const builtIn = recipes.map(({ name, content }) => ({ scope: 'built in' as const, name, content }));
  const all: readonly MeantPreset[] = [...stored, ...builtIn];
  return all.filter((preset, at) => all.findIndex(({ name }) => name === preset.name) === at);
}

/** The preset somebody names: exactly, without regard to case, or by a beginning that only one has. @throws Refusal 'unknown-name' */
export async function presetNamed(desk: Pick<Desk, 'storage'>, asker: Asker, given: string): Promise<MeantPreset> {
  const known = await knownPresets(desk, asker);
  const wanted = given.trim().toLowerCase();
  const beginning = known.filter(({ name }) => name.toLowerCase().startsWith(wanted));
  const label = recipeNamed(given)?.name;
  const found =
    known.find(({ name }) => name === given.trim()) ??
    known.find(({ name }) => name.toLowerCase() === wanted) ??
    known.find(({ name }) => name === label) ??
    (wanted !== '' && beginning.length === 1 ? beginning[0] : undefined);
  if (found) return found;
  const names = known.map(({ name }) => name);
  throw new Refusal('unknown-name', { kind: 'preset', given: given.slice(0, 40), nearest: closest(given, names) });
}

/** `--preset name` or `preset=name` taken out of a text; a name with blanks stands in quotation marks. */
export function takePreset(text: string): { readonly preset: string | null; readonly rest: string } {
  const { value: preset, rest } = takeOption(text, 'preset|预设');
  return { preset, rest };
}
