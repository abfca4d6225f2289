import { type Field, type FieldName, fields, type Params } from '../../edit/fields.ts';
import { fieldNamed, nearestField, normalName, type PartialParams, parseParam } from '../../edit/params.ts';
import { Refusal, type Refusals } from '../../errors.ts';
import { soundText } from './plain-text.ts';

/** Longest text of options that is read, characters; the longest prompt fits in twice. */
const TEXT_LIMIT = 10_000;

/** @throws Refusal 'prompt-too-long', before anything of a hostile text is looked at */
export function checkLength(text: string): void {
  if (text.length > TEXT_LIMIT) {
    throw new Refusal('prompt-too-long', { length: text.length, limit: fields.prompt.maxLength });
  }
}

/** A value as it stands in a text, and where the rest begins. */
export interface ScannedValue {
  readonly value: string;
  readonly end: number;
}

/** The match of `pattern` (sticky) at `position`. */
export function matchAt(pattern: RegExp, text: string, position: number): RegExpExecArray | null {
  pattern.lastIndex = position;
  return pattern.exec(text);
}

/** The longest spelling of one of the field's choices that stands here: `DPM++ 2M SDE` needs no quotes. */
function choiceAt(field: Field & { kind: 'choice' }, text: string, position: number): ScannedValue | undefined {
  const rest = text.slice(position, position + 40).toLowerCase();
  const spellings = field.choices.flatMap((c) => [c.value, c.label.en, c.label.zh]);
  const fitting = spellings.filter(
    (s) => rest.startsWith(s.toLowerCase()) && /^(?:[\s,，;；]|$)/.test(rest.slice(s.length)),
  );
  const longest = fitting.sort((a, b) => b.length - a.length)[0];
  return longest === undefined ? undefined : { value: longest, end: position + longest.length };
}

/** A sampler, and behind it the schedule type that its name once ended in. */
function samplerAt(text: string, position: number): ScannedValue | undefined {
  const sampler = choiceAt(fields.sampler, text, position);
  const schedule = sampler && matchAt(/\s+(?:karras|exponential)(?=[\s,，;；]|$)/iy, text, sampler.end)?.[0];
  return sampler && schedule ? { value: sampler.value + schedule, end: sampler.end + schedule.length } : sampler;
}

/** What belongs together though it holds blanks or commas: a choice's whole name, several sides, `7,5`. */
function knownAt(field: Field, text: string, position: number): ScannedValue | undefined {
  if (field === fields.sampler) return samplerAt(text, position);
  if (field.kind === 'choice') return choiceAt(field, text, position);
  const pattern =
    field.kind === 'text' ? field.unquoted : field.kind === 'number' ? /\d*,\d+(?=[\s,，;；]|$)/y : undefined;
  const value = pattern && matchAt(pattern, text, position)?.[0];
  return value === undefined ? undefined : { value, end: position + value.length };
}

const quotes = [/"((?:[^"\\]|\\.)*)"/sy, /“([^”]*)”/y, /「([^」]*)」/y] as const;

/**
 * The value of field `name` that begins at `position`: a quoted text, a choice's whole name, or everything up to a blank or comma.
 * @throws Refusal 'bad-option' where there is none, or a quote is never closed
 */
export function scanValue(name: FieldName, text: string, position: number): ScannedValue {
  for (const quote of quotes) {
    const quoted = matchAt(quote, text, position);
    if (quoted) return { value: quoted[1]!.replace(/\\(.)/gs, '$1'), end: position + quoted[0].length };
  }
  const known = knownAt(fields[name], text, position);
  if (known) return known;
  const bare = matchAt(/[^\s,，;；"“]+/y, text, position);
  if (!bare)
    throw new Refusal('bad-option', { position, text: /["“]/.exec(text[position] ?? '')?.[0] ?? '', nearest: null });
  return { value: bare[0], end: position + bare[0].length };
}

/** @throws Refusal 'bad-option' for a key that is no field's name in any spelling */
function fieldAt(key: string, position: number): FieldName {
  const name = fieldNamed(key);
  if (!name) throw new Refusal('bad-option', { position, text: key.slice(0, 40), nearest: nearestField(key) });
  return name;
}

/** Characters shown before and after what could not be read. */
const AROUND = 24;

/** Runs a parser; a refusal of its that names a position also shows the text around it. */
export function pointingAt<T>(text: string, parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    if (!(error instanceof Refusal) || error.code !== 'bad-option') throw error;
    const details = error.details as Refusals['bad-option'];
    const from = Math.max(0, details.position - AROUND);
    const excerpt = text.slice(from, details.position + AROUND).replace(/\s|\p{Cs}/gu, ' '); // no half characters
    throw new Refusal('bad-option', { ...details, around: { excerpt, at: details.position - from } });
  }
}

/** Parameters being collected; the last word on a field wins. */
export type Given = { -readonly [K in FieldName]?: Params[K] };

/** @throws Refusal as `parseParam` does */
function give<K extends FieldName>(given: Given, name: K, value: string): void {
  given[name] = parseParam(name, value) as Given[K];
}

/** The size with one more side said: both sides, when the other one was said before. */
function withSide(axis: 'w' | 'h', length: string, { size = '' }: Given): string {
  const other = (axis === 'w' ? /^h(\d+)$/ : /^w(\d+)$/).exec(size)?.[1];
  if (other === undefined) return `${axis}${length}`;
  return axis === 'w' ? `${length}x${other}` : `${other}x${length}`;
}

/** Names of A1111's API that say a part of a field, or several fields at once; values are scanned as those of `size`. */
const parts: ReadonlyMap<string, (given: Given, value: string) => void> = new Map([
  ['width', (given: Given, value: string) => give(given, 'size', withSide('w', value, given))],
  ['height', (given: Given, value: string) => give(given, 'size', withSide('h', value, given))],
  ['scale-by', (given: Given, value: string) => give(given, 'size', `${value}x`)],
  [
    'seed-resize',
    (given: Given, value: string) => {
      const [, width, height] = /^(\d+)\s*[x×*]\s*(\d+)$/i.exec(value.normalize('NFKC')) ?? [];
      if (width === undefined || height === undefined) throw new Refusal('bad-size', { given: value });
      give(given, 'seedResizeFromW', width);
      give(given, 'seedResizeFromH', height);
    },
  ],
]);

/** `DPM++ 2M Karras`: a name that says the schedule type too, as A1111's did. Source: A1111 modules/sd_samplers.py `get_sampler_and_scheduler` */
function giveSampler(given: Given, value: string): void {
  const [, sampler = value, schedule] = /^(.+?)\s+(karras|exponential)$/i.exec(value.trim()) ?? [];
  give(given, 'sampler', sampler);
  if (schedule !== undefined && !('scheduler' in given)) give(given, 'scheduler', schedule);
}

/** A key that is known: the field it names, and what becomes of its value. */
export interface Key {
  readonly field: FieldName;
  readonly take: (given: Given, value: string) => void;
}

/** @throws Refusal 'bad-option' for a key that is known in no spelling */
export function keyAt(key: string, position: number): Key {
  const part = parts.get(normalName(key));
  if (part) return { field: 'size', take: part };
  const field = fieldAt(key, position);
  if (field === 'sampler') return { field, take: giveSampler };
  return { field, take: (given, value) => give(given, field, value) };
}

/** Whether a word is the name of an option. */
export const isKey = (key: string): boolean => parts.has(normalName(key)) || fieldNamed(key) !== undefined;

/**
 * Reads the `advanced` option: `key=value`, or `--key value` as in messages, separated by blanks, commas or lines; `"…"` around a
 * value with blanks. Keys are fields in any spelling (A1111's API, chat, camelCase; `-` and `_` are the same).
 *
 * @throws Refusal 'bad-option' with the position of what could not be read, 'prompt-too-long', and whatever a value is refused for
 */
export function parseAdvanced(raw: string): PartialParams {
  checkLength(raw);
  const text = soundText(raw);
  return pointingAt(text, () => readPairs(text));
}

function readPairs(text: string): PartialParams {
  const given: Given = {};
  let position = matchAt(/[\s,，;；]*/y, text, 0)![0].length;
  while (position < text.length) {
    const key =
      matchAt(/(?:--|－－|––|—)((?:override_settings\.)?[\p{L}\p{N}_-]+)(?:\s*[=＝]\s*|\s+)/uy, text, position) ??
      matchAt(/((?:override_settings\.)?[\p{L}\p{N}_-]+)\s*[=＝]\s*/uy, text, position);
    if (!key) {
      const found = matchAt(/[^\s,，;；=＝]*/y, text, position)![0].slice(0, 40);
      throw new Refusal('bad-option', { position, text: found || text[position]!, nearest: nearestField(found) });
    }
    const { field, take } = keyAt(key[1]!, position);
    const { value, end } = scanValue(field, text, position + key[0].length);
    take(given, value);
    position = end + matchAt(/[\s,，;；]*/y, text, end)![0].length;
  }
  return given;
}

/** Typed options of a slash command, by chat name. @throws Refusal 'bad-option' and whatever a value is refused for */
export function parseOptions(options: Readonly<Record<string, string | number | boolean>>): PartialParams {
  const given: Given = {};
  for (const [key, value] of Object.entries(options)) keyAt(key, 0).take(given, soundText(String(value)));
  return given;
}
