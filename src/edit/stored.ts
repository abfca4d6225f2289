import { defaultParams, type FieldName, fieldNames } from './fields.ts';
import { takes } from './params.ts';
import { editRequestKeys } from './request.ts';

/** Hears what another version wrote and this one cannot use: `params.stepz`. */
export type Told = (what: string) => void;

type Fields = Readonly<Record<string, unknown>>;

const isObject = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const isField = (key: string): key is FieldName => (fieldNames as readonly string[]).includes(key);

/** Only the keys of a list. */
function known(value: Fields, keys: readonly string[], told: Told): Fields {
  const entries = Object.entries(value).filter(([key]) => {
    const isKnown = keys.includes(key);
    if (!isKnown) told(key);
    return isKnown;
  });
  return Object.fromEntries(entries);
}

/** Of stored parameters those that this version has, with the values it takes. */
export function presentParams(params: unknown, told: Told = () => {}): Fields {
  if (!isObject(params)) return {};
  const entries = Object.entries(params).filter(([key, value]) => {
    const isSound = isField(key) && takes(key, value);
    if (!isSound) told(`params.${key}`);
    return isSound;
  });
  return Object.fromEntries(entries);
}

/**
 * A stored task as this version writes it: parameters that came later have their defaults, those that are no more are left out.
 * What is no task comes back as it is: whoever parses it says so.
 */
export function presentTask(stored: unknown, told: Told): unknown {
  if (!isObject(stored) || !isObject(stored.request) || !isObject(stored.request.params)) return stored;
  const request = known(stored.request, editRequestKeys, told);
  const params = { ...defaultParams, ...presentParams(stored.request.params, told) };
  return { ...stored, request: { ...request, params } };
}

/** The content of a stored preset as this version writes it; what it no longer knows is left out. */
export function presentPreset(stored: unknown, told: Told): unknown {
  if (!isObject(stored) || !isObject(stored.params)) return stored;
  const content = known(stored, ['params', 'promptPrefix', 'promptSuffix'], told);
  return { ...content, params: presentParams(stored.params, told) };
}
