import { fieldNames } from '../../edit/fields.ts';
import { meant } from '../../edit/names.ts';
import type { PartialParams } from '../../edit/params.ts';
import { Refusal } from '../../errors.ts';
import type { Flow } from './accept.ts';
import { callOf, type Doing, type Given } from './calls.ts';
import { cancelJob } from './cancel.ts';
import type { EditingCommand } from './command.ts';
import { outpaintMethods, upscaleMethods } from './command-options.ts';
import { type CommandName, commands } from './commands.ts';
import { checkRatio, type EditWords, takeOption } from './grammar.ts';
import type { Heard } from './heard.ts';
import { helpTopic, tellHelp } from './help.ts';
import { redo, undo } from './history.ts';
import { houseDoes } from './house/commands.ts';
import { takePreset } from './house/preset-names.ts';
import { catalogNow } from './intake.ts';
import { keepFile, keptAs } from './keeping.ts';
import { maskCommand } from './mask-command.ts';
import { messagesIn } from './messages/index.ts';
import { modelsCard } from './models-card.ts';
import { parseAdvanced, parseOptions } from './options.ts';
import { tellInfo } from './pinfo.ts';
import type { CommandIncoming, RemoteFile } from './platform.ts';
import { queueCard } from './queue-card.ts';
import { offerSheet, type SketchFiles, sketchOnReply, withSketchFiles } from './sketch-command.ts';
import { edit } from './telling.ts';
import { compareCommand, history, invite, step } from './tree-commands.ts';
import { waysToUpscale } from './upscale-menu.ts';
import { wordsAfter } from './verbs.ts';
import { welcome } from './welcome.ts';

/** Their job that is replied to, else their newest one here. @throws Refusal 'too-late' when nothing is left to cancel */
async function cancel({ flow, heard: { asker }, incoming }: Doing): Promise<void> {
  const { jobs, messages } = flow.storage;
  const { place } = asker.where;
  const link = incoming.repliedTo && (await messages.find(place, incoming.repliedTo.message));
  const row = link?.job ? await jobs.find(link.job) : await jobs.newestUnfinished(place, asker.speaker.user);
  if (row?.place !== place) throw new Refusal('too-late', {});
  await cancelJob(flow, asker, row);
}

/** Words of a command: its options, what was typed after it, and `advanced`, which wins. */
function wordsOfCommand(
  { name }: EditingCommand,
  { link: _, preset: __, private: ___, target, 'to-ratio': shape, advanced = '', ...typed }: Given,
  text: string,
): EditWords {
  const words = wordsAfter(name, text);
  const ratio = shape === undefined ? words.ratio : checkRatio(String(shape));
  const options = parseOptions(typed);
  const more = parseAdvanced(String(advanced));
  const saidTwice = fieldNames.filter((field) => field in more && field in options);
  const { prompt, negativePrompt, ...rest } = { ...words.params, ...options, ...more };
  const said = { prompt: prompt || words.prompt, negative: negativePrompt ?? words.negative };
  const part = String(target ?? '')
    .trim()
    .slice(0, 100);
  const region = part === '' ? words.region : ({ target: part, becomes: 'repainted' } as const);
  return { ...words, ...said, region, params: rest, saidTwice, ...(ratio !== undefined && { ratio }) };
}

/** A command that edits a picture, the one that is pointed at or sent along. */
function editing(
  command: EditingCommand,
  meant: (words: EditWords) => EditWords = (words) => words,
): (doing: Doing) => Promise<void> {
  return ({ flow, heard, incoming, call: { options } }) => {
    const read = (text: string) => ({ command, words: meant(wordsOfCommand(command, options, text)) });
    const link = linkOf(options);
    const telling = { incoming: withDrawing(incoming, link), link, preset: presetOf(options), followsUp: false, read };
    return edit(flow, heard, { ...telling, target: null, sketch: 'sketch' });
  };
}

/** What is said once for every script that grows a picture, under the name each has for it. */
function forEachScript(words: EditWords): EditWords {
  const { direction, maskBlur, maskedContent } = words.params;
  const shared: PartialParams = {
    ...(direction !== undefined && { mosaicDirection: direction }),
    ...(maskBlur !== undefined && { mk2MaskBlur: maskBlur, poorMaskBlur: maskBlur }),
    ...(maskedContent !== undefined && { poorMaskedContent: maskedContent }),
  };
  return { ...words, params: { ...shared, ...words.params } };
}

/** What is said once for every way to enlarge, as the way that was chosen takes it. */
function forEachWay(words: EditWords): EditWords {
  const { scaleFactor, upscaler, ...params } = words.params;
  const byScript: PartialParams = {
    ...(scaleFactor !== undefined && { scaleFactor }),
    ...(upscaler !== undefined && { sdUpscaler: upscaler }),
  };
  const bySize: PartialParams = {
    ...{ ...waysToUpscale.img2img, ...(scaleFactor !== undefined && { size: `${scaleFactor}x` }) },
    ...(upscaler !== undefined && { upscaler }),
  };
  return { ...words, params: { ...(params.script === 'none' ? bySize : byScript), ...params } };
}

/** A command with several methods: one is chosen, or typed, by its short name. */
function byMethod(
  command: EditingCommand,
  methods: Readonly<Record<string, string>>,
  meant: (words: EditWords) => EditWords,
): (doing: Doing) => Promise<void> {
  return (doing) => {
    const { incoming, call } = doing;
    const { value: typed, rest: text } = takeOption(incoming.text, 'method|方式');
    const { method = typed, ...options } = call.options;
    const script = method === null ? {} : { script: scriptOf(methods, String(method)) };
    const said = { ...call, options: { ...options, ...script } };
    return editing(command, meant)({ ...doing, incoming: { ...incoming, text }, call: said });
  };
}

/** @throws Refusal 'unknown-name' */
function scriptOf(known: Readonly<Record<string, string>>, method: string): string {
  const found = known[method.toLowerCase()];
  if (found !== undefined) return found;
  throw new Refusal('unknown-name', { kind: 'method', given: method.slice(0, 40), nearest: Object.keys(known) });
}

const textOf = (value: Given[string]): string | null =>
  typeof value === 'string' && value.trim() !== '' ? value : null;
const linkOf = ({ link }: Given) => textOf(link ?? '');
const presetOf = ({ preset }: Given) => textOf(preset ?? '');

/** A drawing that points at no original is the picture itself. */
function withDrawing(incoming: CommandIncoming, link: string | null): CommandIncoming {
  const { files, repliedTo } = incoming;
  const isPointed = link !== null || repliedTo !== null || files.some(({ role }) => role === 'image');
  if (isPointed) return incoming;
  return { ...incoming, files: files.map((file) => (file.role === 'sketch' ? { ...file, role: 'image' } : file)) };
}

/** What is typed after the command is what shall go; a prompt is an option of its own. */
async function remove({ flow, heard, incoming, call: { options } }: Doing): Promise<void> {
  const { target: named, ...others } = options;
  const { preset, rest } = takePreset(incoming.text);
  const typed = wordsAfter('prompt', rest);
  const target = String(named ?? typed.prompt ?? '').slice(0, 100);
  const said = wordsOfCommand(commands.remove, others, '');
  const words = { ...said, params: { ...typed.params, ...said.params } };
  const read = () => ({ command: commands.remove, words });
  const telling = { link: linkOf(options), preset: preset ?? presetOf(options) };
  return edit(flow, heard, { ...telling, incoming: { ...incoming, text: '' }, followsUp: true, read, target });
}

function sketch(doing: Doing): Promise<void> {
  const { flow, heard, incoming, call } = doing;
  const about = { incoming, hasLink: linkOf(call.options) !== null };
  return withSketchFiles(flow, heard, about, (sorted) => sketchWith(doing, sorted));
}

async function sketchWith(
  { flow, heard, incoming, call: { options } }: Doing,
  { drawn, files }: SketchFiles,
): Promise<void> {
  const { mode, ...others } = options;
  const link = linkOf(options);
  if (!drawn && files.length === 0 && !incoming.repliedTo && link === null) return offerSheet(flow, heard, incoming);
  const use = mode === 'inpaint sketch' ? mode : 'sketch';
  const wordsIn = (text: string) => wordsOfCommand(commands.sketch, others, text);
  const read = (text: string) => ({ command: commands.sketch, words: wordsIn(text) });
  if (drawn && incoming.repliedTo) {
    const { preset, rest } = takePreset(incoming.text);
    const named = { words: wordsIn(rest), preset: preset ?? presetOf(options) };
    const said = { ...named, use, target: null, followsUp: false } as const;
    return sketchOnReply(flow, heard, { file: drawn, repliedTo: incoming.repliedTo }, said);
  }
  const role = (file: RemoteFile): RemoteFile => ({ ...file, role: 'sketch' });
  const sorted = { ...incoming, files: [...files, ...(drawn ? [role(drawn)] : [])] };
  const telling = { incoming: sorted, link, preset: presetOf(options), followsUp: false, read, target: null };
  return edit(flow, heard, { ...telling, sketch: use });
}

async function queue({ flow, heard, incoming }: Doing): Promise<void> {
  const { speaker, where } = heard.asker;
  const who = { user: speaker.user, group: where.group };
  const capabilities = flow.platformOf(where.place)?.capabilities;
  if (!capabilities) return;
  await incoming.answer.tell(queueCard(messagesIn(heard.private), await flow.queue.line(), who, capabilities));
}

async function tellModels({ flow, heard, incoming, call: { options } }: Doing): Promise<void> {
  const wanted = { kind: typeof options.kind === 'string' ? options.kind : null, search: String(options.search ?? '') };
  await incoming.answer.tell(modelsCard(messagesIn(heard.private), await catalogNow(flow), wanted));
}

/** What every command does. */
const does: Readonly<Record<CommandName, (doing: Doing) => Promise<void>>> = {
  edit: editing(commands.edit),
  inpaint: editing(commands.inpaint),
  outpaint: byMethod(commands.outpaint, outpaintMethods, forEachScript),
  upscale: byMethod(commands.upscale, upscaleMethods, forEachWay),
  sketch,
  remove,
  mask: ({ flow, heard, incoming, call: { sub, options } }) => maskCommand(sub, { flow, heard, incoming, options }),
  undo: (doing) => step(doing, undo),
  redo: (doing) => step(doing, redo),
  history,
  compare: compareCommand,
  invite,
  cancel,
  queue,
  settings: houseDoes,
  preset: houseDoes,
  server: houseDoes,
  privacy: houseDoes,
  models: tellModels,
  pinfo: tellInfo,
  help: ({ heard, incoming, call: { options } }) =>
    tellHelp(incoming.answer, helpTopic(String(options.topic ?? '')), heard.private, heard.asker.where),
};

/** Whoever manages the place may change its rules; in private, where everybody is alone, only operators may. @throws Refusal 'not-a-manager' */
function checkManager({ operators }: Flow, { asker: { speaker, where } }: Heard): void {
  const isManager = where.kind === 'room' && (speaker.manager ?? speaker.moderator);
  if (!isManager && !operators.includes(speaker.user)) throw new Refusal('not-a-manager', {});
}

/** Help, for whoever called something that is no command. @throws Refusal 'unknown-name' when it is nearly one */
async function answerUnknown(incoming: CommandIncoming, heard: Heard): Promise<void> {
  const given = incoming.name.slice(0, 40);
  const nearest = given === 'start' ? [] : meant(given, Object.keys(commands));
  if (nearest.length > 0) throw new Refusal('unknown-name', { kind: 'command', given, nearest });
  await tellHelp(incoming.answer, helpTopic(incoming.text), heard.private, heard.asker.where);
}

/** Does what a command asks for; one there is none of, a first `start` among them, gets help. @throws Refusal for whatever cannot be done */
export async function obeyCommand(flow: Flow, heard: Heard, incoming: CommandIncoming): Promise<void> {
  const kept = keptAs(incoming.name);
  if (kept) return keepFile(flow, heard, incoming, kept);
  const call = callOf(incoming);
  if (!call && incoming.name === 'start' && incoming.text === '') return welcome(flow, heard, incoming);
  if (!call) return answerUnknown(incoming, heard);
  if (call.command.managers) checkManager(flow, heard);
  return does[call.command.name as CommandName]({ flow, heard, incoming, call });
}
