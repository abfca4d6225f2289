import type { BlobRef } from '../../edit/blob.ts';
import type { Catalog } from '../../edit/catalog.ts';
import type { Params } from '../../edit/fields.ts';
import { fields } from '../../edit/fields.ts';
import type { LineageNode, Operation } from '../../edit/lineage.ts';
import { outpaintParams } from '../../edit/outpaint-plan.ts';
import { sidesOf } from '../../edit/outpaint-size.ts';
import type { PartialParams } from '../../edit/params.ts';
import { type Layer, mergeLayers, type PresetFlow, presetFlows } from '../../edit/presets.ts';
import type { EditRequest, MaskSource, Sketch, UserId } from '../../edit/request.ts';
import { type Clamped, resolveEdit } from '../../edit/resolve.ts';
import { isOutpainting, scriptDefaults } from '../../edit/script.ts';
import { Refusal } from '../../errors.ts';
import type { Asker, Order } from './accept.ts';
import { promptOf } from './cards.ts';
import { pause } from './clock.ts';
import type { EditingCommand } from './command.ts';
import { outpaintMethods } from './command-options.ts';
import { commands } from './commands.ts';
import { type Desk, uniform } from './desk.ts';
import { type EditWords, promptAfter, promptWithout } from './grammar.ts';
import { presetNamed } from './house/preset-names.ts';
import { type Choices, capsOf, channelsOf, choicesFor } from './house/rules.ts';
import { type FoundMask, ownMask, placeMask } from './mask.ts';
import type { Messages } from './messages/catalogue.ts';
import { messagesIn } from './messages/index.ts';
import { oneLine } from './plain-text.ts';
import type { RemoteFile } from './platform.ts';
import { fetchFile, imageOfSource, type Source, storeUpload } from './source.ts';

/** How long an edit waits for the first worker to say what it can do, ms. */
const CATALOG_MS = 10_000;
const CATALOG_STEP_MS = 250;

/** What a follow-up keeps of the picture it starts from: how it was painted, not how much or where. */
const styleFields = ['checkpoint', 'sampler', 'scheduler', 'steps', 'cfgScale', 'clipSkip', 'negativePrompt'] as const;

/** A mask of the picture's size that needs no more looking at; null for one that covers everything. */
export interface ReadyMask {
  readonly ready: MaskSource | null;
  readonly author: UserId;
}

/** An edit as it was said, its picture found. */
export interface Said {
  readonly command: EditingCommand;
  readonly words: EditWords;
  /** A preset by its name. */
  readonly preset?: string | null;
  readonly source: Source;
  /** One that has just come, or one that its author has agreed to. */
  readonly mask: FoundMask | ReadyMask | undefined;
  /** A file, or the whole picture painted over. */
  readonly sketch:
    | (({ readonly file: RemoteFile } | { readonly painted: BlobRef }) & { readonly kind: Sketch['kind'] })
    | undefined;
  /** Goes on from the picture: in its style, with its words unless others are said. */
  readonly followsUp: boolean;
}

/** What the workers can do; right after a start they are given a moment to say it. */
export async function catalogNow({ queue, clock, closing }: Desk): Promise<Catalog> {
  const until = clock.now() + CATALOG_MS;
  let catalog = await queue.catalog();
  while (catalog.checkpoints.length === 0 && clock.now() < until && !closing.aborted) {
    await pause(clock, CATALOG_STEP_MS, closing);
    catalog = await queue.catalog();
  }
  return catalog;
}

function styleOf(node: LineageNode): PartialParams {
  const params = node.task?.request.params;
  return params ? Object.fromEntries(styleFields.map((name) => [name, params[name]])) : {};
}

/** Prompts as parameters. What nobody said anything about is left to the layers below. */
function spokenPrompts({ words, source, followsUp }: Said): PartialParams {
  const node = source.kind === 'node' ? source.node : undefined;
  const gone = words.region?.becomes === 'nothing' ? words.region.target : null;
  const before = promptWithout(node ? promptOf(node) : '', gone);
  const prompt = promptAfter(before, words.prompt, words.append);
  const style: PartialParams = node && followsUp ? styleOf(node) : {};
  const added = [words.appendNegative, gone ?? ''].filter((part) => part !== '').join(', ');
  const negative = promptAfter(style.negativePrompt ?? '', words.negative, added);
  const isNegativeSaid = words.negative !== null || added !== '';
  return {
    ...(prompt !== '' || words.prompt !== null ? { prompt } : {}),
    ...(isNegativeSaid ? { negativePrompt: negative } : {}),
  };
}

/** Words that presets put around prompts are already around one that is taken over from a picture. */
function withoutFrame({ name, content }: Layer): Layer {
  return { name, content: { params: content.params } };
}

/** What a default preset for this kind of edit would be for. */
function flowOf({ name }: EditingCommand): PresetFlow {
  return presetFlows.find((flow) => flow === name) ?? 'any';
}

/** What was remembered: default presets and chosen values of the system, the server, the channel and the person. */
async function rememberedLayers(
  desk: Desk,
  asker: Asker,
  { chosen, flow }: { readonly chosen: readonly Layer[]; readonly flow: PresetFlow },
): Promise<readonly Layer[]> {
  const { speaker, where } = asker;
  const of = { group: where.group, channels: await channelsOf(desk, where), user: speaker.user };
  const presets = await desk.storage.presets.layers({ ...of, flow });
  return [...presets, ...chosen];
}

async function layersOf(
  desk: Desk,
  asker: Asker,
  { said, command, chosen }: { readonly said: Said; readonly command: EditingCommand; readonly chosen: Choices },
): Promise<readonly Layer[]> {
  const stored = await rememberedLayers(desk, asker, { chosen: chosen.layers, flow: flowOf(command) });
  const named = said.preset
    ? [{ name: 'preset', content: (await presetNamed(desk, asker, said.preset)).content } as const]
    : [];
  const isTakenOver = said.words.prompt === null && said.source.kind === 'node' && said.source.node.task !== null;
  const style = said.followsUp && said.source.kind === 'node' ? styleOf(said.source.node) : {};
  const script = said.words.params.script ?? command.edits.sets.script ?? 'none';
  return [
    { name: 'usual', content: { params: command.edits.usual } },
    ...(isTakenOver ? stored.map(withoutFrame) : stored),
    { name: 'flow', content: { params: { ...style, ...command.edits.sets, ...scriptDefaults[script] } } },
    ...(isTakenOver ? named.map(withoutFrame) : named),
    { name: 'command', content: { params: { ...said.words.params, ...spokenPrompts(said) } } },
  ];
}

interface PlacedMask {
  readonly mask: MaskSource | null;
  readonly isFull: boolean;
}

async function maskFor(desk: Desk, said: Said, params: Params): Promise<PlacedMask> {
  if (said.mask && 'ready' in said.mask) return { mask: said.mask.ready, isFull: said.mask.ready === null };
  if (said.mask) return placeMask(desk, said.mask, imageOfSource(said.source), params);
  if (said.sketch) return { mask: null, isFull: false };
  if (said.command.name !== commands.inpaint.name) return { mask: null, isFull: false };
  return { mask: await ownMask(desk, said.source), isFull: false };
}

/** What caps changed, as lines of a card. */
export function clampedNotes({ language }: Pick<Asker, 'language'>, clamped: readonly Clamped[]): readonly string[] {
  return clamped.map((one) => clampedNote(messagesIn(language), one));
}

function clampedNote({ picture }: Messages, { field, asked, given }: Clamped): string {
  const short = (value: number | string) => (typeof value === 'number' ? value : oneLine(value, 40) || '–');
  return picture.clamped(fields[field].chat, short(asked), short(given));
}

function twiceNote({ picture }: Messages, { saidTwice }: EditWords): readonly string[] {
  return saidTwice.length > 0 ? [picture.saidTwice(saidTwice.map((name) => fields[name].chat).join(', '))] : [];
}

function severalNote({ picture }: Messages, source: Source): readonly string[] {
  return source.kind === 'upload' && source.others.length > 0 ? [picture.firstOf(source.others.length + 1)] : [];
}

function sourceNote({ picture }: Messages, source: Source): readonly string[] {
  if (source.kind === 'upload') return source.isGuess ? [picture.lastHere] : [];
  if (source.how === 'pointed at') return [];
  const { number } = source.node;
  const says = {
    'your draft': picture.ofDraft,
    pinned: picture.pinnedHere,
    'last of yours': picture.lastOfYours,
    'newest here': picture.newestHere,
  };
  return [says[source.how](number)];
}

/** What was painted over the picture, stored. @throws Refusal 'sketch-size' and whatever is wrong with a picture */
async function sketchFor(desk: Desk, { sketch, source }: Said): Promise<Sketch | undefined> {
  if (!sketch) return undefined;
  if ('painted' in sketch) return { kind: sketch.kind, painted: sketch.painted };
  const { image } = await storeUpload(desk, await fetchFile(desk, sketch.file), { message: null, spoiler: false });
  const { width, height } = imageOfSource(source);
  if (image.width !== width || image.height !== height) {
    throw new Refusal('sketch-size', { sketch: `${image.width}×${image.height}`, image: `${width}×${height}` });
  }
  return { kind: sketch.kind, painted: image.ref };
}

/**
 * What grows the picture to the shape that was asked for, on the side that was named. Who asks for a shape wants the picture larger,
 * whatever they called it. @throws Refusal 'has-shape'
 */
function withShape(said: Said): Said {
  const { words, source, command } = said;
  const { ratio, params } = words;
  if (ratio === undefined) return said;
  const wanted = params.script ?? command.edits.sets.script;
  const script = Object.values(outpaintMethods).find((known) => known === wanted) ?? 'outpainting mk2';
  const along = params.direction === undefined ? [] : [...sidesOf(params.direction)];
  const draft = { sides: [], pixels: 0, ratio, script, preset: false };
  const grown = outpaintParams(draft, imageOfSource(source), along);
  if (!grown) throw new Refusal('has-shape', { ratio });
  const isPlain = command.edits.sets.script === undefined;
  return {
    ...said,
    command: isPlain ? commands.outpaint : command,
    words: { ...words, params: { ...params, ...grown } },
  };
}

/** The command that was meant: with a mask or strokes it is inpainting, unless it has a mask of its own. */
function commandOf({ command, mask, sketch }: Said): EditingCommand {
  const hasStrokes = mask !== undefined || sketch?.kind === 'inpaint sketch';
  const isInpainting = command.edits.sets.script !== undefined || command.name === commands.remove.name;
  return hasStrokes && !isInpainting ? commands.inpaint : command;
}

/** What the person would call it. */
function operationOf(command: EditingCommand, { mask, sketch, params }: EditRequest): Operation {
  if (command.name === commands.remove.name) return 'remove';
  if (isOutpainting(params.script)) return 'outpaint';
  const isEnlarging = params.script === 'SD upscale' || params.script === 'extras';
  if (isEnlarging || command.name === commands.upscale.name) return 'upscale';
  return mask || sketch?.kind === 'inpaint sketch' ? 'inpaint' : 'edit';
}

/**
 * Turns what was said into an order: presets and options merged, mask checked and stored, every value resolved.
 * @throws Refusal for whatever cannot be done
 */
export async function orderEdit(desk: Desk, asker: Asker, spoken: Said): Promise<Order> {
  const said = withShape(spoken);
  const command = commandOf(said);
  const chosen = await choicesFor(desk, asker.where, asker.speaker.user);
  const layers = await layersOf(desk, asker, { said, command, chosen });
  const { params } = mergeLayers(layers);
  if (command.edits.prompt === 'required' && params.prompt.trim() === '')
    throw new Refusal('nothing-to-do', { why: 'no-prompt' });
  const { mask, isFull } = await maskFor(desk, said, params);
  const image = imageOfSource(said.source);
  const wish = { init: image.ref, initSize: image, mask, sketch: await sketchFor(desk, said), layers };
  const caps = capsOf(chosen, desk.caps);
  const { request, clamped, warnings } = resolveEdit(wish, await catalogNow(desk), caps, () => uniform(desk));
  const messages = messagesIn(asker.language);
  const notes = [
    ...clampedNotes(asker, clamped),
    ...warnings.map((warning) => messages.picture.warnings[warning]),
    ...twiceNote(messages, said.words),
    ...sourceNote(messages, said.source),
    ...(isFull ? [messages.picture.fullMask] : []),
    ...severalNote(messages, said.source),
  ];
  const author = said.mask && 'ready' in said.mask ? said.mask.author : asker.speaker.user;
  const maskAuthor = mask?.kind === 'image' ? author : null;
  return { asker, request, parent: said.source, op: operationOf(command, request), maskAuthor, notes };
}
