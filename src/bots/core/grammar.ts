import { type Field, type FieldName, fields } from '../../edit/fields.ts';
import { ratioIn } from '../../edit/outpaint-plan.ts';
import type { PartialParams } from '../../edit/params.ts';
import type { Sketch } from '../../edit/request.ts';
import { Refusal } from '../../errors.ts';
import { checkLength, type Given, isKey, keyAt, matchAt, pointingAt, scanValue } from './options.ts';
import { soundText } from './plain-text.ts';

/** A part of the picture that is named by a word, and what becomes of it. */
export interface Region {
  readonly target: string;
  readonly becomes: 'another' | 'nothing' | 'repainted' | 'detailed';
}

/** What a text says about an edit. `null` leaves what the picture was made with. */
export interface EditWords {
  /** Replaces the prompt. */
  readonly prompt: string | null;
  /** Appended to the prompt; empty when nothing is. */
  readonly append: string;
  readonly negative: string | null;
  readonly appendNegative: string;
  readonly params: PartialParams;
  readonly region: Region | null;
  /** Parameters that were said twice, in an option and in `advanced`, which won. */
  readonly saidTwice: readonly FieldName[];
  /** The shape the picture is to grow to, like `16:9`. */
  readonly ratio?: string;
}

/** Where running text goes until the next operator. */
type Bucket = 'prompt' | 'append' | 'negative' | 'appendNegative';

// An operator stands at the start of a word, or behind a comma; `+` at the start of a line, for "a + b" is a prompt. Phones turn `--` into a dash.
const operators =
  /(?<=^|[\s,，;；。])(?:(?<plus>[+＋]\s?)?(?:no|neg|反向)[:：]|(?<flag>--|－－|––|—)(?=\p{L}))|(?<=^)(?<append>[+＋])/gimu;

interface Reading {
  readonly text: string;
  readonly given: Given;
  readonly buckets: Record<Bucket, string[]>;
  /** How far the text has been dealt with. */
  position: number;
  bucket: Bucket;
}

const isEdge = (character: string | undefined) => character !== undefined && /[\s,，]/u.test(character);

/** Without blanks and commas at both ends; a pattern would take quadratic time on a long run of them. */
function trimmed(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && isEdge(text[start])) start++;
  while (end > start && isEdge(text[end - 1])) end--;
  return text.slice(start, end);
}

/** Takes what stands before `end` as words of the bucket that is open. */
function takeWords(reading: Reading, end: number): void {
  const words = trimmed(reading.text.slice(reading.position, end));
  if (words !== '') reading.buckets[reading.bucket].push(words);
}

/** Where the value of a flag begins, and whether there is one: `--soft` alone switches on. */
function flagValue(reading: Reading, name: FieldName, start: number): { value: string; end: number } {
  const field: Field = fields[name];
  const gap = matchAt(/\s*[=＝:：]\s*|\s+|$/y, reading.text, start);
  const from = start + (gap?.[0].length ?? 0);
  if (
    field.kind === 'switch' &&
    !matchAt(/(?:true|false|on|off|yes|no|[01是否开关])(?![\p{L}\p{N}:：])/iuy, reading.text, from)
  ) {
    return { value: 'on', end: start };
  }
  return scanValue(name, reading.text, from);
}

/** `--key value`. A prompt's value needs no quotes: it runs to the next operator. */
function takeFlag(reading: Reading, start: number, dash: string): void {
  const key = matchAt(/(?:override_settings\.)?[\p{L}\p{N}_-]+/uy, reading.text, start + dash.length)![0];
  if (dash === '—' && !isKey(key)) return; // a dash in a sentence
  takeWords(reading, start);
  const { field: name, take } = keyAt(key, start);
  const end = start + dash.length + key.length;
  const isProse = name === 'prompt' || name === 'negativePrompt';
  if (isProse && !matchAt(/\s*[=＝:：]?\s*["“「]/y, reading.text, end)) {
    reading.bucket = name === 'prompt' ? 'prompt' : 'negative';
    reading.position = end + matchAt(/\s*[=＝:：]?/y, reading.text, end)![0].length;
    return;
  }
  const scanned = flagValue(reading, name, end);
  if (isProse) reading.buckets[name === 'prompt' ? 'prompt' : 'negative'].push(scanned.value);
  else take(reading.given, scanned.value);
  reading.position = scanned.end;
}

function readSegments(text: string): Reading {
  const buckets: Record<Bucket, string[]> = { prompt: [], append: [], negative: [], appendNegative: [] };
  const reading: Reading = { text, given: {}, buckets, position: 0, bucket: 'prompt' };
  for (const match of text.matchAll(operators)) {
    if (match.index < reading.position) continue; // inside a value
    const { flag, plus, append } = match.groups!;
    if (flag) {
      takeFlag(reading, match.index, flag);
      continue;
    }
    takeWords(reading, match.index);
    if (!append && !plus) buckets.negative.push(''); // `no:` alone takes away what there was
    reading.bucket = append ? 'append' : plus ? 'appendNegative' : 'negative';
    reading.position = match.index + match[0].length;
  }
  takeWords(reading, text.length);
  return reading;
}

/**
 * Reads the segments of a text: words replace the prompt, `+ …` appends to it, `no: …` replaces the negative prompt, `+no: …` appends
 * to that, `--key value` sets a parameter. Operators may be typed full-width; what stands between them is passed on as it is.
 *
 * @throws Refusal 'bad-option' with the position of an unknown key, 'prompt-too-long', 'bad-ratio', and whatever a value is refused for
 */
export function parseWords(raw: string): EditWords {
  checkLength(raw);
  const { value: ratio, rest: text } = takeOption(soundText(raw), 'to-ratio|宽高比');
  const { buckets, given } = pointingAt(text, () => readSegments(text));
  return {
    prompt: buckets.prompt.length > 0 ? buckets.prompt.join(' ') : null,
    append: buckets.append.join(', '),
    negative: buckets.negative.length > 0 ? buckets.negative.filter((said) => said !== '').join(', ') : null,
    appendNegative: buckets.appendNegative.join(', '),
    params: given,
    region: null,
    saidTwice: [],
    ...(ratio !== null && { ratio: checkRatio(ratio) }),
  };
}

/** `--name value` or `name=value` taken out of a text; a value with blanks stands in quotation marks. @param names  an expression */
export function takeOption(text: string, names: string): { readonly value: string | null; readonly rest: string } {
  const flag = `(?:--|－－|––|—)(?:${names})(?:\\s*[=＝:：]\\s*|\\s+)|(?:${names})[=＝]`;
  const found = new RegExp(`(?:^|\\s)(?:${flag})(?:"([^"]{1,64})"|([^\\s,，;；"]{1,64}))`, 'iu').exec(text);
  if (!found) return { value: null, rest: text };
  const rest = `${text.slice(0, found.index)} ${text.slice(found.index + found[0].length)}`.trim();
  return { value: (found[1] ?? found[2])!, rest };
}

/** @throws Refusal 'bad-ratio' */
export function checkRatio(text: string): string {
  if (!ratioIn(text)) throw new Refusal('bad-ratio', { given: text.slice(0, 40) });
  return text;
}

/** `2/3 a red hat`: the second of three pictures is meant. Undefined where the numbers are not of so many pictures. */
export function takeIndex(text: string, count: number): { readonly index: number; readonly rest: string } | undefined {
  const found = /^\s*(\d{1,2})\s*[/／]\s*(\d{1,2})(?![\d/／.])[\s:：,，]*/.exec(text.slice(0, 40).normalize('NFKC'));
  const [index, of] = [Number(found?.[1]), Number(found?.[2])];
  if (!found || count < 2 || of !== count || index < 1 || index > count) return undefined;
  return { index: index - 1, rest: text.slice(found[0].length) };
}

/** A caption that begins with "mask" says what the second picture is. */
export function takeMaskWord(text: string): { readonly isMask: boolean; readonly rest: string } {
  const word = /^\s*(?:mask\b|蒙版)[\s:：,，]*/iu.exec(text);
  return word ? { isMask: true, rest: text.slice(word[0].length) } : { isMask: false, rest: text };
}

/** A caption that begins with "sketch" or "inpaint sketch" says what a picture with strokes on it is. */
export function takeSketchWord(text: string): { readonly kind: Sketch['kind'] | null; readonly rest: string } {
  const word = /^\s*(?:(?<inpaint>inpaint[ -]?sketch\b|涂鸦重绘)|sketch\b|涂鸦)[\s:：,，]*/iu.exec(text);
  if (!word) return { kind: null, rest: text };
  return { kind: word.groups?.inpaint ? 'inpaint sketch' : 'sketch', rest: text.slice(word[0].length) };
}

/** A text that begins with "remove" says that something shall go; what follows is its name, or nothing where it is marked. */
export function takeRemoveWord(text: string): { readonly isRemoval: boolean; readonly rest: string } {
  const word = /^\s*(?:(?:remove|erase)(?=[\s:：,，]|$)|去掉|移除|擦除)[\s:：,，]*/iu.exec(text);
  return word ? { isRemoval: true, rest: text.slice(word[0].length) } : { isRemoval: false, rest: text };
}

/** The prompt a text leads to, when the picture was made with `before`. */
export function promptAfter(before: string, replaced: string | null, appended: string): string {
  return [replaced ?? before, appended].filter((part) => part.trim() !== '').join(', ');
}

/** What stands between commas, those within brackets left alone. */
function tagsOf(prompt: string): readonly string[] {
  const tags = [''];
  let depth = 0;
  for (const sign of prompt) {
    if ('([{<'.includes(sign)) depth++;
    if (')]}>'.includes(sign)) depth = Math.max(0, depth - 1);
    if (depth === 0 && /[,，]/.test(sign)) tags.push('');
    else tags[tags.length - 1] += sign;
  }
  return tags.map((tag) => tag.trim()).filter((tag) => tag !== '');
}

const isLetter = (sign: string | undefined) => sign !== undefined && /[\p{Script=Latin}\p{N}]/u.test(sign);

/** Whether a text speaks of something: in Latin letters as words of their own, or several of it; in others anywhere. */
function speaksOf(text: string, target: string): boolean {
  const [inside, word] = [text.toLowerCase(), target.toLowerCase()];
  for (let at = inside.indexOf(word); at >= 0; at = inside.indexOf(word, at + 1)) {
    const after = inside.slice(at + word.length).replace(/^(?:es|s)(?![\p{Script=Latin}\p{N}])/u, '');
    const isInside = isLetter(word[0]) && isLetter(inside[at - 1]);
    if (!isInside && !(isLetter(word.at(-1)) && isLetter(after[0]))) return true;
  }
  return false;
}

/** A prompt without the tags, between commas, that speak of something; as it is when that is nothing. */
export function promptWithout(prompt: string, target: string | null): string {
  const word = target?.trim() ?? '';
  if (word === '') return prompt;
  return tagsOf(prompt)
    .filter((tag) => !speaksOf(tag, word))
    .join(', ');
}
