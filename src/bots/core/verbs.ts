import { ratioIn } from '../../edit/outpaint-plan.ts';
import type { PartialParams } from '../../edit/params.ts';
import { parseParam } from '../../edit/params.ts';
import { type EditWords, parseWords, type Region, takeRemoveWord } from './grammar.ts';

/** What a word asks for that needs no more words. */
type Verb = 'again' | 'more' | 'less' | 'undo' | 'redo' | 'compare';

export type Utterance =
  | { readonly kind: 'verb'; readonly verb: Verb; readonly params: PartialParams }
  | { readonly kind: 'edit'; readonly command: 'edit' | 'upscale' | 'outpaint'; readonly words: EditWords };

const verbs: ReadonlyMap<string, Verb> = new Map([
  ...(['again', '再来', '再来一张'] as const).map((word) => [word, 'again'] as const),
  ...(['more', '更多'] as const).map((word) => [word, 'more'] as const),
  ...(['less', '更少'] as const).map((word) => [word, 'less'] as const),
  ...(['undo', '撤销'] as const).map((word) => [word, 'undo'] as const),
  ...(['redo', '重做'] as const).map((word) => [word, 'redo'] as const),
  ...(['compare', '对比'] as const).map((word) => [word, 'compare'] as const),
]);

/** What each way of naming a part stands for, unless other values are said. */
const setsOf: Readonly<Record<Region['becomes'], PartialParams>> = {
  another: { denoisingStrength: 0.85, maskedContent: 'latent noise', softInpainting: true },
  nothing: { denoisingStrength: 0.5, maskedContent: 'fill', dilateMask: 8 },
  repainted: {},
  detailed: { denoisingStrength: 0.35, inpaintArea: 'only masked' },
};

const blank = /^[\s,，]*$/;
/** What may end a command as it ends a sentence. */
const ending = /[\s.!。！~～…]{1,8}$/u;

/** The words without their prompt, as they speak of a part. */
function about(words: EditWords, target: string, becomes: Region['becomes'], more: Partial<EditWords> = {}) {
  if (blank.test(target)) return undefined;
  const params = { ...setsOf[becomes], ...words.params };
  return { ...words, prompt: null, ...more, params, region: { target: target.trim(), becomes } };
}

/** Both sides of the one place where `separator` (global) stands; undefined when that is nowhere, or in several places. */
function sidesOf(text: string, separator: RegExp): readonly [string, string] | undefined {
  const sides = text.split(separator);
  const [from, to, ...others] = sides;
  if (from === undefined || to === undefined || others.length > 0) return undefined;
  return blank.test(from) || blank.test(to) ? undefined : [unquoted(from), unquoted(to)];
}

/** What stands in quotation marks, or the text itself. */
function unquoted(text: string): string {
  const trimmed = text.trim();
  return (
    /^(?:"([^"]+)"|“([^”]+)”|「([^」]+)」)$/u
      .exec(trimmed)
      ?.slice(1)
      .find((inner) => inner !== undefined) ?? trimmed
  );
}

/** `hat -> red beret`, `replace hat with red beret`, `把帽子换成红色贝雷帽`: what becomes what. */
function swapIn(text: string): readonly [string, string] | undefined {
  const replaced = /^replace\s/i.test(text) ? sidesOf(text.slice('replace'.length), /\swith\s/i) : undefined;
  const inChinese = sidesOf(text.startsWith('把') ? text.slice(1) : text, text.startsWith('把') ? /[换改]成/ : /改成/);
  return replaced ?? sidesOf(text, /[-－=＝][>＞]|→/) ?? inChinese;
}

/** `remove vase`, `去掉花瓶`; `inpaint hat: red beret`, `重绘帽子：红色贝雷帽`; `detail hand`, `修复 手`. */
function partIn(words: EditWords, text: string): EditWords | undefined {
  const removal = takeRemoveWord(text);
  if (removal.isRemoval) return about(words, removal.rest, 'nothing');
  const repainted = /^(?:inpaint\s|重绘)/i.exec(text);
  const colon = text.search(/[:：]/);
  if (repainted && colon > 0 && !blank.test(text.slice(colon + 1))) {
    return about(words, text.slice(repainted[0].length, colon), 'repainted', { prompt: text.slice(colon + 1).trim() });
  }
  const detailed = /^(?:detail|修复)\s*(faces?|hands?|both|脸|面部|手|手部)?$/i.exec(text);
  return detailed ? about(words, detailed[1] ?? text, 'detailed') : undefined;
}

/** The words as they speak of a part of the picture, when they do. */
function withRegion(words: EditWords): EditWords {
  const text = words.prompt;
  if (text === null) return words;
  const part = partIn(words, text);
  if (part) return part;
  const swap = swapIn(text);
  if (!swap) return words;
  const append = [swap[1], words.append].filter((said) => said !== '').join(', ');
  return about(words, swap[0], 'another', { append }) ?? words;
}

/** How often something gets larger, in Chinese numerals; "by one time" doubles it. */
const timesInChinese: Readonly<Record<string, string>> = { 一: '2', 两: '2', 二: '2', 三: '3', 四: '4' };

/** `upscale`, `upscale 1.5x`, `upscale x2`, `放大2倍`, `放大两倍`. @throws Refusal 'out-of-range' */
function upscaleIn(text: string): PartialParams | undefined {
  const form =
    /^(?:upscale(?![a-z])|放大)(?:\s*(?:by\s+)?(?:[x×]?(?<factor>\d{1,3}(?:\.\d{1,4})?)\s*[x×倍]?|(?<word>[一两二三四])倍))?$/i;
  const found = form.exec(text);
  if (!found) return undefined;
  const { factor, word = '' } = found.groups ?? {};
  const said = factor ?? timesInChinese[word];
  return said === undefined ? {} : { scaleFactor: parseParam('scaleFactor', said) };
}

const sides: ReadonlyMap<string, string> = new Map<string, string>([
  ...(['left', '左'] as const).map((word) => [word, 'left'] as const),
  ...(['right', '右'] as const).map((word) => [word, 'right'] as const),
  ...(['up', '上'] as const).map((word) => [word, 'up'] as const),
  ...(['down', '下'] as const).map((word) => [word, 'down'] as const),
  ...(['horizontal', '水平', '左右'] as const).map((word) => [word, 'left right'] as const),
  ...(['vertical', '垂直', '上下'] as const).map((word) => [word, 'up down'] as const),
  ...(['all', '四周'] as const).map((word) => [word, 'left right up down'] as const),
]);
const side = /horizontal|vertical|left|right|up|down|all|水平|垂直|左右|上下|四周|[左右上下]/iy;

/** `outpaint`, `outpaint left right 128`, `outpaint 16:9`, `外扩左右128像素`. @throws Refusal 'out-of-range' */
function outpaintIn(text: string): Pick<EditWords, 'params' | 'ratio'> | undefined {
  const verb = /^(?:outpaint(?![a-z])|外扩)[\s,，+]*(?:(?:to|towards?)\s+|[向往成到至])?/i.exec(text);
  if (!verb) return undefined;
  let rest = text.slice(verb[0].length);
  const found = new Set<string>();
  for (side.lastIndex = 0; ; side.lastIndex = 0) {
    const word = side.exec(rest)?.[0];
    if (word === undefined) break;
    for (const one of sides.get(word.toLowerCase())!.split(' ')) found.add(one);
    rest = rest.slice(word.length).replace(/^(?:[\s,，、+&和与及]|and(?![a-z]))+/i, '');
  }
  const direction = found.size > 0 ? { direction: [...found].join(' ') } : {};
  if (ratioIn(rest)) return { params: direction, ratio: rest };
  const [whole, pixels] = /^(\d{1,5})?\s*(?:px|pixels?|像素)?$/i.exec(rest) ?? [];
  if (whole === undefined || (whole !== '' && pixels === undefined)) return undefined;
  return { params: { ...direction, ...(pixels !== undefined && { pixels: parseParam('pixels', pixels) }) } };
}

function flowIn(words: EditWords, said: string): Utterance | undefined {
  const text = said.normalize('NFKC').replace(ending, '');
  const upscale = upscaleIn(text);
  const flow = upscale ? { params: upscale } : outpaintIn(text);
  if (!flow) return undefined;
  const params = { ...flow.params, ...words.params };
  return {
    kind: 'edit',
    command: upscale ? 'upscale' : 'outpaint',
    words: { ...flow, ...words, prompt: null, params },
  };
}

/** A verb that stands alone but for parameters; those that make no picture stand quite alone. */
function verbIn(words: EditWords, text: string): Utterance | undefined {
  const verb = verbs.get(text.toLowerCase().replace(ending, ''));
  const isMore = words.negative !== null || words.append !== '' || words.appendNegative !== '';
  if (!verb || isMore) return undefined;
  const makes = verb === 'again' || verb === 'more' || verb === 'less';
  if (!makes && Object.keys(words.params).length > 0) return undefined;
  return { kind: 'verb', verb, params: words.params };
}

/**
 * Reads a free text: a verb when the whole of it has a verb's form, else a part of the picture that becomes something else, else
 * words of an edit. A verb is one at the beginning only, and only as a whole word; anything else that begins like one is a prompt.
 *
 * @throws Refusal as `parseWords` does
 */
export function parseText(raw: string): Utterance {
  const words = parseWords(raw);
  const text = words.prompt?.trim();
  const asked = text === undefined ? undefined : (verbIn(words, text) ?? flowIn(words, text));
  return asked ?? { kind: 'edit', command: 'edit', words: withRegion(words) };
}

/** The words after a typed command: what could follow its verb is read as it would be there. @throws Refusal as `parseWords` does */
export function wordsAfter(command: string, raw: string): EditWords {
  const words = parseWords(raw);
  const text = words.prompt?.trim() ?? '';
  const flow = text === '' ? undefined : flowIn(words, `${command} ${text}`);
  return flow?.kind === 'edit' ? flow.words : withRegion(words);
}
