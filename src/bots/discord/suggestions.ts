import type { APIApplicationCommandOptionChoice } from 'discord.js';
import type { Catalog } from '../../edit/catalog.ts';
import { samplerNames, schedulerNames } from '../../edit/choices.ts';
import { fields } from '../../edit/fields.ts';
import type { Clock } from '../core/clock.ts';
import type { SuggestionSource } from '../core/command.ts';
import { helpTopics } from '../core/commands.ts';
import { cut } from './text.ts';

/** Suggestions at most, and characters of a name or value. Source: discord.com/developers/docs/interactions/application-commands, "Autocomplete". */
const limits = { count: 25, text: 100 } as const;
/** How old the list of models may be, ms. */
const freshMs = 60_000;

type Suggestion = APIApplicationCommandOptionChoice<string | number>;

/** What to suggest while somebody types; answers at once, from memory. */
export interface Suggestions {
  of(source: SuggestionSource, typed: string): readonly Suggestion[];
}

/** @param catalog  what workers can do; asked in the background, at most once a minute */
export function openSuggestions(catalog: () => Promise<Catalog>, clock: Clock): Suggestions {
  let known: Catalog = { checkpoints: [] };
  let askedAt = Number.NEGATIVE_INFINITY;
  const refresh = () => {
    if (clock.now() - askedAt < freshMs) return;
    askedAt = clock.now();
    void catalog().then(
      (now) => {
        known = now;
      },
      () => {
        askedAt = Number.NEGATIVE_INFINITY; // asked again next time
      },
    );
  };
  refresh();
  const models = (): readonly Suggestion[] =>
    known.checkpoints.map(({ name, hash }) => ({
      name: cut(name, limits.text),
      value: name.length <= limits.text ? name : (hash ?? name.slice(0, limits.text)),
    }));
  const lists: Readonly<Record<SuggestionSource, (typed: string) => readonly Suggestion[]>> = {
    model: (typed) => ranked(models(), typed),
    sampler: (typed) => ranked(named(samplerNames), typed),
    scheduler: (typed) => ranked(named(schedulerNames), typed),
    seed: seeds,
    topic: (typed) => ranked(named(helpTopics), typed),
  };
  return {
    of: (source, typed) => {
      refresh();
      return lists[source](typed).slice(0, limits.count);
    },
  };
}

const named = (names: readonly string[]): readonly Suggestion[] => names.map((name) => ({ name, value: name }));

/** A new one every time, and the number that is being typed. */
function seeds(typed: string): readonly Suggestion[] {
  const { min, max } = fields.seed;
  const value = /^\d{1,10}$/.test(typed.trim()) ? Number(typed) : min;
  const drawn = { name: `${min} (random)`, value: min };
  return value === min || value > max ? [drawn] : [{ name: String(value), value }, drawn];
}

/** Names that hold what was typed, letters in order: beginning with it first, then at a word's beginning, then anywhere, then scattered. */
export function ranked(all: readonly Suggestion[], typed: string): readonly Suggestion[] {
  const wanted = typed.trim().toLowerCase();
  return all
    .map((suggestion) => ({ suggestion, rank: rankOf(suggestion.name.toLowerCase(), wanted) }))
    .filter(({ rank }) => rank !== null)
    .sort((a, b) => a.rank! - b.rank!)
    .map(({ suggestion }) => suggestion);
}

function rankOf(name: string, wanted: string): number | null {
  const at = name.indexOf(wanted);
  if (at === 0) return 0;
  if (at > 0)
    return name
      .split(wanted)
      .slice(0, -1)
      .some((before) => /[^\p{L}\p{N}]$/u.test(before))
      ? 1
      : 2;
  let from = 0;
  for (const character of wanted) {
    const found = name.indexOf(character, from);
    if (found < 0) return null;
    from = found + character.length;
  }
  return 3;
}
