import {
  type Fields,
  findMessage,
  type StandInChat,
  type StandInUser,
  type StoredFile,
  type StoredMessage,
  type World,
} from './world.ts';

export function userJson(user: StandInUser): Fields {
  return {
    id: user.id,
    is_bot: user.bot,
    first_name: user.name,
    username: user.username,
    ...(user.language !== null && { language_code: user.language }),
  };
}

export function chatJson(chat: StandInChat): Fields {
  if (chat.type === 'private') {
    const [person] = chat.members;
    return { id: chat.id, type: 'private', first_name: person!.name, username: person!.username };
  }
  return { id: chat.id, type: chat.type, title: chat.title, ...(chat.topics && { is_forum: true }) };
}

const fileJson = (file: StoredFile): Fields => ({
  file_id: file.id,
  file_unique_id: file.uniqueId,
  file_size: file.bytes.length,
});
const sizeJson = (file: StoredFile): Fields => ({ ...fileJson(file), width: file.width, height: file.height });

/** A message as the bot receives it; what it replies to comes along, but not what that replied to. Source: Bot API, `Message`. */
export function messageJson(world: World, message: StoredMessage, isReplied = false): Fields {
  const repliedTo = message.replyTo === null ? undefined : findMessage(world, message.chat, message.replyTo);
  const reply = !isReplied && repliedTo && { reply_to_message: messageJson(world, repliedTo, true) };
  return {
    message_id: message.id,
    from: userJson(message.from),
    chat: chatJson(message.chat),
    date: Math.floor(message.at / 1000),
    ...(message.editedAt !== null && { edit_date: Math.floor(message.editedAt / 1000) }),
    ...threadOf(world, message),
    ...reply,
    ...contentOf(message),
    ...(message.album !== null && { media_group_id: message.album }),
    ...(message.keyboard && { reply_markup: message.keyboard }),
  };
}

/** Replies in ordinary supergroups carry a thread id too, of the first message replied to; only topics say so. */
function threadOf(world: World, message: StoredMessage): Fields {
  if (message.topic !== null) return { message_thread_id: message.topic, is_topic_message: true };
  if (message.chat.type === 'private' || message.replyTo === null || message.chat.topics) return {};
  let root = message;
  for (let up: StoredMessage | undefined = message; up; ) {
    root = up;
    up = up.replyTo === null ? undefined : findMessage(world, message.chat, up.replyTo);
  }
  return { message_thread_id: root.id };
}

function contentOf({ text, entities, media, openedTopic, notice }: StoredMessage): Fields {
  if (notice) return notice;
  if (openedTopic !== null) return { forum_topic_created: { name: openedTopic, icon_color: 7322096 } };
  if (!media) return { text, ...(entities.length > 0 && { entities }) };
  const caption = text !== '' && { caption: text, ...(entities.length > 0 && { caption_entities: entities }) };
  if (media.kind === 'photo')
    return { photo: media.sizes.map(sizeJson), ...(media.spoiler && { has_media_spoiler: true }), ...caption };
  const thumbnail = media.thumbnail && { thumbnail: sizeJson(media.thumbnail) };
  return {
    document: { ...fileJson(media.file), file_name: media.file.name, mime_type: media.file.mime, ...thumbnail },
    ...caption,
  };
}

/** What the service itself marks in a text: commands and names. Source: Bot API, `MessageEntity`. */
export function detected(text: string): readonly Fields[] {
  const command = { type: 'bot_command', pattern: /(?<![\w/])\/[A-Za-z0-9_]{1,64}(?:@\w{3,32})?(?![\w/])/g };
  const mention = { type: 'mention', pattern: /(?<![\w@/])@[A-Za-z]\w{3,31}(?!\w)/g };
  return [command, mention].flatMap(({ type, pattern }) =>
    [...text.matchAll(pattern)].map((match) => ({ type, offset: match.index, length: match[0].length })),
  );
}
