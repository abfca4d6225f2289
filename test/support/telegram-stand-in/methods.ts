import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Desk, Method } from './desk.ts';
import { chatIn, listOf, numberIn, objectOf, parsed, textIn } from './fields.ts';
import { answerInlineQuery } from './inline.ts';
import { scopeTypes } from './menus.ts';
import {
  editMessageCaption,
  editMessageMedia,
  editMessageReplyMarkup,
  editMessageText,
  sendFile,
  sendMediaGroup,
  sendMessage,
} from './posting.ts';
import { refuse } from './refusal.ts';
import { chatJson, userJson } from './wire.ts';
import { findMessage, type StandInChat, type World } from './world.ts';

/** A held poll ends after this even when more was asked for, ms. */
const longestPollMs = 2000;
const hourMs = 60 * 60 * 1000;
const downloadBytes = 20 * 1024 * 1024;

/** Source: Bot API, "Available methods". */
export const methods: Readonly<Record<string, Method>> = {
  getMe: async ({ world }) => ({
    ...userJson(world.bot),
    ...{ can_join_groups: true, can_read_all_group_messages: false, supports_inline_queries: true },
  }),
  getUpdates: async (desk, call, gone) => {
    const { updates, webhook } = desk;
    if (webhook.url !== '')
      throw refuse(
        409,
        "can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first",
      );
    allow(desk, call);
    const timeoutMs = Math.min((numberIn(call, 'timeout') ?? 0) * 1000, longestPollMs);
    return updates.poll({
      offset: numberIn(call, 'offset') ?? 0,
      limit: numberIn(call, 'limit') ?? 100,
      timeoutMs,
      gone,
    });
  },
  setWebhook: async (desk, call) => {
    const { webhook } = desk;
    const [url, secret] = [textIn(call, 'url'), textIn(call, 'secret_token')];
    if (!url.startsWith('https://')) throw refuse(400, 'bad webhook: An HTTPS URL must be provided for webhook');
    const port = new URL(url).port || '443';
    if (!['443', '80', '88', '8443'].includes(port))
      throw refuse(400, 'bad webhook: Webhook can be set up only on ports 80, 88, 443 or 8443');
    if (secret !== '' && !/^[\w-]{1,256}$/.test(secret))
      throw refuse(400, 'bad webhook: secret token contains unallowed characters');
    Object.assign(webhook, { url, secret });
    allow(desk, call);
    return true;
  },
  deleteWebhook: async ({ webhook, updates }, call) => {
    Object.assign(webhook, { url: '', secret: '' });
    if (call.fields.drop_pending_updates === true) updates.clear();
    return true;
  },
  getWebhookInfo: async ({ webhook }) => ({ url: webhook.url, has_custom_certificate: false, pending_update_count: 0 }),
  setMyCommands: async ({ menus }, call) => {
    const commands = listOf(parsed(call, 'commands')).map(objectOf);
    const language = textIn(call, 'language_code');
    if (commands.length > 100) throw refuse(400, 'BOT_COMMANDS_TOO_MUCH');
    for (const { command, description } of commands) {
      if (!/^[a-z0-9_]{1,32}$/.test(String(command))) throw refuse(400, 'BOT_COMMAND_INVALID');
      if (String(description).length < 1 || String(description).length > 256)
        throw refuse(400, 'BOT_COMMAND_DESCRIPTION_INVALID');
    }
    if (!/^([a-z]{2})?$/.test(language)) throw refuse(400, 'invalid language code specified');
    menus.set(menuKey(call), commands);
    return true;
  },
  getMyCommands: async ({ menus }, call) => menus.get(menuKey(call)) ?? [],
  deleteMyCommands: async ({ menus }, call) => {
    menus.delete(menuKey(call));
    return true;
  },
  setChatMenuButton: async () => true,
  logOut: async () => true,
  sendMessage,
  sendPhoto: sendFile('photo'),
  sendDocument: sendFile('document'),
  sendMediaGroup,
  editMessageText,
  editMessageCaption,
  editMessageMedia,
  editMessageReplyMarkup,
  deleteMessage,
  answerCallbackQuery,
  answerInlineQuery,
  sendChatAction,
  getFile,
  getChat: async ({ world }, call) => chatJson(chatIn(world, call)),
  getChatMember: async ({ world }, call) => memberJson(world, chatIn(world, call), numberIn(call, 'user_id') ?? 0),
  getChatAdministrators: async ({ world }, call) => {
    const chat = chatIn(world, call);
    if (chat.type === 'private') throw refuse(400, 'there are no administrators in the private chat');
    return [...chat.administrators].map((id) => memberJson(world, chat, id));
  },
};

/** Which updates the bot wants from now on, if it says so. */
function allow(desk: Desk, call: Parameters<Method>[1]): void {
  const wanted = parsed(call, 'allowed_updates');
  if (Array.isArray(wanted)) desk.allowedUpdates = wanted;
}

/** @throws ApiRefusal */
function menuKey(call: Parameters<Method>[1]): string {
  const { type = 'default' } = objectOf(parsed(call, 'scope'));
  if (!scopeTypes.includes(String(type))) throw refuse(400, 'unsupported bot command scope type specified');
  return `${type}:${textIn(call, 'language_code')}`;
}

function memberJson(world: World, chat: StandInChat, id: number) {
  const user = world.users.get(id);
  if (!user) throw refuse(400, 'user not found');
  const isMember = user === world.bot || chat.members.includes(user);
  const status = chat.administrators.has(id) ? 'administrator' : isMember ? 'member' : 'left';
  return { user: userJson(user), status };
}

/** Source: Bot API, `deleteMessage`: in private chats also what people sent. */
async function deleteMessage({ world }: Desk, call: Parameters<Method>[1]): Promise<boolean> {
  const chat = chatIn(world, call);
  const message = findMessage(world, chat, numberIn(call, 'message_id') ?? 0);
  if (!message) throw refuse(400, 'message to delete not found');
  const isOld = world.clock.now() - message.at > 48 * hourMs;
  const isTheirs = message.from === world.bot || chat.type === 'private' || chat.administrators.has(world.bot.id);
  if (isOld || !isTheirs) throw refuse(400, "message can't be deleted for everyone");
  message.deleted = true;
  return true;
}

/** Source: Bot API, `answerCallbackQuery`; a query lives about 15 s. */
async function answerCallbackQuery({ world, queries }: Desk, call: Parameters<Method>[1]): Promise<boolean> {
  const query = queries.get(textIn(call, 'callback_query_id'));
  const isOld = !query || query.answer !== null || world.clock.now() - query.at > 15_000;
  if (isOld) throw refuse(400, 'query is too old and response timeout expired or query ID is invalid');
  const text = textIn(call, 'text');
  if (text.length > 200) throw refuse(400, 'MESSAGE_TOO_LONG');
  query.answer = text;
  return true;
}

const chatActions = ['typing', 'upload_photo', 'upload_document', 'choose_sticker'];

async function sendChatAction({ world, actions }: Desk, call: Parameters<Method>[1]): Promise<boolean> {
  const chat = chatIn(world, call);
  const action = textIn(call, 'action');
  if (!chatActions.includes(action)) throw refuse(400, 'wrong parameter action in request');
  actions.set(chat.id, { action, until: world.clock.now() + 5000 });
  return true;
}

/** Source: Bot API, `getFile`: 20 MB, the link holds for an hour; a server of one's own names its file. */
async function getFile({ world, links, localDir }: Desk, call: Parameters<Method>[1]) {
  const file = world.files.get(textIn(call, 'file_id'));
  if (!file) throw refuse(400, 'invalid file_id');
  const about = { file_id: file.id, file_unique_id: file.uniqueId, file_size: file.bytes.length };
  if (localDir !== null) {
    await mkdir(localDir, { recursive: true });
    const file_path = join(localDir, `${file.uniqueId}_${file.name}`);
    await writeFile(file_path, file.bytes);
    return { ...about, file_path };
  }
  if (file.bytes.length > downloadBytes) throw refuse(400, 'file is too big');
  const folder = file.width > 0 ? 'photos' : 'documents';
  const file_path = `${folder}/file_${links.size}${file.name.slice(file.name.lastIndexOf('.'))}`;
  links.set(file_path, { file: file.id, until: world.clock.now() + hourMs });
  return { ...about, file_path };
}
