import type { ParsedInfotext } from './infotext-text.ts';

/** An infotext with everything that its keys, by being absent, say as well. */
export type CompletedInfotext = ReadonlyMap<string, string | number | boolean>;

/** What a missing key means, in A1111's order. Source: A1111 modules/infotext_utils.py `parse_generation_parameters` */
const whenMissing: readonly (readonly [key: string, value: string | number | boolean])[] = [
  ['Hires resize-1', 0],
  ['Hires resize-2', 0],
  ['Hires sampler', 'Use same sampler'],
  ['Hires schedule type', 'Use same scheduler'],
  ['Hires checkpoint', 'Use same checkpoint'],
  ['Hires prompt', ''],
  ['Hires negative prompt', ''],
  ['Mask mode', 'Inpaint masked'],
  ['Masked content', 'original'],
  ['Inpaint area', 'Whole picture'],
  ['Masked area padding', 32],
  ['RNG', 'GPU'],
  ['Schedule type', 'Automatic'],
  ['Schedule max sigma', 0],
  ['Schedule min sigma', 0],
  ['Schedule rho', 0],
  ['VAE Encoder', 'Full'],
  ['VAE Decoder', 'Full'],
  ['FP8 weight', 'Disable'],
];

/**
 * All that A1111 would read from a text: prompts as keys, defaults of missing keys, old notations and the behaviour of the version
 * that wrote it.
 *
 * @param usesEmphasis  whether either prompt weighs any of its words
 */
export function completeInfotext(parsed: ParsedInfotext, usesEmphasis: boolean): CompletedInfotext {
  const values = new Map<string, string | number | boolean>(parsed.params);
  const put = (key: string, value: string | number | boolean) => values.has(key) || values.set(key, value);
  values.set('Prompt', parsed.prompt + hypernetMention(parsed)).set('Negative prompt', parsed.negativePrompt);
  put('Clip skip', '1');
  for (const [key, value] of whenMissing) put(key, value);
  restoreFirstPass(values);
  if (usesEmphasis) put('Emphasis', 'Original');
  put('Refiner switch by sampling steps', false);
  for (const [key, value] of compatibility(parsed)) values.set(key, value);
  return values;
}

/** What old infotext adds to its prompt: a hypernetwork was a setting before it was a word of the prompt. */
export function hypernetMention({ params }: ParsedInfotext): string {
  const name = params.get('Hypernet');
  return name === undefined ? '' : `<hypernet:${name}:${params.get('Hypernet strength') ?? '1.0'}>`;
}

/** "First pass size" is the size, and what was the size is what it was enlarged to. Source: A1111 `restore_old_hires_fix_params` */
function restoreFirstPass(values: Map<string, string | number | boolean>): void {
  const [firstWidth, firstHeight] = [values.get('First pass size-1'), values.get('First pass size-2')];
  if (firstWidth === undefined || firstHeight === undefined) return;
  const [width, height] = [Number(values.get('Size-1') ?? 512), Number(values.get('Size-2') ?? 512)];
  let first = [Number(firstWidth), Number(firstHeight)];
  if (first.includes(0)) {
    const scale = Math.sqrt((512 * 512) / (width * height));
    first = [width, height].map((side) => Math.ceil((scale * side) / 64) * 64);
  }
  values.set('Size-1', first[0]!).set('Size-2', first[1]!);
  values.set('Hires resize-1', width).set('Hires resize-2', height);
}

/** Major, minor, patch and commits since; −1 for a release candidate. */
type Version = readonly [major: number, minor: number, patch: number, post: number];

function parseVersion(text: string | undefined): Version | undefined {
  const match = /^v?(\d+)\.(\d+)(?:\.(\d+))?(?:-(rc\d*|\d+))?(?:-.*)?$/i.exec(text ?? '');
  if (!match) return undefined;
  const [, major, minor, patch = '0', post = '0'] = match;
  return [Number(major), Number(minor), Number(patch), /^rc/i.test(post) ? -1 : Number(post)];
}

function isBefore(a: Version, b: Version): boolean {
  const i = a.findIndex((n, at) => n !== b[at]);
  return i >= 0 && a[i]! < b[i]!;
}

/** What old versions did otherwise. Source: A1111 modules/infotext_versions.py `backcompat` */
export function compatibility({ prompt, params }: ParsedInfotext): [key: string, value: true][] {
  const version = parseVersion(params.get('Version'));
  if (!version) return [];
  const before = (...limit: Version) => isBefore(version, limit);
  const rules: readonly (readonly [string, boolean])[] = [
    ['Old prompt editing timelines', before(1, 6, 0, 0) && prompt.includes('[')],
    ['Pad conds v0', before(1, 6, 0, 0) && ['DDIM', 'PLMS'].includes(params.get('Sampler') ?? '')],
    ['Downcast alphas_cumprod', before(1, 7, 0, 225)],
    ['Refiner switch by sampling steps', before(1, 8, 0, 0) && params.has('Refiner')],
  ];
  return rules.filter(([, applies]) => applies).map(([key]) => [key, true]);
}
