import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { completeInfotext } from '../../edit/infotext-defaults.ts';
import {
  type InfotextValue,
  parseInfotext,
  quoteInfotext,
  unquoteInfotext,
  writeInfotext,
} from '../../edit/infotext-text.ts';
import { resolveSampler } from '../../edit/sampler-names.ts';
import { readInfotext } from '../../engine/image/infotext-file.ts';
import { parseAttention } from '../../engine/prompt/attention.ts';
import { samplers } from '../../engine/sampling/samplers.ts';
import type { GoldenOutcome } from '../outcome.ts';
import { judge, mismatch, readJson } from './case.ts';
import { infotextOptions } from './infotext-options.ts';

const area = 'img2img/infotext';

type Fields = Readonly<Record<string, unknown>>;

type NumberKey = 'steps' | 'cfg_scale' | 'image_cfg_scale' | 'width' | 'height' | 'subseed_strength';

/** Fields of A1111's processing object that the reference was given; what is missing has its default. */
interface WriteInput extends Partial<Readonly<Record<NumberKey, number>>> {
  readonly prompt?: string;
  readonly negative_prompt?: string;
  readonly sampler_name?: string;
  readonly scheduler?: string;
  readonly index?: number;
  readonly all_seeds?: readonly number[];
  readonly all_subseeds?: readonly number[];
  readonly seed_resize_from_w?: number;
  readonly seed_resize_from_h?: number;
  readonly tiling?: boolean;
  readonly eta?: number | null;
  readonly user?: string;
  readonly extra?: Fields;
  readonly opts?: {
    readonly add_model_hash_to_info?: boolean;
    readonly add_user_name_to_info?: boolean;
    readonly CLIP_stop_at_last_layers?: number;
    readonly eta_noise_seed_delta?: number;
    readonly randn_source?: string;
  };
  readonly attrs?: {
    readonly sd_vae_hash?: string;
    readonly sd_vae_name?: string;
    readonly is_using_inpainting_conditioning?: boolean;
  };
}

interface WriteCase {
  readonly name: string;
  readonly input: WriteInput;
  /** Numbers as Python spells them; `defaults` those of fields that were not given. */
  readonly numbers_as_written: Readonly<Record<string, string>> & {
    readonly defaults: Readonly<Record<string, string>>;
  };
  readonly infotext: string;
}

interface ParseCase {
  readonly text: string;
  readonly result: Fields;
  readonly sampler_and_scheduler: readonly [string, string];
}

interface QuoteCase {
  readonly value: InfotextValue;
  readonly quoted: unknown;
}

/** Writing, parsing and quoting infotexts, and finding them in picture files. Everything exact. */
export async function* infotext(dir: string): AsyncGenerator<GoldenOutcome> {
  const exact = (name: string, check: () => Promise<number> | number) => judge({ area, name, tolerance: 0 }, check);
  for (const one of await readJson<WriteCase[]>(dir, 'write.json')) {
    yield await exact(`write ${one.name}`, () => mismatch(written(one), one.infotext));
  }
  for (const [i, one] of (await readJson<ParseCase[]>(dir, 'parse.json')).entries()) {
    yield await exact(`parse ${i}`, () => mismatch([...completed(one.text)], Object.entries(one.result)));
    yield await exact(`sampler ${i}`, () => mismatch(samplerOf(one.text), one.sampler_and_scheduler));
  }
  for (const { value, quoted } of await readJson<QuoteCase[]>(dir, 'quote.json')) {
    const actual = typeof value === 'string' ? quoteInfotext(value) : value;
    yield await exact(`quote ${JSON.stringify(value)}`, () => mismatch(actual, quoted));
  }
  for (const { text, unquoted } of await readJson<{ text: string; unquoted: string }[]>(dir, 'unquote.json')) {
    yield await exact(`unquote ${text}`, () => mismatch(unquoteInfotext(text), unquoted));
  }
  for (const { file, read } of await readJson<{ file: string; read: string }[]>(dir, 'files.json')) {
    yield await exact(`file ${file}`, async () => mismatch(await readInfotext(await readFile(join(dir, file))), read));
  }
  yield* infotextOptions(dir);
}

const isEmphasised = (prompt: string) =>
  parseAttention(prompt).some(({ text, weight }) => weight !== 1 && text !== 'BREAK');

function completed(text: string): ReadonlyMap<string, string | number | boolean> {
  const parsed = parseInfotext(text);
  return completeInfotext(parsed, isEmphasised(parsed.prompt) || isEmphasised(parsed.negativePrompt));
}

function samplerOf(text: string): readonly string[] {
  const { params } = parseInfotext(text);
  const resolved = resolveSampler(params.get('Sampler') ?? '', params.get('Schedule type'), { toAutomatic: true });
  return [resolved.sampler, resolved.scheduler];
}

/** The processing object of a write case as parameters; numbers as the reference spelt them (5.0 is not 5). */
function written({ input, numbers_as_written: spelt }: WriteCase): string {
  const { index = 0, extra = {}, prompt = '', negative_prompt: negativePrompt = '' } = input;
  const pairs = [...sampling(input, spelt), ...model(input)];
  for (const [key, value] of Object.entries(extra)) {
    pairs.push([key, spelt[`extra.${key}`] ?? (Array.isArray(value) ? value[index] : value)]);
  }
  pairs.push(['Version', 'v1.10.1'], ['User', input.opts?.add_user_name_to_info ? input.user : null]);
  const params = pairs.map(([key, value]) => [key, (value ?? null) as InfotextValue] as const);
  return writeInfotext({ prompt, negativePrompt, params });
}

type Pair = [key: string, value: unknown];

function sampling(input: WriteInput, spelt: WriteCase['numbers_as_written']): Pair[] {
  const number = (key: NumberKey) => spelt[key] ?? input[key] ?? spelt.defaults[key];
  const { index = 0, all_seeds = [1], sampler_name = 'Euler a', scheduler = 'Automatic' } = input;
  const resized = input.seed_resize_from_w && input.seed_resize_from_h;
  const varied = Boolean(input.subseed_strength);
  return [
    ['Steps', number('steps')],
    ['Sampler', sampler_name],
    ['Schedule type', scheduler],
    ['CFG scale', number('cfg_scale')],
    ['Image CFG scale', number('image_cfg_scale')],
    ['Seed', all_seeds[index]],
    ['Size', `${number('width')}x${number('height')}`],
    ['Variation seed', varied ? input.all_subseeds?.[index] : null],
    ['Variation seed strength', varied ? number('subseed_strength') : null],
    ['Seed resize from', resized ? `${input.seed_resize_from_w}x${input.seed_resize_from_h}` : null],
    ['Tiling', input.tiling || null],
  ];
}

function model({ opts = {}, attrs = {}, sampler_name = 'Euler a', eta }: WriteInput): Pair[] {
  const usesEnsd = sampler_name in samplers && samplers[sampler_name as keyof typeof samplers].usesEnsd && eta !== 0;
  const unless = <T>(standard: T, value: T | undefined) => (value === standard ? null : value);
  return [
    ['Model hash', opts.add_model_hash_to_info === false ? null : '0123456789'],
    ['Model', 'toy-model'],
    ['VAE hash', attrs.sd_vae_hash],
    ['VAE', attrs.sd_vae_name],
    ['Conditional mask weight', attrs.is_using_inpainting_conditioning ? '1.0' : null],
    ['Clip skip', unless(1, opts.CLIP_stop_at_last_layers)],
    ['ENSD', usesEnsd ? unless(0, opts.eta_noise_seed_delta) : null],
    ['RNG', unless('GPU', opts.randn_source)],
  ];
}
