import {
  type APIMessageApplicationCommandInteraction,
  type APIModalInteractionResponseCallbackData,
  type APIModalSubmitInteraction,
  ComponentType,
  InteractionResponseType,
  MessageFlags,
  Routes,
} from 'discord.js';
import { maskedContents } from '../../edit/choices.ts';
import { fields } from '../../edit/fields.ts';
import { Refusal } from '../../errors.ts';
import type { Language } from '../../storage/index.ts';
import { type Clock, pause } from '../core/clock.ts';
import { commands, pictureMenu } from '../core/commands.ts';
import { languageOf } from '../core/language.ts';
import type { CommandIncoming, RemoteFile, RepliedTo, Speaker, Whereabouts } from '../core/platform.ts';
import type { Suggestions } from '../core/suggestions.ts';
import type { Answering } from './answers.ts';
import { refusedWith } from './api.ts';
import { filledIn, inputOf } from './forms.ts';
import { attachedFile, picturesIn } from './pictures.ts';
import { bodyOf } from './sending.ts';
import { cut } from './text.ts';
import { remember, type Ticket } from './tickets.ts';
import { troubleCard } from './trouble.ts';
import { words } from './words.ts';

/** How long a picture somebody chose waits for the form to be sent, ms. */
const waitsMs = 30 * 60 * 1000;
/** Pictures that are fetched while their forms are open; those of older forms are fetched when the form comes. */
const fetchedAtOnce = 8;
const fetchWithinMs = 60_000;
/** Forms of the menu: `m1|<command>|<message>`. */
const formId = /^m1\|(edit|inpaint)\|(\d+)$/;
type Asking = 'edit' | 'inpaint';
const strengths = ['0.3', '0.5', '0.75', '0.9'] as const;
/** A form must not wait for the presets it offers, ms. */
const presetsWithinMs = 500;
/** Choices of a list. Source: discord.com/developers/docs/components/reference, "String Select". */
const mostChoices = 25;
/** Stands for no preset: a choice needs a value. No preset has a name this long. */
const noPreset = 'none'.padEnd(40, '-');

interface Chosen extends RepliedTo {
  readonly at: number;
}

type Edit = Pick<CommandIncoming, 'name' | 'sub' | 'options' | 'text' | 'files' | 'repliedTo' | 'message'>;

/**
 * The entries in a picture's context menu. One that asks opens its form at once, fetches the picture meanwhile and remembers it until
 * the form is sent. After a restart a result of ours is still found by its message; somebody else's picture is not.
 */
export interface PictureMenu {
  /** @throws ApiError, LineError */
  open(answering: Answering, interaction: APIMessageApplicationCommandInteraction, arrival: Arrival): Promise<void>;
  /** The command an entry stands for that asks nothing; undefined for one that does, or that is not known. */
  called(interaction: APIMessageApplicationCommandInteraction): Edit | undefined;
  /** The command a sent form stands for; undefined when it is no form of this menu. */
  submitted(interaction: APIModalSubmitInteraction): Edit | undefined;
}

/** Who opened a form, and where. */
interface Arrival {
  readonly ticket: Ticket;
  readonly speaker: Speaker;
  readonly where: Whereabouts;
}

export interface MenuOptions {
  readonly clock: Clock;
  /** Whether a message was written by this bot, by its author. */
  readonly isOurs: (author: string) => boolean;
  readonly suggestions: Suggestions;
}

export function openMenu({ clock, isOurs, suggestions }: MenuOptions): PictureMenu {
  const chosen = new Map<string, Chosen>();
  const fetching = openFetching();
  let knowsUploads = true;
  const show = async (answering: Answering, ticket: Ticket, asked: Asked): Promise<void> => {
    const modal = () => callback(answering, ticket, InteractionResponseType.Modal, menuModal(asked, knowsUploads));
    try {
      await modal();
    } catch (error) {
      if (!knowsUploads || !refusedWith(error, 'invalidBody')) throw error;
      knowsUploads = false; // the younger fields are not rolled out everywhere
      await modal();
    }
  };
  const targetOf = ({ data }: APIMessageApplicationCommandInteraction): RepliedTo => {
    const target = data.resolved.messages[data.target_id];
    if (!target) return { message: data.target_id, ours: false, files: [] };
    const { id } = target.author;
    return { message: data.target_id, ours: isOurs(id), by: `discord:${id}`, files: picturesIn(target) };
  };
  return {
    open: async (answering, interaction, { ticket, speaker, where }) => {
      const { data, locale } = interaction;
      const entry = pictureMenu.find(({ name, asks }) => name === data.name && asks);
      const target = targetOf(interaction);
      const { ours, files } = target;
      if (!entry || (!ours && files.length === 0)) return sayNoPicture(answering, ticket, locale ?? null);
      const kept = ours ? files : fetching.begin(files);
      remember(chosen, data.target_id, { ...target, at: clock.now(), files: kept });
      const language = languageOf(locale ?? null) ?? 'en';
      const presets = await inTime(
        clock,
        answering.closing,
        suggestions.of('preset', '', { ...where, user: speaker.user }),
      );
      const names = presets.map(({ name }) => name);
      await show(answering, ticket, {
        ...{ command: entry.command as Asking, message: data.target_id, language, presets: names },
      });
    },
    called: (interaction) => {
      const entry = pictureMenu.find(({ name, asks }) => name === interaction.data.name && !asks);
      if (!entry) return undefined;
      const pointed = { options: {}, text: '', files: [], repliedTo: targetOf(interaction), message: null };
      return { name: entry.command, sub: '', ...pointed };
    },
    submitted: ({ data }) => {
      const [, command, message] = formId.exec(data.custom_id) ?? [];
      if (command === undefined || message === undefined) return undefined;
      const found = chosen.get(message);
      const isThere = found !== undefined && clock.now() - found.at < waitsMs;
      return editOf(command as Asking, data, isThere ? found : { message, ours: false, files: [] });
    },
  };
}

/** What is there soon enough; nothing of what is not. */
async function inTime<T>(clock: Clock, closing: AbortSignal, list: Promise<readonly T[]>): Promise<readonly T[]> {
  const late = pause(clock, presetsWithinMs, closing).then(() => []);
  return Promise.race([list.catch(() => []), late]);
}

/** Fetches first pictures before they are needed, a few at a time; what failed is fetched again when it is. */
function openFetching() {
  const begun = new Map<RemoteFile, Promise<Uint8Array | undefined>>();
  return {
    begin: ([first, ...others]: readonly RemoteFile[]): readonly RemoteFile[] => {
      if (!first) return [];
      begun.set(
        first,
        first.download(AbortSignal.timeout(fetchWithinMs)).catch(() => undefined),
      );
      const [oldest] = begun.keys();
      if (begun.size > fetchedAtOnce && oldest) begun.delete(oldest);
      const download = async (signal: AbortSignal) => (await begun.get(first)) ?? first.download(signal);
      return [{ ...first, download }, ...others];
    },
  };
}

/** What was put to an edit is a mask or a sketch, as its pixels say. */
function editOf(asking: Asking, data: APIModalSubmitInteraction['data'], repliedTo: RepliedTo): Edit {
  const { values, files } = filledIn(data);
  const uploads = (files.mask ?? []).flatMap((id) => data.resolved?.attachments?.[id] ?? []);
  const { prompt = '', strength, fill, preset = noPreset } = values;
  const said = { ...(strength && { strength }), ...(fill && { fill }) };
  return {
    name: asking,
    sub: '',
    options: { prompt, ...said, ...(preset !== noPreset && preset !== '' && { preset }) },
    text: '',
    files: uploads.map((file) => attachedFile(file, asking === 'inpaint' ? 'mask' : 'markup')),
    repliedTo,
    message: null,
  };
}

async function sayNoPicture(answering: Answering, ticket: Ticket, locale: string | null): Promise<void> {
  const card = troubleCard(new Refusal('no-content', {}), locale);
  const body = bodyOf(card, { attachments: [], shown: [] }, { flags: MessageFlags.Ephemeral });
  await callback(answering, ticket, InteractionResponseType.ChannelMessageWithSource, body);
}

async function callback(
  { post }: Answering,
  { id, token }: Ticket,
  type: InteractionResponseType,
  data: object,
): Promise<void> {
  await post.api.call('POST', Routes.interactionCallback(id, token), { body: { type, data }, auth: false });
}

interface Asked {
  readonly command: Asking;
  readonly message: string;
  readonly language: Language;
  /** Names of presets one can choose from. */
  readonly presets: readonly string[];
}

const labelled = <C>(label: string, component: C, description?: string) => ({
  ...{ type: ComponentType.Label as const, label, component },
  ...(description !== undefined && { description }),
});

/** A choice of one; without the younger fields it is typed. */
function choiceField(
  name: string,
  {
    choices,
    usual,
    isYoung,
  }: {
    readonly choices: readonly { value: string; label: string }[];
    readonly usual: string;
    readonly isYoung: boolean;
  },
) {
  if (!isYoung) return inputOf({ name, value: usual, long: false, required: false, maxLength: 20 });
  const options = choices.map((choice) => ({ ...choice, ...(choice.value === usual && { default: true }) }));
  return { type: ComponentType.RadioGroup as const, custom_id: name, options, required: false };
}

/** A list of presets to choose one from; none is the first. */
function presetField({ noPreset: label }: (typeof words)[Language], names: readonly string[]) {
  const options = [
    { value: noPreset, label, default: true },
    ...names.slice(0, mostChoices - 1).map((name) => ({ value: name, label: cut(name, 100) })),
  ];
  return { type: ComponentType.StringSelect as const, custom_id: 'preset', options, required: false };
}

function fillField(language: Language, isYoung: boolean) {
  const choices = maskedContents.map(({ value, label }) => ({ value, label: label[language] }));
  return labelled(fields.maskedContent.label[language], choiceField('fill', { choices, usual: 'original', isYoung }));
}

/**
 * The form: prompt, strength, a file, and a preset; for inpainting what the part starts from instead of the preset. Without the younger
 * fields files and presets are for the commands.
 */
function menuModal(
  { command, message, language, presets }: Asked,
  isYoung: boolean,
): APIModalInteractionResponseCallbackData {
  const said = words[language];
  const usual = String(commands[command].edits.usual.denoisingStrength);
  const steps = strengths.map((value, at) => ({ value, label: `${said.strengths[at]} (${value})` }));
  const isInpaint = command === 'inpaint';
  const promptInput = inputOf({ name: 'prompt', value: '', long: true, required: !isInpaint, maxLength: 1500 });
  const files = { min_values: 0, max_values: 1, required: false };
  const upload = { type: ComponentType.FileUpload as const, custom_id: 'mask', ...files };
  const file = isInpaint ? labelled(said.mask, upload, said.maskHelp) : labelled(said.markup, upload, said.markupHelp);
  return {
    custom_id: `m1|${command}|${message}`,
    title: said.titles[command],
    components: [
      labelled(said.prompt, promptInput),
      labelled(said.strength, choiceField('strength', { choices: steps, usual, isYoung })),
      ...(isInpaint ? [fillField(language, isYoung)] : []),
      ...(isYoung ? [file] : []),
      ...(isYoung && !isInpaint ? [labelled(said.preset, presetField(said, presets))] : []),
    ],
  };
}
