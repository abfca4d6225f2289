import { type Field, fieldNames, fields } from '../../../edit/fields.ts';
import type { NodeId } from '../../../edit/lineage.ts';
import type { PartialParams } from '../../../edit/params.ts';
import { type PresetContent, type PresetFlow, type PresetScope, presetFlows } from '../../../edit/presets.ts';
import { Refusal } from '../../../errors.ts';
import { button } from '../buttons.ts';
import type { Doing } from '../calls.ts';
import { plainCard } from '../cards.ts';
import { messagesIn } from '../messages/index.ts';
import type { Asker, Flow } from '../order.ts';
import { oneLine, soundText } from '../plain-text.ts';
import type { Card } from '../platform.ts';
import { meantNode } from '../telling.ts';
import { saidIn } from '../threads.ts';
import { ask } from './drafts.ts';
import { wordsOf } from './gate.ts';
import { knownPresets, type MeantPreset, NAME_LIMIT, presetNamed } from './preset-names.ts';
import { postCard } from './review.ts';
import { screened } from './words.ts';

/** Presets of one owner at most. */
const limits: Readonly<Record<PresetScope, number>> = { user: 25, server: 50, channel: 50, system: 200 };

/** What a picture was made with and is no matter of that one picture. */
const notKept: readonly string[] = ['seed', 'subseed', 'seedResizeFromW', 'seedResizeFromH', 'checkpoint'];

/** A name people can type: one line, not too long, not empty. @throws Refusal 'option-missing' */
export function presetName(text: string): string {
  const name = oneLine(text, NAME_LIMIT);
  if (name === '') throw new Refusal('option-missing', { command: 'preset save', option: 'name' });
  return name;
}

/** The values of a picture that differ from the table's, its words among them: what another picture can be made with. */
export function contentOf(params: PartialParams): PresetContent {
  const kept = fieldNames.filter((name) => {
    const value = params[name];
    return !notKept.includes(name) && value !== undefined && value !== (fields[name] as Field).default;
  });
  return { params: Object.fromEntries(kept.map((name) => [name, params[name]])) };
}

/** What the options are called that hold words put around every prompt. */
export const aroundNames = { promptPrefix: 'prefix', promptSuffix: 'suffix' } as const;

/** Writes a preset. @throws Refusal 'too-many-presets', 'forbidden-word' */
export async function savePreset(
  flow: Flow,
  asker: Asker,
  { scope, owner, name, content }: { scope: PresetScope; owner: string; name: string; content: PresetContent },
): Promise<void> {
  const { prompt = '', negativePrompt = '' } = content.params;
  const words = [name, prompt, negativePrompt, content.promptPrefix ?? '', content.promptSuffix ?? ''].join('\n');
  const { found } = screened(words, await wordsOf(flow, asker.where.group));
  if (found.block[0] !== undefined) throw new Refusal('forbidden-word', { word: found.block[0] });
  const own = await flow.storage.presets.list(scope, owner);
  const limit = limits[scope];
  if (own.length >= limit && !own.some((preset) => preset.name === name))
    throw new Refusal('too-many-presets', { limit });
  await flow.storage.presets.save({ scope, owner, name, content });
}

/** `strength 0.5 · steps 30`: what a preset sets. */
export function contentLines({ params, promptPrefix = '', promptSuffix = '' }: PresetContent): readonly string[] {
  const set = fieldNames.filter((name) => params[name] !== undefined);
  const values = set.map((name) => `${fields[name].chat} ${oneLine(String(params[name]), 200)}`);
  const around = [
    ...(promptPrefix === '' ? [] : [`${aroundNames.promptPrefix} "${oneLine(promptPrefix, 200)}"`]),
    ...(promptSuffix === '' ? [] : [`${aroundNames.promptSuffix} "${oneLine(promptSuffix, 200)}"`]),
  ];
  return [...around, values.join(' · ')].filter((line) => line !== '');
}

/**
 * What a preset is to hold: the values of the picture somebody replies to or links, else of their last one here, and the words that were
 * given to stand around every prompt. Such words take the place of the picture's own. @throws Refusal 'nothing-to-repeat'
 */
export async function givenContent({ flow, incoming, call }: Doing): Promise<PresetContent> {
  const { from, prefix, suffix } = call.options;
  const node = await meantNode(flow, incoming, { moves: false, link: typeof from === 'string' ? from : null });
  if (!node.task) throw new Refusal('nothing-to-repeat', {});
  const { params } = contentOf(node.task.request.params);
  const around = {
    ...(typeof prefix === 'string' && { promptPrefix: prefix }),
    ...(typeof suffix === 'string' && { promptSuffix: suffix }),
  };
  if (Object.keys(around).length === 0) return { params };
  const { prompt: _, ...others } = params;
  return { params: others, ...around };
}

async function save(doing: Doing): Promise<void> {
  const { flow, heard, incoming, call } = doing;
  const name = presetName(String(call.options.name));
  const owner = heard.asker.speaker.user;
  const content = await givenContent(doing);
  await savePreset(flow, heard.asker, { scope: 'user', owner, name, content });
  await incoming.answer.tell({ ...plainCard, title: messagesIn(heard.private).house.presetSaved(name) });
}

async function list({ flow, heard, incoming }: Doing): Promise<void> {
  const { house } = messagesIn(heard.private);
  const known = await knownPresets(flow, heard.asker);
  const defaults = await flow.storage.presets.defaults('user', heard.asker.speaker.user);
  const lines = known.map(({ name, scope }) => {
    const flows =
      scope === 'user' ? defaults.filter((one) => one.name === name).map(({ flow: what }) => `★ ${what}`) : [];
    return [name, house.presetScopes[scope], ...flows].join(' · ');
  });
  await incoming.answer.tell({ ...plainCard, title: house.presetsTitle(known.length), lines });
}

async function named({ flow, heard, call }: Doing): Promise<MeantPreset> {
  return presetNamed(flow, heard.asker, String(call.options.name));
}

async function show(doing: Doing): Promise<void> {
  const { house } = messagesIn(doing.heard.private);
  const { name, scope, content } = await named(doing);
  const title = house.presetTitle(name, house.presetScopes[scope]);
  await doing.incoming.answer.tell({ ...plainCard, title, lines: contentLines(content) });
}

async function remove(doing: Doing): Promise<void> {
  const { flow, heard, incoming } = doing;
  const { name, scope } = await named(doing);
  const isGone = scope === 'user' && (await flow.storage.presets.remove('user', heard.asker.speaker.user, name));
  if (!isGone) throw new Refusal('not-yours', {});
  await incoming.answer.tell({ ...plainCard, title: messagesIn(heard.private).house.presetDeleted(name) });
}

/** A month: as long as results stand. */
const SHARED_MINUTES = 30 * 24 * 60;

async function share(doing: Doing): Promise<void> {
  const { flow, heard } = doing;
  const { asker } = heard;
  const { name, content } = await named(doing);
  const id = await ask(flow, asker, 'preset', { content: { name, content }, minutes: SHARED_MINUTES });
  const messages = messagesIn(asker.language);
  const copy = button(messages, 'ps', id as NodeId, { label: messages.buttons.copyPreset, emoji: '➕' });
  const title = messages.house.presetShared(name, oneLine(asker.speaker.name, 40));
  const card: Card = { ...plainCard, title, lines: contentLines(content), rows: [[copy]] };
  await postCard(flow, saidIn(asker.where), card, { key: `preset:${id}`, language: asker.language });
}

async function makeDefault(doing: Doing): Promise<void> {
  const { flow, heard, incoming, call } = doing;
  const { house } = messagesIn(heard.private);
  const owner = heard.asker.speaker.user;
  const what = presetFlows.find((known) => known === call.options.flow) ?? 'any';
  const given = String(call.options.name ?? '').trim();
  if (given === '' || given === '-') {
    await flow.storage.presets.setDefault('user', owner, null, what);
    await incoming.answer.tell({ ...plainCard, title: house.noDefault(what) });
    return;
  }
  const preset = await named(doing);
  await adopt(flow, heard.asker, preset, what);
  await incoming.answer.tell({ ...plainCard, title: house.presetDefault(preset.name, what) });
}

/** A default is one's own: somebody else's preset is copied first. */
async function adopt(flow: Flow, asker: Asker, { name, scope, content }: MeantPreset, what: PresetFlow): Promise<void> {
  const owner = asker.speaker.user;
  if (scope !== 'user') await savePreset(flow, asker, { scope: 'user', owner, name, content });
  await flow.storage.presets.setDefault('user', owner, name, what);
}

/** What `/preset …` does; `use` makes a preset the one that counts without being named. */
export const presetDoes: Readonly<Record<string, (doing: Doing) => Promise<void>>> = {
  save,
  use: makeDefault,
  list,
  show,
  delete: remove,
  share,
  default: makeDefault,
};

/** What a stored question about a shared preset holds. */
export interface SharedPreset {
  readonly name: string;
  readonly content: PresetContent;
}

/** A copy for whoever pressed. @throws Refusal 'too-many-presets', 'forbidden-word' */
export async function copyPreset(flow: Flow, asker: Asker, { name, content }: SharedPreset): Promise<string> {
  const sound = presetName(soundText(name));
  await savePreset(flow, asker, { scope: 'user', owner: asker.speaker.user, name: sound, content });
  return sound;
}
