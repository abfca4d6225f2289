import { parseDecimal } from './decimal.ts';

/** `<type:item:item:name=item>` in a prompt. */
export interface ExtraNetwork {
  readonly type: string;
  readonly items: readonly string[];
  readonly positional: readonly string[];
  readonly named: Readonly<Record<string, string>>;
}

/** A LoRA to be merged: by how much into the text encoder, into the U-Net, and cut down to which rank. */
export interface LoraMention {
  readonly name: string;
  readonly te: number;
  readonly unet: number;
  readonly dyn: number | null;
}

export interface HypernetMention {
  readonly name: string;
  readonly multiplier: number;
}

/** All mentions of one kind; a single argument that is no number turns the whole kind off. */
export interface Mentions<M> {
  readonly mentions: readonly M[];
  /** The argument that is no number. */
  readonly broken?: string;
}

const opening = /<([\p{L}\p{N}_]+):/uy;

/**
 * Cuts `<lora:name:0.8>` and its like out of a prompt; what stood around them stays as it was.
 * Source: A1111 modules/extra_networks.py `parse_prompt`
 */
export function extractExtraNetworks(prompt: string): { text: string; networks: ExtraNetwork[] } {
  const networks: ExtraNetwork[] = [];
  const kept: string[] = [];
  let copied = 0;
  for (let at = prompt.indexOf('<'); at >= 0; at = prompt.indexOf('<', at + 1)) {
    if (at < copied) continue; // inside the mention just read
    opening.lastIndex = at;
    const type = opening.exec(prompt)?.[1];
    if (type === undefined) continue;
    const start = at + type.length + 2;
    const end = prompt.indexOf('>', start);
    if (end < 0) break;
    if (end === start) continue;
    networks.push(toNetwork(type, prompt.slice(start, end)));
    kept.push(prompt.slice(copied, at));
    copied = end + 1;
  }
  return { text: kept.join('') + prompt.slice(copied), networks };
}

function toNetwork(type: string, args: string): ExtraNetwork {
  const items = args.split(':');
  const pairs = items.map((item) => item.split('='));
  return {
    type,
    items,
    positional: items.filter((_, i) => pairs[i]!.length !== 2),
    named: Object.fromEntries(pairs.filter((pair) => pair.length === 2)),
  };
}

/**
 * The LoRAs of a prompt in order, `<lyco:…>` included: `<lora:name:te:unet:dyn>`, the latter three also by name.
 * Source: A1111 extensions-builtin/Lora/extra_networks_lora.py
 */
export function lorasOf(networks: readonly ExtraNetwork[]): Mentions<LoraMention> {
  return readAll(networks.filter(({ type }) => type === 'lora' || type === 'lyco').map(toLora));
}

/** The hypernetworks of a prompt in order: `<hypernet:name:multiplier>`. Source: A1111 modules/extra_networks_hypernet.py */
export function hypernetsOf(networks: readonly ExtraNetwork[]): Mentions<HypernetMention> {
  return readAll(networks.filter(({ type }) => type === 'hypernet').map(toHypernet));
}

/** A mention, or the argument that spoils it. */
type Reading<M> = { readonly mention: M } | { readonly broken: string };

function readAll<M>(readings: readonly Reading<M>[]): Mentions<M> {
  const broken = readings.find((reading) => 'broken' in reading);
  if (broken) return { mentions: [], broken: broken.broken };
  return { mentions: readings.flatMap((reading) => ('mention' in reading ? [reading.mention] : [])) };
}

function toLora({ positional, named, items }: ExtraNetwork): Reading<LoraMention> {
  const [name, first, second, third] = positional;
  if (name === undefined) return { broken: items.join(':') };
  const texts = {
    te: named.te ?? first ?? '1',
    unet: named.unet ?? second ?? named.te ?? first ?? '1',
    dyn: named.dyn ?? third,
  };
  const given = [first, second, texts.te, texts.unet].filter((text) => text !== undefined);
  const broken = given.find((text) => parseDecimal(text) === undefined) ?? brokenRank([third, named.dyn]);
  if (broken !== undefined) return { broken };
  const dyn = texts.dyn === undefined ? null : parseDecimal(texts.dyn)!;
  return { mention: { name, te: parseDecimal(texts.te)!, unet: parseDecimal(texts.unet)!, dyn } };
}

function brokenRank(texts: readonly (string | undefined)[]): string | undefined {
  return texts.find((text) => text !== undefined && !/^\s*[+-]?\p{Nd}+\s*$/u.test(text));
}

function toHypernet({ items: [name = '', multiplier = '1'] }: ExtraNetwork): Reading<HypernetMention> {
  const value = parseDecimal(multiplier);
  return value === undefined ? { broken: multiplier } : { mention: { name, multiplier: value } };
}
