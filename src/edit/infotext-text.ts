/** What a parameter may be before it is written; null leaves it out. Objects and lists are written as JSON. */
export type InfotextValue = string | number | boolean | null | { readonly [key: string]: unknown } | readonly unknown[];

/** A picture's parameters as they are to be written, in any order of the keys A1111 knows. */
export interface Infotext {
  readonly prompt: string;
  readonly negativePrompt: string;
  readonly params: Iterable<readonly [key: string, value: InfotextValue]>;
}

/** What was read: every parameter a string, in order of appearance. */
export interface ParsedInfotext {
  readonly prompt: string;
  readonly negativePrompt: string;
  readonly params: ReadonlyMap<string, string>;
}

/** Keys whose place does not depend on when they were set. Source: A1111 modules/processing.py `create_infotext` */
const leadingKeys = [
  'Steps',
  'Sampler',
  'Schedule type',
  'CFG scale',
  'Image CFG scale',
  'Seed',
  'Face restoration',
  'Size',
  'Model hash',
  'Model',
  'FP8 weight',
  'Cache FP16 weight for LoRA',
  'VAE hash',
  'VAE',
  'Variation seed',
  'Variation seed strength',
  'Seed resize from',
  'Denoising strength',
  'Conditional mask weight',
  'Clip skip',
  'ENSD',
  'Token merging ratio',
  'Token merging ratio hr',
  'Init image hash',
  'RNG',
  'Tiling',
] as const;
const trailingKeys = ['Version', 'User'] as const;

/** Integers plain, fractions in the fewest digits that read back; an exponent, of two digits, only below 0.0001. */
function numberText(value: number): string {
  if (value === 0 || Math.abs(value) >= 1e-4) return String(value);
  return value.toExponential().replace(/e-(\d)$/, 'e-0$1');
}

/** JSON with a blank after each comma and colon, other scripts as they are. Source: Python `json.dumps` */
function jsonText(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(jsonText).join(', ')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  const pairs = Object.entries(value).map(([key, item]) => `${JSON.stringify(key)}: ${jsonText(item)}`);
  return `{${pairs.join(', ')}}`;
}

/** A value that would break the line is put in JSON quotes; others, quotes included, stay. Source: A1111 `quote` */
export function quoteInfotext(text: string): string {
  return /[,:\n]/.test(text) ? JSON.stringify(text) : text;
}

/** Takes JSON quotes off; what only looks quoted stays as it is. Source: A1111 `unquote` */
export function unquoteInfotext(text: string): string {
  if (!(text.length > 0 && text.startsWith('"') && text.endsWith('"'))) return text;
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'string' ? value : text;
  } catch {
    return text;
  }
}

function valueText(value: Exclude<InfotextValue, null>): string {
  if (typeof value === 'string') return quoteInfotext(value);
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  return typeof value === 'number' ? numberText(value) : jsonText(value);
}

/** Known keys first, in A1111's order, then all others as they came, version and user last. A later value of a key counts. */
function arranged(params: Infotext['params']): [string, Exclude<InfotextValue, null>][] {
  const values = new Map(params);
  const fixed = new Set<string>([...leadingKeys, ...trailingKeys]);
  const others = [...values.keys()].filter((key) => !fixed.has(key));
  return [...leadingKeys, ...others, ...trailingKeys].flatMap((key) => {
    const value = values.get(key);
    return value === undefined || value === null ? [] : [[key, value] as [string, Exclude<InfotextValue, null>]];
  });
}

/**
 * The text that A1111 puts into its pictures, byte for byte, given values as its UI sends them (7, not 7.0).
 * Source: A1111 modules/processing.py `create_infotext`
 */
export function writeInfotext({ prompt, negativePrompt, params }: Infotext): string {
  const negative = negativePrompt ? `\nNegative prompt: ${negativePrompt}` : '';
  const pairs = arranged(params).map(([key, value]) => (value === key ? key : `${key}: ${valueText(value)}`));
  return `${prompt}${negative}\n${pairs.join(', ')}`.trim();
}

/** What a key consists of, and what it may not begin with. */
const notInKeys = /[^\p{L}\p{N}_ \-/]/u;
const beforeKeys = /^[ \-/]+/;
const quotedValue = /"(?:\\.|[^\\"])+"(?=,|$)/y;

/** The key at the end of a text: two characters or more. */
function keyEnding(text: string): string | undefined {
  const key = text.split(notInKeys).at(-1)!.replace(beforeKeys, '');
  return key.length >= 2 ? key : undefined;
}

/**
 * Keys and values of a line, in time proportional to its length, as it may be anybody's.
 * Source: A1111 modules/infotext_utils.py `re_param_code`, of which this finds the same matches
 */
function* pairsIn(line: string): Generator<[key: string, value: string]> {
  for (let at = 0, colon = line.indexOf(':'); colon >= 0; colon = line.indexOf(':', at)) {
    const key = keyEnding(line.slice(at, colon));
    at = colon + 1;
    if (!key) continue;
    while (/\s/.test(line.charAt(at))) at++;
    quotedValue.lastIndex = at;
    const comma = line.indexOf(',', at);
    const value = quotedValue.exec(line)?.[0] ?? line.slice(at, comma < 0 ? line.length : comma);
    yield [key, value];
    at += value.length + 1;
  }
}

/** A last line with fewer pairs than this is taken for a prompt. */
const FEWEST_PARAMS = 3;
const NEGATIVE = 'Negative prompt:';

/** Prompt and parameters out of a text; a text without parameters is all prompt. Source: A1111 `parse_generation_parameters` */
export function parseInfotext(text: string): ParsedInfotext {
  const lines = text.trim().split('\n');
  const pairs = [...pairsIn(lines.at(-1) ?? '')];
  const hasParams = pairs.length >= FEWEST_PARAMS;
  const prompts = readPrompts(hasParams ? lines.slice(0, -1) : lines);
  return { ...prompts, params: hasParams ? readParams(pairs) : new Map() };
}

function readPrompts(lines: readonly string[]): { prompt: string; negativePrompt: string } {
  let [prompt, negativePrompt, inNegative] = ['', '', false];
  const append = (before: string, line: string) => (before === '' ? line : `${before}\n${line}`);
  for (const line of lines) {
    let rest = line.trim();
    if (rest.startsWith(NEGATIVE)) {
      inNegative = true;
      rest = rest.slice(NEGATIVE.length).trim();
    }
    if (inNegative) negativePrompt = append(negativePrompt, rest);
    else prompt = append(prompt, rest);
  }
  return { prompt, negativePrompt };
}

function readParams(pairs: readonly (readonly [key: string, value: string])[]): Map<string, string> {
  const params = new Map<string, string>();
  for (const [key, raw] of pairs) {
    const value = unquoteInfotext(raw);
    if (raw === '') continue;
    const size = /^(\d+)x(\d+)$/.exec(value);
    if (size) params.set(`${key}-1`, size[1]!).set(`${key}-2`, size[2]!);
    else params.set(key, value);
  }
  return params;
}
