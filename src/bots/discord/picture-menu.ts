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
import type { Clock } from '../core/clock.ts';
import { commands, pictureMenu } from '../core/commands.ts';
import { languageOf } from '../core/language.ts';
import type { CommandIncoming, RemoteFile, RepliedTo } from '../core/platform.ts';
import type { Answering } from './answers.ts';
import { refusedWith } from './api.ts';
import { filledIn, inputOf } from './forms.ts';
import { attachedFile, picturesIn } from './pictures.ts';
import { bodyOf } from './sending.ts';
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

interface Chosen {
  readonly at: number;
  readonly ours: boolean;
  readonly files: readonly RemoteFile[];
}

type Edit = Pick<CommandIncoming, 'name' | 'sub' | 'options' | 'text' | 'files' | 'repliedTo' | 'message'>;

/**
 * The entries in a picture's context menu. One that asks opens its form at once, fetches the picture meanwhile and remembers it until
 * the form is sent. After a restart a result of ours is still found by its message; somebody else's picture is not.
 */
export interface PictureMenu {
  /** @throws ApiError, LineError */
  open(
    answering: Answering,
    interaction: APIMessageApplicationCommandInteraction,
    arrival: { readonly ticket: Ticket },
  ): Promise<void>;
  /** The command an entry stands for that asks nothing; undefined for one that does, or that is not known. */
  called(interaction: APIMessageApplicationCommandInteraction): Edit | undefined;
  /** The command a sent form stands for; undefined when it is no form of this menu. */
  submitted(interaction: APIModalSubmitInteraction): Edit | undefined;
}

/** @param isOurs  whether a message was written by this bot, by its author */
export function openMenu(clock: Clock, isOurs: (author: string) => boolean): PictureMenu {
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
    const ours = target !== undefined && isOurs(target.author.id);
    return { message: data.target_id, ours, files: target ? picturesIn(target) : [] };
  };
  return {
    open: async (answering, interaction, { ticket }) => {
      const { data, locale } = interaction;
      const entry = pictureMenu.find(({ name, asks }) => name === data.name && asks);
      const { ours, files } = targetOf(interaction);
      if (!entry || (!ours && files.length === 0)) return sayNoPicture(answering, ticket, locale ?? null);
      const kept = ours ? files : fetching.begin(files);
      remember(chosen, data.target_id, { at: clock.now(), ours, files: kept });
      const language = languageOf(locale ?? null) ?? 'en';
      await show(answering, ticket, { command: entry.command as Asking, message: data.target_id, language });
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
      const picture = found && clock.now() - found.at < waitsMs ? found : { ours: false, files: [] };
      return editOf(command as Asking, data, { message, ours: picture.ours, files: picture.files });
    },
  };
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

/** With a mask it is an inpainting. */
function editOf(asking: Asking, data: APIModalSubmitInteraction['data'], repliedTo: RepliedTo): Edit {
  const { values, files } = filledIn(data);
  const masks = (files.mask ?? []).flatMap((id) => data.resolved?.attachments?.[id] ?? []);
  const { strength, fill } = values;
  return {
    name: masks.length > 0 ? commands.inpaint.name : asking,
    sub: '',
    options: { prompt: values.prompt ?? '', ...(strength && { strength }), ...(fill && { fill }) },
    text: '',
    files: masks.map((file) => attachedFile(file, 'mask')),
    repliedTo,
    message: null,
  };
}

async function sayNoPicture(answering: Answering, ticket: Ticket, locale: string | null): Promise<void> {
  const card = troubleCard(new Refusal('no-content', {}), locale);
  const body = bodyOf(card, { attachments: [], shown: [] }, MessageFlags.Ephemeral);
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

/** The form: prompt, strength, for inpainting what the part starts from, and a mask. Without the younger fields masks are for `/inpaint`. */
function menuModal({ command, message, language }: Asked, isYoung: boolean): APIModalInteractionResponseCallbackData {
  const { titles, prompt, strength, strengths: labels, mask, maskHelp } = words[language];
  const usual = String(commands[command].edits.usual.denoisingStrength);
  const steps = strengths.map((value, at) => ({ value, label: `${labels[at]} (${value})` }));
  const fills = maskedContents.map(({ value, label }) => ({ value, label: label[language] }));
  const isInpaint = command === 'inpaint';
  const promptInput = inputOf({ name: 'prompt', value: '', long: true, required: !isInpaint, maxLength: 1500 });
  const files = { min_values: 0, max_values: 1, required: false };
  const upload = { type: ComponentType.FileUpload as const, custom_id: 'mask', ...files };
  return {
    custom_id: `m1|${command}|${message}`,
    title: titles[command],
    components: [
      labelled(prompt, promptInput),
      labelled(strength, choiceField('strength', { choices: steps, usual, isYoung })),
      ...(isInpaint
        ? [
            labelled(
              fields.maskedContent.label[language],
              choiceField('fill', { choices: fills, usual: 'original', isYoung }),
            ),
          ]
        : []),
      ...(isYoung ? [labelled(mask, upload, maskHelp)] : []),
    ],
  };
}
