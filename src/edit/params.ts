import { z } from 'zod';
import { Refusal } from '../errors.ts';
import { type Field, type FieldName, fieldNames, fields, type Params } from './fields.ts';
import { closest } from './names.ts';
import { guessedSize } from './size.ts';

function schemaOf(field: Field): z.ZodType {
  switch (field.kind) {
    case 'integer':
      return z.number().int().min(field.min).max(field.max);
    case 'number':
      return z.number().min(field.min).max(field.max);
    case 'switch':
      return z.boolean();
    case 'choice':
      return z.enum(field.choices.map((c) => c.value));
    case 'text':
      return field.pattern ? z.string().max(field.maxLength).regex(field.pattern) : z.string().max(field.maxLength);
    default:
      return field satisfies never;
  }
}

const schemas = Object.fromEntries(fieldNames.map((name) => [name, schemaOf(fields[name])])) as Readonly<
  Record<FieldName, z.ZodType>
>;

/** A value for every field, each in its range. */
export const paramsSchema = z.strictObject(schemas) as unknown as z.ZodType<Params>;

/** Some of the fields: what a preset holds and what a command gives. */
export type PartialParams = { readonly [K in FieldName]?: Params[K] };
export const partialParamsSchema = z.strictObject(schemas).partial() as unknown as z.ZodType<PartialParams>;

/** Whether a field takes a value that came from outside. */
export function takes(name: FieldName, value: unknown): boolean {
  return schemas[name].safeParse(value).success;
}

/** Ignores case, takes `_`, `-` and blanks for the same, and full-width letters and digits for narrow ones. */
export const normalName = (name: string): string =>
  name
    .normalize('NFKC')
    .toLowerCase()
    .replace(/[\s_-]+/g, '-')
    .replace(/^override-settings\./, '');

const byName: ReadonlyMap<string, FieldName> = new Map(
  fieldNames.flatMap((name): [string, FieldName][] => {
    const field: Field = fields[name];
    const spellings = [name, field.api, field.chat, ...(field.aliases ?? [])];
    return spellings.map((spelling) => [normalName(spelling), name]);
  }),
);

/** The field called `name` in A1111's API, in chat, or in this table. */
export function fieldNamed(name: string): FieldName | undefined {
  return byName.get(normalName(name));
}

/** The chat option that looks most like `name`, for "did you mean". */
export function nearestField(name: string): string | null {
  return (
    closest(
      name,
      fieldNames.map((key) => fields[key].chat),
    )[0] ?? null
  );
}

const truths: Readonly<Record<string, boolean>> = {
  true: true,
  on: true,
  yes: true,
  '1': true,
  是: true,
  开: true,
  false: false,
  off: false,
  no: false,
  '0': false,
  否: false,
  关: false,
};

function parseNumber(name: FieldName, field: Field & { kind: 'integer' | 'number' }, text: string): number {
  const value = Number(text.normalize('NFKC').replace(/^(\d*),(\d+)$/, '$1.$2')); // some write a comma for the point
  const whole = field.kind === 'number' || Number.isInteger(value);
  if (text.trim() === '' || !whole || !(value >= field.min && value <= field.max)) {
    throw new Refusal('out-of-range', { field: fields[name].chat, given: text, min: field.min, max: field.max });
  }
  return value;
}

function parseChoice(field: Field & { kind: 'choice' }, text: string): string {
  const wanted = normalName(text);
  const truth = field.choices.length === 2 ? truths[wanted] : undefined; // and those of two as switches
  const index = truth === undefined ? (/^\d+$/.test(wanted) ? Number(wanted) : -1) : Number(truth); // A1111's API gives choices by number
  const found =
    field.choices[index] ??
    field.choices.find((c) => [c.value, c.label.en, c.label.zh].some((spelling) => normalName(spelling) === wanted));
  if (found) return found.value;
  const values = field.choices.map((c) => c.value);
  throw new Refusal('unknown-name', { kind: field.chat, given: text, nearest: closest(text, values) });
}

function parseText(field: Field & { kind: 'text' }, text: string): string {
  if (text.length > field.maxLength)
    throw new Refusal('prompt-too-long', { length: text.length, limit: field.maxLength });
  if (!field.pattern) return text;
  const narrow = text.normalize('NFKC');
  if (field.pattern.test(narrow)) return narrow;
  const meant = field.refusal === 'bad-size' ? guessedSize(narrow) : undefined;
  throw new Refusal(field.refusal ?? 'bad-size', { given: text, ...(meant !== undefined && { meant }) });
}

function parsedValue(name: FieldName, text: string): string | number | boolean {
  const field: Field = fields[name];
  switch (field.kind) {
    case 'integer':
    case 'number':
      return parseNumber(name, field, text);
    case 'switch': {
      const truth = truths[normalName(text.trim())];
      if (truth === undefined)
        throw new Refusal('unknown-name', { kind: field.chat, given: text, nearest: ['on', 'off'] });
      return truth;
    }
    case 'choice':
      return parseChoice(field, text);
    case 'text':
      return parseText(field, text);
    default:
      return field satisfies never;
  }
}

/**
 * What a person wrote for a field: numbers in range, choices by value, label or A1111's number, switches by yes and no.
 * @throws Refusal 'out-of-range', 'unknown-name', 'prompt-too-long', 'bad-color', 'bad-direction', 'bad-size'
 */
export function parseParam<K extends FieldName>(name: K, text: string): Params[K] {
  return parsedValue(name, text) as Params[K];
}
