import {
  type APIApplicationCommandAutocompleteInteraction,
  type APIApplicationCommandInteraction,
  type APIApplicationCommandInteractionDataOption,
  type APIChatInputApplicationCommandInteraction,
  type APIInteraction,
  type APIMessageApplicationCommandInteraction,
  type APIMessageComponentInteraction,
  type APIModalSubmitInteraction,
  ApplicationCommandOptionType,
  ApplicationCommandType,
  ComponentType,
  InteractionContextType,
  InteractionResponseType,
  InteractionType,
  Routes,
} from 'discord.js';
import type { UserId } from '../../edit/request.ts';
import { Refusal } from '../../errors.ts';
import type { Log } from '../../log.ts';
import { type Clock, pause } from '../core/clock.ts';
import { type Incoming, opensForm, type RemoteFile, type Speaker, type Whereabouts } from '../core/platform.ts';
import type { Suggestions } from '../core/suggestions.ts';
import { type Acknowledgement, type Answering, openReply, type Reply } from './answers.ts';
import { suggestionsFor } from './commands.ts';
import { filledIn } from './forms.ts';
import { isManager, isModerator, missingPermissions, type Need, threads } from './permissions.ts';
import { openMenu, type PictureMenu } from './picture-menu.ts';
import { attachedFile } from './pictures.ts';
import { whereaboutsOf } from './places.ts';
import { code, codeFor } from './render.ts';
import { remember, type Ticket } from './tickets.ts';
import { troubleCard } from './trouble.ts';

export interface DeskOptions {
  readonly answering: Answering;
  readonly suggestions: Suggestions;
  readonly clock: Clock;
  readonly log: Log;
  /** Whether the bot itself is a member of a server. */
  readonly isMember: (guild: string) => boolean;
  readonly isNsfw: (channel: string) => boolean;
  /** Whether somebody is this bot. */
  readonly isMe: (user: string) => boolean;
}

/** Deals with interactions; what comes of them goes to `receive`. */
export interface InteractionDesk {
  /** @throws ApiError, LineError, DeliveryError */
  take(interaction: APIInteraction, receive: (incoming: Incoming) => Promise<void>): Promise<void>;
}

/** What all interactions of people have in common. */
interface Arrival {
  readonly key: string;
  readonly speaker: Speaker;
  readonly where: Whereabouts;
  readonly ticket: Ticket;
  readonly isPrivate: boolean;
}

export function openInteractionDesk(options: DeskOptions): InteractionDesk {
  const menu = openMenu({ clock: options.clock, isOurs: options.isMe, suggestions: options.suggestions });
  const taken = new Map<string, true>(); // a repeated delivery must not answer what the first one is about to
  return {
    take: async (interaction, receive) => {
      if (taken.has(interaction.id)) return;
      remember(taken, interaction.id, true);
      switch (interaction.type) {
        case InteractionType.Ping:
          return;
        case InteractionType.ApplicationCommandAutocomplete:
          return suggest(options, interaction);
        case InteractionType.ApplicationCommand:
        case InteractionType.MessageComponent:
        case InteractionType.ModalSubmit:
          return takeFromPerson(options, menu, interaction, receive);
        default:
          return interaction satisfies never;
      }
    },
  };
}

/** Suggestions that are not there within a second are none: people can still type. */
const suggestWithinMs = 900;

async function suggest(options: DeskOptions, interaction: APIApplicationCommandAutocompleteInteraction): Promise<void> {
  const { answering, suggestions, clock } = options;
  const { id, token, data } = interaction;
  const { sub, options: given } = chosen(data.options);
  const [typed] = given.flatMap((option) => ('focused' in option && option.focused ? [option] : []));
  const source = typed && suggestionsFor(data.name, sub, typed.name);
  const arrival = arrivalOf(options, interaction);
  const found =
    source && arrival
      ? suggestions.of(source, String(typed.value), { ...arrival.where, user: arrival.speaker.user }).catch(() => [])
      : [];
  const choices = await Promise.race([found, pause(clock, suggestWithinMs, answering.closing).then(() => [])]);
  const body = { type: InteractionResponseType.ApplicationCommandAutocompleteResult, data: { choices } };
  await answering.post.api.call('POST', Routes.interactionCallback(id, token), { body, auth: false });
}

type Acted = APIApplicationCommandInteraction | APIMessageComponentInteraction | APIModalSubmitInteraction;

async function takeFromPerson(
  options: DeskOptions,
  menu: PictureMenu,
  interaction: Acted,
  receive: (incoming: Incoming) => Promise<void>,
): Promise<void> {
  const { answering } = options;
  const arrival = arrivalOf(options, interaction);
  if (!arrival) return;
  answering.post.tickets.add(arrival.ticket);
  if (isPictureMenu(interaction) && !menu.called(interaction)) return menu.open(answering, interaction, arrival);
  const reply = await openReply(answering, interaction, arrival.ticket, acknowledgementFor(interaction));
  if (!reply) return;
  try {
    const incoming = incomingOf(menu, interaction, { ...arrival, answer: reply });
    const need = incoming && neededBy(incoming);
    const missing = need ? missingPermissions(interaction, arrival.ticket, need) : [];
    if (missing.length > 0)
      await refuse(reply, interaction, new Refusal('missing-permissions', { permissions: missing }));
    else if (incoming) await receive(incoming);
  } finally {
    await reply.done();
  }
}

const isPictureMenu = (interaction: Acted): interaction is APIMessageApplicationCommandInteraction =>
  interaction.type === InteractionType.ApplicationCommand && interaction.data.type === ApplicationCommandType.Message;

/** A button changes what people see anyway; a form that was opened by one too. */
function acknowledgementFor(interaction: Acted): Acknowledgement {
  if (interaction.type === InteractionType.ApplicationCommand) return 'thinking';
  if (interaction.type === InteractionType.ModalSubmit) return interaction.message ? 'silent' : 'thinking';
  const button = readCode(pressedIn(interaction))?.button;
  return button && opensForm(button.action, button.arg) ? 'form' : 'silent';
}

/** The identifier of a pressed button, or of what was chosen from a list. */
function pressedIn({ data }: APIMessageComponentInteraction): string {
  return data.component_type === ComponentType.StringSelect ? (data.values[0] ?? '') : data.custom_id;
}

/** An identifier as it was coded, and whether it was on a message for one person alone. */
function readCode(text: string) {
  const open = code.decode(text);
  if (open) return { button: open, isPrivate: false };
  const alone = codeFor(true).decode(text);
  return alone && { button: alone, isPrivate: true };
}

/** Whether an interaction is, by what it says itself, for whoever began it alone. */
function isForOneAlone(interaction: Acted | APIApplicationCommandAutocompleteInteraction): boolean {
  switch (interaction.type) {
    case InteractionType.MessageComponent:
      return readCode(pressedIn(interaction))?.isPrivate === true;
    case InteractionType.ModalSubmit:
      return readCode(interaction.data.custom_id)?.isPrivate === true;
    case InteractionType.ApplicationCommand:
      return isTyped(interaction) && typedCommand(interaction).options.private === true;
    default:
      return false;
  }
}

const isTyped = (
  interaction: APIApplicationCommandInteraction,
): interaction is APIChatInputApplicationCommandInteraction =>
  interaction.data.type === ApplicationCommandType.ChatInput;

/** The channel a thread hangs on; channels themselves have parents too, which are categories. */
function parentIn(channel: Acted['channel']): string | null {
  const isThread = channel !== undefined && threads.includes(channel.type ?? -1) && 'parent_id' in channel;
  return isThread ? (channel.parent_id ?? null) : null;
}

/** Whether a channel says itself that it is not safe for work; of a thread nothing is said, so the one it hangs on is looked at too. */
const isMarked = (channel: Acted['channel']): boolean =>
  channel !== undefined && 'nsfw' in channel && channel.nsfw === true;

function arrivalOf(
  { clock, isMember, isNsfw }: DeskOptions,
  interaction: Acted | APIApplicationCommandAutocompleteInteraction,
): Arrival | undefined {
  const { id, token, application_id, guild_id: guild, member, locale, context } = interaction;
  const user = member?.user ?? interaction.user;
  const channel = interaction.channel?.id;
  if (!user || channel === undefined) return undefined;
  const isOthersChannel = guild === undefined && context === InteractionContextType.PrivateChannel;
  const isShared = guild !== undefined || isOthersChannel;
  const parent = parentIn(interaction.channel);
  const at = { guild, channel, parent, isShared };
  const nsfw = isMarked(interaction.channel) || [channel, parent ?? channel].some(isNsfw);
  const where = { ...whereaboutsOf(at, interaction.guild_locale ?? null), nsfw };
  const ticket: Ticket = {
    ...{ id, token, application: application_id, place: where.place, user: user.id, at: clock.now() },
    isGuest: guild === undefined ? isOthersChannel : !isMember(guild),
    uploadLimit: interaction.attachment_size_limit,
    isThinking: false,
    isPrivate: isForOneAlone(interaction),
  };
  const speaker = {
    user: `discord:${user.id}` satisfies UserId,
    name: member?.nick ?? user.global_name ?? user.username,
    locale: locale ?? null,
    moderator: !isShared || isModerator(member?.permissions),
    manager: guild !== undefined && isManager(member?.permissions),
    roles: member?.roles ?? [],
    alias: (member?.roles ?? []).map((role) => `discord-role:${role}`),
  };
  return { key: `d:${id}`, speaker, where, ticket, isPrivate: ticket.isPrivate };
}

type Arrived = Omit<Arrival, 'ticket'> & { readonly answer: Reply };

function incomingOf(
  menu: PictureMenu,
  interaction: Acted,
  { key, speaker, where, answer, isPrivate }: Arrived,
): Incoming | undefined {
  const arrived = { key, speaker, where, answer, isPrivate };
  switch (interaction.type) {
    case InteractionType.ApplicationCommand:
      if (isPictureMenu(interaction)) {
        const called = menu.called(interaction);
        return called && { kind: 'command', ...arrived, ...called };
      }
      return isTyped(interaction) ? { kind: 'command', ...arrived, ...typedCommand(interaction) } : undefined;
    case InteractionType.MessageComponent: {
      const button = readCode(pressedIn(interaction))?.button;
      const { message } = interaction;
      if (!button) return { kind: 'unreadable', ...arrived };
      return { kind: 'action', ...arrived, ...button, message: message.id, values: null };
    }
    case InteractionType.ModalSubmit: {
      const form = readCode(interaction.data.custom_id)?.button;
      const { values } = filledIn(interaction.data);
      const message = interaction.message?.id ?? null;
      if (form) return { kind: 'action', ...arrived, ...form, message, values };
      const edit = menu.submitted(interaction);
      return edit ? { kind: 'command', ...arrived, ...edit } : { kind: 'unreadable', ...arrived };
    }
    default:
      return interaction satisfies never;
  }
}

type SentOption = APIApplicationCommandInteractionDataOption<InteractionType.ApplicationCommand>;

/** The subcommand that was chosen, `words add`, and its options; without one, the command's own. */
function chosen<O extends { readonly name: string }>(
  options: readonly O[],
): { readonly sub: string; readonly options: readonly O[] } {
  const [part] = options;
  if (part === undefined || !('options' in part) || !Array.isArray(part.options)) return { sub: '', options };
  const inner = chosen<O>(part.options);
  return { sub: `${part.name} ${inner.sub}`.trim(), options: inner.options };
}

/** A slash command with its options; an attachment says by its option what it is for. */
function typedCommand({ data }: APIChatInputApplicationCommandInteraction) {
  const values: Record<string, string | number | boolean> = {};
  const files: RemoteFile[] = [];
  const { sub, options } = chosen<SentOption>(data.options ?? []);
  for (const option of options) {
    if (option.type === ApplicationCommandOptionType.Attachment) {
      const file = data.resolved?.attachments?.[option.value];
      const role = option.name === 'mask' || option.name === 'sketch' ? option.name : 'image';
      if (file) files.push(attachedFile(file, role));
    } else if ('value' in option) values[option.name] = option.value;
  }
  return { name: data.name, sub, options: values, text: '', files, repliedTo: null, message: null };
}

/** What is answered to one person alone needs no right to post; who wants threads hears at once whether there can be any. */
function neededBy(incoming: Incoming): Need | null {
  if (incoming.kind === 'command' && incoming.sub === 'policy threads')
    return incoming.options.state === 'on' ? 'threads' : null;
  return postsSomething(incoming) ? 'posting' : null;
}

function postsSomething(incoming: Incoming): boolean {
  const telling = [
    ...['help', 'queue', 'cancel', 'models', 'pinfo', 'settings', 'preset', 'privacy', 'server'],
    ...['use as mask', 'use as sketch'],
  ];
  if (incoming.isPrivate) return false;
  if (incoming.kind === 'command') return !telling.includes(incoming.name);
  return incoming.kind === 'action' && !['st', 'fl', 'cx', 'cs', 'ps', 'fg', 'ok', 'no'].includes(incoming.action);
}

async function refuse(reply: Reply, { locale }: Acted, refusal: Refusal): Promise<void> {
  await reply.tell(troubleCard(refusal, locale ?? null));
}
