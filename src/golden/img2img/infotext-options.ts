import { defaultParams, type FieldName } from '../../edit/fields.ts';
import { infotextFields, paramsFromInfotext } from '../../edit/infotext.ts';
import { writeInfotext } from '../../edit/infotext-text.ts';
import { samplerOptions } from '../../engine/sampling/plan.ts';
import type { GoldenOutcome } from '../outcome.ts';
import { judge, mismatch, readJson } from './case.ts';

const area = 'img2img/infotext';

/** An option of A1111's that an infotext restores. */
interface OptionEntry {
  readonly infotext: string;
  readonly option: string;
  readonly default: string | number | boolean | null;
}

type Override = readonly [key: string, option: string, value: unknown];

interface OverrideCase {
  readonly params: Readonly<Record<string, string>>;
  readonly overrides: readonly Override[];
}

/** What an infotext says about options: here they are fields of a request. What has no field is passed over. */
export async function* infotextOptions(dir: string): AsyncGenerator<GoldenOutcome> {
  const options = await readJson<OptionEntry[]>(dir, 'option_map.json');
  for (const entry of options) {
    yield await judge({ area, name: `option ${entry.infotext}`, tolerance: 0 }, () => checkOption(entry));
  }
  for (const [i, one] of (await readJson<OverrideCase[]>(dir, 'override_settings.json')).entries()) {
    const isField = ([key]: Override) => key in infotextFields;
    yield await judge({ area, name: `override_settings ${i}`, tolerance: 0 }, () =>
      mismatch(overridesOf(one.params, options), one.overrides.filter(isField)),
    );
  }
}

/** A field has the option's default; without one, nothing is read from the key. */
function checkOption({ infotext: key, default: standard }: OptionEntry): number {
  const field = infotextFields[key];
  if (field) return mismatch(defaultOf(key, field), standard);
  return mismatch(readOf({ [key]: String(standard) }), readOf({}));
}

/** `eta` is every sampler's own where a request names none. */
function defaultOf(key: string, field: FieldName): unknown {
  if (field !== 'eta') return defaultParams[field];
  return samplerOptions(key === 'Eta DDIM' ? 'DDIM' : 'Euler a', defaultParams).eta;
}

/** What these keys restore, beside the ones that every infotext has. */
function readOf(params: Readonly<Record<string, string>>) {
  const usual = { Steps: '20', Sampler: 'Euler', 'CFG scale': '7' };
  const pairs = Object.entries({ ...usual, ...params });
  return paramsFromInfotext(writeInfotext({ prompt: 'a cat', negativePrompt: '', params: pairs }));
}

/** What differs from A1111's options, in the order of its table. */
function overridesOf(params: OverrideCase['params'], options: readonly OptionEntry[]): readonly Override[] {
  const read = readOf(params);
  return options.flatMap(({ infotext: key, option, default: standard }): Override[] => {
    const field = infotextFields[key];
    const value = field && key in params ? read[field] : undefined;
    return value === undefined || value === standard ? [] : [[key, option, value]];
  });
}
