import {
  type APIMessageApplicationCommandInteraction,
  type APIModalInteractionResponseCallbackData,
  type APIModalSubmitInteraction,
  ComponentType,
  InteractionResponseType,
  MessageFlags,
  Routes,
} from 'discord.js';
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
/** Form of the menu: `m1|<message>`. */
const prefix = 'm1|';
const strengths = ['0.3', '0.5', '0.75', '0.9'] as const;

interface Chosen {
  readonly at: number;
  readonly ours: boolean;
  readonly files: readonly RemoteFile[];
}

type Edit = Pick<CommandIncoming, 'name' | 'sub' | 'options' | 'text' | 'files' | 'repliedTo' | 'message'>;

/**
 * The entry in a picture's context menu: opens a form at once and remembers the picture until it is sent. After a restart a result
 * of ours is still found by its message; somebody else's picture is not.
 */
export interface PictureMenu {
  /** @throws ApiError, LineError */
  open(
    answering: Answering,
    interaction: APIMessageApplicationCommandInteraction,
    arrival: { readonly ticket: Ticket },
  ): Promise<void>;
  /** The command a sent form stands for; undefined when it is no form of this menu. */
  submitted(interaction: APIModalSubmitInteraction): Edit | undefined;
}

/** @param isOurs  whether a message was written by this bot, by its author */
export function openMenu(clock: Clock, isOurs: (author: string) => boolean): PictureMenu {
  const chosen = new Map<string, Chosen>();
  let knowsUploads = true;
  const show = async (answering: Answering, ticket: Ticket, message: string, language: Language): Promise<void> => {
    const modal = () =>
      callback(answering, ticket, InteractionResponseType.Modal, menuModal(message, language, knowsUploads));
    try {
      await modal();
    } catch (error) {
      if (!knowsUploads || !refusedWith(error, 'invalidBody')) throw error;
      knowsUploads = false; // the younger fields are not rolled out everywhere
      await modal();
    }
  };
  return {
    open: async (answering, { data, locale }, { ticket }) => {
      const target = data.resolved.messages[data.target_id];
      const files = target ? picturesIn(target) : [];
      const ours = target !== undefined && isOurs(target.author.id);
      const isKnown = pictureMenu.some(({ name }) => name === data.name);
      if (!isKnown || (!ours && files.length === 0)) return sayNoPicture(answering, ticket, locale ?? null);
      remember(chosen, data.target_id, { at: clock.now(), ours, files });
      await show(answering, ticket, data.target_id, languageOf(locale ?? null) ?? 'en');
    },
    submitted: ({ data }) => {
      if (!data.custom_id.startsWith(prefix)) return undefined;
      const message = data.custom_id.slice(prefix.length);
      const found = chosen.get(message);
      const picture = found && clock.now() - found.at < waitsMs ? found : { ours: false, files: [] };
      return editOf(data, { message, ours: picture.ours, files: picture.files });
    },
  };
}

/** With a mask it is an inpainting. */
function editOf(data: APIModalSubmitInteraction['data'], repliedTo: RepliedTo): Edit {
  const { values, files } = filledIn(data);
  const masks = (files.mask ?? []).flatMap((id) => data.resolved?.attachments?.[id] ?? []);
  return {
    name: masks.length > 0 ? commands.inpaint.name : commands.edit.name,
    sub: '',
    options: { prompt: values.prompt ?? '', ...(values.strength && { strength: values.strength }) },
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

/** The form: prompt, strength, mask. Without the younger fields strength is typed, and masks are for `/inpaint`. */
function menuModal(message: string, language: Language, isYoung: boolean): APIModalInteractionResponseCallbackData {
  const { editTitle, prompt, strength, mask, maskHelp } = words[language];
  const usual = String(commands.edit.edits.sets.denoisingStrength);
  const labels = words[language].strengths;
  const options = strengths.map((value, at) => ({
    value,
    label: `${labels[at]} (${value})`,
    ...(value === usual && { default: true }),
  }));
  const promptInput = inputOf({ name: 'prompt', value: '', long: true, required: true, maxLength: 1500 });
  const typed = inputOf({ name: 'strength', value: usual, long: false, required: false, maxLength: 5 });
  const picked = { type: ComponentType.RadioGroup as const, custom_id: 'strength', options, required: false };
  const upload = {
    type: ComponentType.FileUpload as const,
    custom_id: 'mask',
    min_values: 0,
    max_values: 1,
    required: false,
  };
  return {
    custom_id: `${prefix}${message}`,
    title: editTitle,
    components: [
      { type: ComponentType.Label, label: prompt, component: promptInput },
      { type: ComponentType.Label, label: strength, component: isYoung ? picked : typed },
      ...(isYoung
        ? [{ type: ComponentType.Label as const, label: mask, description: maskHelp, component: upload }]
        : []),
    ],
  };
}
