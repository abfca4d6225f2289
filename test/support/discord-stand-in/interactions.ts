import { checkModal } from './components.ts';
import type { Desk, StoredInteraction } from './desk.ts';
import type { Call, Reply } from './http.ts';
import { asArray, asNumber, asObject, asText, fault, invalid, type JsonObject } from './json.ts';
import { type Body, patchMessage, removeMessage, shownMessage, storeMessage } from './messages.ts';
import { isLoading } from './wire.ts';
import { flags, type StoredMessage } from './world.ts';

const answerWithinMs = 3000;
const tokenLivesMs = 15 * 60 * 1000;

/** Source: discord.com/developers/docs/interactions/receiving-and-responding, "Create Interaction Response". */
export function answerInteraction(desk: Desk, call: Call, id: string, token: string): Reply {
  const interaction = desk.interactions.get(token);
  if (interaction?.id !== id) throw fault(10062);
  if (interaction.callback) throw fault(40060);
  if (desk.world.clock.now() - interaction.createdAt > answerWithinMs) throw fault(10062);
  const data = asObject(call.body.data);
  const message = performCallback(desk, interaction, asNumber(call.body.type), { body: data, files: call.files });
  interaction.callback = call.body;
  interaction.answeredAt = desk.world.clock.now();
  return callbackReply(desk, call, interaction, message);
}

/** Callback types 4 message, 5 deferred message, 6 deferred update, 7 update, 8 choices, 9 modal. */
function performCallback(desk: Desk, interaction: StoredInteraction, type: number, data: Body): StoredMessage | null {
  if ((type === 8) !== (interaction.type === 4))
    throw invalid('type', `Callback ${type} does not answer this interaction.`);
  switch (type) {
    case 4:
      interaction.original = reply(desk, interaction, data);
      return interaction.original;
    case 5:
      interaction.original = loadingMessage(desk, interaction, asNumber(data.body.flags) & flags.ephemeral);
      return interaction.original;
    case 6:
      needSource(interaction);
      return null;
    case 7:
      patchMessage(desk, needSource(interaction), data);
      return interaction.original;
    case 8:
      checkChoices(data.body);
      return null;
    case 9:
      if (interaction.type === 5) throw invalid('type', 'A modal cannot answer a modal.');
      checkModal(data.body, desk.options.modalUploads);
      return null;
    default:
      throw invalid('type', 'Value must be one of {4, 5, 6, 7, 8, 9}.');
  }
}

function needSource(interaction: StoredInteraction): StoredMessage {
  if (!interaction.source) throw invalid('type', 'There is no message to update.');
  return interaction.source;
}

function reply(desk: Desk, interaction: StoredInteraction, data: Body): StoredMessage {
  const isEphemeral = (asNumber(data.body.flags) & flags.ephemeral) !== 0;
  return storeMessage(desk, data, {
    channel: interaction.channel,
    author: desk.world.bot,
    interaction: { id: interaction.id, user: interaction.user },
    onlyFor: isEphemeral ? interaction.user : null,
    type: interaction.type === 2 ? 20 : 0,
  });
}

/** The "is thinking…" message; it may only be ephemeral, any other flag is ignored. */
function loadingMessage(desk: Desk, interaction: StoredInteraction, ephemeral: number): StoredMessage {
  const message = reply(desk, interaction, { body: { content: '…', flags: ephemeral }, files: new Map() });
  Object.assign(message, { content: '', flags: ephemeral | flags.loading });
  return message;
}

/** Source: discord.com/developers/docs/interactions/receiving-and-responding, "Autocomplete". */
function checkChoices(data: JsonObject): void {
  const choices = asArray(data.choices).map(asObject);
  if (choices.length > 25) throw invalid('data.choices', 'Must be 25 or fewer in length.');
  for (const { name, value } of choices) {
    const length = asText(name).length;
    if (length < 1 || length > 100) throw invalid('data.choices.name', 'Must be between 1 and 100 in length.');
    if (asText(value).length > 100) throw invalid('data.choices.value', 'Must be 100 or fewer in length.');
  }
}

function callbackReply(desk: Desk, call: Call, interaction: StoredInteraction, message: StoredMessage | null): Reply {
  if (call.query.get('with_response') !== 'true') return { status: 204 };
  const told = message && {
    response_message_id: message.id,
    response_message_loading: isLoading(message),
    response_message_ephemeral: message.onlyFor !== null,
  };
  const resource = { type: asNumber(call.body.type), ...(message && { message: shownMessage(desk, message) }) };
  return { status: 200, body: { interaction: { id: interaction.id, type: interaction.type, ...told }, resource } };
}

function liveInteraction(desk: Desk, token: string): StoredInteraction {
  const interaction = desk.interactions.get(token);
  if (!interaction) throw fault(10015);
  if (desk.world.clock.now() - interaction.createdAt > tokenLivesMs) throw fault(50027);
  return interaction;
}

/** A message sent through an interaction's token, `@original` or by id. @throws ApiFault 10008, 10015, 50027 */
function tokenMessage(desk: Desk, token: string, id: string): StoredMessage {
  const interaction = liveInteraction(desk, token);
  if (!interaction.callback) throw fault(10015);
  const message = id === '@original' ? interaction.original : desk.world.messages.get(id);
  if (!message || !desk.world.messages.has(message.id)) throw fault(10008);
  if (message.interaction?.id !== interaction.id && message !== interaction.source) throw fault(10008);
  return message;
}

/** GET, PATCH, DELETE of such a message. Source: the same page, "Followup Messages". */
export function changeTokenMessage(desk: Desk, call: Call, token: string, id: string): Reply {
  const message = tokenMessage(desk, token, id);
  if (call.method === 'DELETE') {
    removeMessage(desk, message);
    return { status: 204 };
  }
  if (call.method === 'PATCH') patchMessage(desk, message, call);
  return { status: 200, body: shownMessage(desk, message) };
}

/**
 * The first follow-up after a deferral takes the place of the loading message, while that one is there.
 * Source: the same page, "Followup Messages" and "Delete Original Interaction Response".
 */
export function followUp(desk: Desk, call: Call, token: string): Reply {
  const interaction = liveInteraction(desk, token);
  if (!interaction.callback) throw fault(10015);
  const original = interaction.original;
  if (original && isLoading(original) && desk.world.messages.has(original.id)) {
    patchMessage(desk, original, call);
    return { status: 200, body: shownMessage(desk, original) };
  }
  interaction.followUps += 1;
  const isForeign = interaction.channel.guild !== null && !interaction.channel.guild.joined;
  if (isForeign && interaction.followUps > 5) throw fault(40094);
  return { status: 200, body: shownMessage(desk, reply(desk, interaction, call)) };
}
