import { randomUUID } from 'node:crypto';
import type { Desk, StoredInteraction } from './desk.ts';
import { asArray, asNumber, asObject, asText, type Json, type JsonObject } from './json.ts';
import { storeMessage } from './messages.ts';
import { findButton, type Seen, see } from './view.ts';
import { contentType, fileJson, interactionContext, messageJson } from './wire.ts';
import type { StandInChannel, StandInUser, StoredFile, StoredMessage } from './world.ts';

/** A file somebody picks. */
interface PickedFile {
  readonly name: string;
  readonly bytes: Uint8Array;
}
type OptionValue = string | number | boolean | PickedFile;

/** Something a person did, and how the bot answered it. */
export interface Interaction {
  readonly id: string;
  readonly token: string;
  readonly user: StandInUser;
  /** ms from the click to the first answer; null while there is none. */
  readonly answeredAfterMs: number | null;
  readonly callbackType: number | null;
  /** The modal it was answered with. */
  readonly modal: JsonObject | null;
  /** Autocomplete suggestions. */
  readonly choices: readonly { readonly name: string; readonly value: string | number }[] | null;
  /** The answer in the channel, or whispered. */
  readonly answer: Seen | null;
  /** Until the bot has answered. @throws Error after `ms` */
  answered(ms?: number): Promise<Interaction>;
}

interface Doing {
  readonly user: StandInUser;
  readonly channel: StandInChannel;
  readonly type: StoredInteraction['type'];
  readonly data: JsonObject;
  readonly source?: StoredMessage;
}

/** Dispatches an interaction. Source: discord.com/developers/docs/interactions/receiving-and-responding, "Interaction Structure". */
function act(desk: Desk, { user, channel, type, data, source }: Doing): Interaction {
  const { world } = desk;
  const id = world.newId();
  const token = `${randomUUID()}-${id}`;
  const stored: StoredInteraction = {
    id,
    token,
    type,
    user,
    channel,
    createdAt: world.clock.now(),
    source: source ?? null,
    callback: null,
    answeredAt: null,
    original: type === 3 || type === 5 ? (source ?? null) : null,
    followUps: 0,
  };
  desk.interactions.set(token, stored);
  const context = interactionContext(world, user, channel, desk.options.uploadLimit);
  const message = source && { message: messageJson(world, desk.cdn, source) };
  desk.gateway.dispatch('INTERACTION_CREATE', { ...context, id, token, type, data, ...message }, channel);
  return watched(stored);
}

function watched(stored: StoredInteraction): Interaction {
  const data = () => asObject(stored.callback?.data);
  const type = () => (stored.callback ? asNumber(stored.callback.type) : null);
  const interaction: Interaction = {
    id: stored.id,
    token: stored.token,
    user: stored.user,
    get answeredAfterMs() {
      return stored.answeredAt === null ? null : stored.answeredAt - stored.createdAt;
    },
    get callbackType() {
      return type();
    },
    get modal() {
      return type() === 9 ? data() : null;
    },
    get choices() {
      return type() === 8 ? (asArray(data().choices) as unknown as NonNullable<Interaction['choices']>) : null;
    },
    get answer() {
      return stored.original ? see(stored.original) : null;
    },
    answered: async (ms = 10_000) => {
      await until(() => stored.callback !== null, ms, `an answer to interaction ${stored.id}`);
      return interaction;
    },
  };
  return interaction;
}

/** Waits for a condition, looking every 10 ms. @throws Error saying what did not come */
export async function until(condition: () => boolean, ms: number, what: string): Promise<void> {
  const deadline = Date.now() + ms;
  while (!condition()) {
    if (Date.now() > deadline) throw new Error(`waited ${ms} ms in vain for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** Registered option types: 3 text, 4 integer, 5 switch, 10 number, 11 attachment. */
export interface Typed {
  readonly name: string;
  readonly options: Readonly<Record<string, OptionValue>>;
  readonly focused?: string;
}

/**
 * `/name option: value`, typed by the registered command; an option it does not have cannot be typed. A subcommand follows the name
 * after a blank: `server words add`; Discord nests its options. Source: discord.com/developers/docs/interactions/application-commands,
 * "Subcommands and Subcommand Groups".
 */
export function slash(desk: Desk, who: { user: StandInUser; channel: StandInChannel }, typed: Typed): Interaction {
  const [name = '', ...path] = typed.name.split(' ');
  const command = registered(desk, name, 1);
  const parts = partsOf(command, path);
  const known = asArray((parts.at(-1) ?? command).options).map(asObject);
  const attachments: Record<string, Json> = {};
  const options = Object.entries(typed.options).map(([name, value]): JsonObject => {
    const option = known.find((candidate) => candidate.name === name);
    if (!option) throw new Error(`/${typed.name} has no option ${name}`);
    if (typeof value !== 'object') {
      const isFocused = typed.focused === name;
      return { name, type: option.type, value: isFocused ? String(value) : value, ...(isFocused && { focused: true }) };
    }
    const file = upload(desk, who.channel, value, true);
    attachments[file.id] = fileJson(desk.world, desk.cdn, file);
    return { name, type: 11, value: file.id };
  });
  const missing = known.find((option) => option.required === true && !(asText(option.name) in typed.options));
  if (missing && typed.focused === undefined) throw new Error(`/${typed.name} needs ${asText(missing.name)}`);
  const resolved = Object.keys(attachments).length > 0 && { resolved: { attachments } };
  const nested = parts.reduceRight<readonly JsonObject[]>(
    (inner, part) => [{ name: part.name, type: part.type, options: inner }],
    options,
  );
  const data = { id: command.id, name, type: 1, options: nested, ...resolved };
  return act(desk, { ...who, type: typed.focused === undefined ? 2 : 4, data });
}

/** The registered group and subcommand along a path. @throws Error when there is none, or the path stops short of one */
function partsOf(command: JsonObject, path: readonly string[]): readonly JsonObject[] {
  const inner = asArray(command.options).map(asObject);
  const isParted = inner.some(({ type }) => asNumber(type) <= 2);
  const [first, ...rest] = path;
  if (first === undefined && isParted) throw new Error(`/${asText(command.name)} alone cannot be called`);
  if (first === undefined) return [];
  const part = inner.find((one) => one.name === first && asNumber(one.type) <= 2);
  if (!part) throw new Error(`/${asText(command.name)} has no ${first}`);
  return [part, ...partsOf(part, rest)];
}

function registered(desk: Desk, name: string, type: number): JsonObject {
  const all = [...desk.commands.values()].flat();
  const found = all.find((command) => command.name === name && (asNumber(command.type) || 1) === type);
  if (!found) throw new Error(`no command ${name} is registered`);
  return found;
}

function upload(desk: Desk, channel: StandInChannel, file: PickedFile, ephemeral: boolean): StoredFile {
  const stored = {
    id: desk.world.newId(),
    channel: channel.id,
    name: file.name,
    type: contentType(file.name),
    bytes: Buffer.from(file.bytes),
    description: '',
    ephemeral,
  };
  desk.world.files.set(stored.id, stored);
  return stored;
}

/** Presses a button by its words, emoji or custom id. @throws Error when it is not there or greyed out */
export function button(desk: Desk, user: StandInUser, message: Seen, wanted: string): Interaction {
  const found = findButton(see(storedOf(desk, message)), wanted);
  if (!found?.customId) throw new Error(`no button ${wanted} under: ${message.text}`);
  if (found.disabled) throw new Error(`button ${wanted} is disabled`);
  return press(desk, user, message, found.customId);
}

/** Sends a component's custom id, forged or not. */
export function press(desk: Desk, user: StandInUser, message: Seen, customId: string): Interaction {
  const data = { custom_id: customId, component_type: 2 };
  return act(desk, { user, channel: message.channel, type: 3, data, source: storedOf(desk, message) });
}

/** Chooses values of a select menu. */
export function select(
  desk: Desk,
  user: StandInUser,
  message: Seen,
  chosen: { customId: string; values: readonly string[] },
): Interaction {
  const data = { custom_id: chosen.customId, component_type: 3, values: chosen.values };
  return act(desk, { user, channel: message.channel, type: 3, data, source: storedOf(desk, message) });
}

/** An entry of a message's context menu. */
export function contextMenu(
  desk: Desk,
  who: { user: StandInUser; channel: StandInChannel },
  name: string,
  target: Seen,
): Interaction {
  const command = registered(desk, name, 3);
  const message = messageJson(desk.world, desk.cdn, storedOf(desk, target));
  const data = {
    id: command.id,
    name,
    type: 3,
    target_id: target.id,
    resolved: { messages: { [target.id]: message } },
  };
  return act(desk, { ...who, type: 2, data });
}

function storedOf(desk: Desk, message: Seen): StoredMessage {
  const stored = desk.world.messages.get(message.id);
  if (!stored) throw new Error(`message ${message.id} is gone`);
  return stored;
}

/** What a person writes into a modal, by a field's label or custom id; what they leave alone keeps its value. */
export type ModalValues = Readonly<Record<string, string | readonly PickedFile[]>>;

/** Submits the modal an interaction was answered with. @throws Error when there is none or a required field is empty */
export function submitModal(desk: Desk, interaction: Interaction, values: ModalValues): Interaction {
  const stored = desk.interactions.get(interaction.token);
  if (!stored || !interaction.modal) throw new Error('there is no modal to submit');
  const attachments: Record<string, Json> = {};
  const components = asArray(interaction.modal.components)
    .map(asObject)
    .flatMap((part): readonly JsonObject[] => {
      if (part.type === 10) return [];
      const inner = asObject(part.type === 18 ? part.component : asArray(part.components)[0]);
      const label = asText(part.label) || asText(inner.label);
      const given = values[label] ?? values[asText(inner.custom_id)];
      const filled = fill(inner, given, (file) => {
        const uploaded = upload(desk, stored.channel, file, true);
        attachments[uploaded.id] = fileJson(desk.world, desk.cdn, uploaded);
        return uploaded.id;
      });
      return [part.type === 18 ? { type: 18, id: 1, component: filled } : { type: 1, id: 1, components: [filled] }];
    });
  const resolved = Object.keys(attachments).length > 0 && { resolved: { attachments } };
  const data = { custom_id: interaction.modal.custom_id, components, ...resolved };
  const source = stored.source === null ? {} : { source: stored.source };
  return act(desk, { user: stored.user, channel: stored.channel, type: 5, data, ...source });
}

/** Source: discord.com/developers/docs/components/reference, the "Interaction Response Structure" of each field. */
function fill(
  field: JsonObject,
  given: ModalValues[string] | undefined,
  put: (file: PickedFile) => string,
): JsonObject {
  const same = { type: field.type, id: 2, custom_id: field.custom_id };
  if (field.type === 19) return { ...same, values: fillFiles(field, typeof given === 'object' ? given : [], put) };
  const value = typeof given === 'string' ? given : presetOf(field);
  if (field.required !== false && value === '') throw new Error(`${asText(field.custom_id)} is required`);
  if (field.type === 3) return { ...same, values: value === '' ? [] : [chosen(field, value)] };
  if (field.type === 21) return { ...same, value: value === '' ? null : chosen(field, value) };
  const most = asNumber(field.max_length) || 4000;
  if (value.length > most) throw new Error(`${asText(field.custom_id)} takes ${most} characters`);
  return { ...same, value };
}

function fillFiles(field: JsonObject, files: readonly PickedFile[], put: (file: PickedFile) => string) {
  const fewest = field.required === false ? 0 : asNumber(field.min_values) || 1;
  if (files.length < fewest) throw new Error(`${asText(field.custom_id)} needs a file`);
  return files.map(put);
}

/** What stands in a field before anybody touches it. */
function presetOf(field: JsonObject): string {
  const options = asArray(field.options).map(asObject);
  return asText(options.find((option) => option.default === true)?.value) || asText(field.value);
}

function chosen(field: JsonObject, value: string): string {
  const options = asArray(field.options).map(asObject);
  if (!options.some((option) => option.value === value)) throw new Error(`no choice ${value}`);
  return value;
}

export interface Written {
  readonly replyTo?: Seen;
  /** Whether the reply notifies (the client's default). */
  readonly ping?: boolean;
  readonly files?: readonly PickedFile[];
}

/** Writes a message; `@Palimpsest` in it mentions the bot. */
export function write(
  desk: Desk,
  who: { user: StandInUser; channel: StandInChannel },
  text: string,
  more: Written,
): Seen {
  const { world } = desk;
  const ping = more.replyTo !== undefined && more.ping !== false;
  const repliedTo = more.replyTo && storedOf(desk, more.replyTo);
  const content = text.replaceAll(`@${world.bot.name}`, `<@${world.bot.id}>`);
  const named = content.includes(`<@${world.bot.id}>`) ? [world.bot] : [];
  const notified = ping && repliedTo ? [repliedTo.author] : [];
  const files = (more.files ?? []).map(
    (file, at) => [String(at), { ...file, type: contentType(file.name), bytes: Buffer.from(file.bytes) }] as const,
  );
  const stored = storeMessage(
    desk,
    { body: { content }, files: new Map(files) },
    {
      channel: who.channel,
      author: who.user,
      replyTo: more.replyTo?.id ?? null,
      ping,
      mentions: [...new Set([...named, ...notified])],
    },
  );
  return see(stored);
}
