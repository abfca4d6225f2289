import { readFile, stat } from 'node:fs/promises';
import { isAbsolute } from 'node:path';
import pRetry, { AbortError } from 'p-retry';
import { type Telegram, TelegramError } from 'telegraf';
import type { Message, PhotoSize, Sticker } from 'telegraf/types';
import { Refusal } from '../../errors.ts';
import type { RemoteFile } from '../core/platform.ts';
import type { Api } from './api.ts';

/** Bytes that Telegram's own servers hand out; a Bot API server of one's own has no such limit. Source: Bot API, `getFile`. */
const cloudLimit = 20 * 1024 * 1024;
/** Bytes that anybody may send us. */
const ownLimit = 25 * 1024 * 1024;

/** Where files come from. */
export interface FileSource {
  readonly telegram: Telegram;
  readonly api: Api;
  /** Files are served by Telegram itself. */
  readonly cloud: boolean;
}

/** What a message, or what is told of one in another chat, may have of a picture. */
type Pictured = Message | NonNullable<Message.CommonMessage['external_reply']>;

/**
 * The picture in a message: a photo in its biggest size, a picture sent as a file, or a sticker that stands still. What moves or sounds
 * comes along to be refused by what it is. Empty when there is nothing of all that.
 */
export function filesOf(source: FileSource, message: Pictured): readonly RemoteFile[] {
  if ('photo' in message) {
    return [{ ...photoFile(source, message.photo), spoiler: message.has_media_spoiler === true }];
  }
  const sent = documentIn(message);
  if (!sent) return [];
  const { file_id, file_size, file_name, mime_type } = sent;
  const size = file_size ?? null;
  return [remoteFile(source, { id: file_id, size, name: file_name ?? 'document', mime: mime_type ?? null })];
}

type Document = Partial<Message.DocumentMessage['document']> & { readonly file_id: string };

/** What is no photo, as a file. Source: Bot API, `Message` */
function documentIn(message: Pictured): Document | undefined {
  if ('document' in message) return message.document;
  if ('sticker' in message)
    return { ...message.sticker, file_name: 'sticker', mime_type: stickerMime(message.sticker) };
  if ('video' in message) return { mime_type: 'video/mp4', ...message.video };
  if ('video_note' in message) return { mime_type: 'video/mp4', ...message.video_note };
  if ('audio' in message) return { mime_type: 'audio/mpeg', ...message.audio };
  if ('voice' in message) return { mime_type: 'audio/ogg', ...message.voice };
  return undefined;
}

function stickerMime({ is_animated, is_video }: Sticker): string {
  return is_animated ? 'application/x-tgsticker' : is_video ? 'video/webm' : 'image/webp';
}

function photoFile(source: FileSource, sizes: readonly PhotoSize[]): RemoteFile {
  const biggest = sizes.reduce((best, size) => (size.width * size.height > best.width * best.height ? size : best));
  const { file_id, file_size, file_unique_id } = biggest;
  return remoteFile(source, { id: file_id, size: file_size ?? null, name: `photo_${file_unique_id}.jpg`, mime: null });
}

interface Sent {
  readonly id: string;
  readonly size: number | null;
  readonly name: string;
  /** As the sender's client says; null when it does not. */
  readonly mime: string | null;
}

function remoteFile(source: FileSource, file: Sent): RemoteFile {
  return { role: 'image', name: file.name, size: file.size, download: (signal) => download(source, file, signal) };
}

/** Surely not a picture, before a byte is fetched; what claims nothing or too little is looked at. */
const isOther = (mime: string | null): boolean => mime !== null && !/^(image\/|application\/octet-stream$)/.test(mime);

async function download(source: FileSource, file: Sent, signal: AbortSignal): Promise<Uint8Array> {
  if (isOther(file.mime)) throw new Refusal('not-an-image', { found: file.mime! });
  const limit = source.cloud ? cloudLimit : ownLimit;
  if (file.size !== null && file.size > limit) throw new Refusal('file-too-big', { bytes: file.size, limit });
  try {
    return await pRetry(() => fetchFile(source, file, signal), { retries: 2, minTimeout: 300, signal });
  } catch (error) {
    if (error instanceof Refusal) throw error;
    // No cause: its address holds the token.
    throw new Refusal('download-failed', { host: new URL(source.telegram.options.apiRoot).hostname });
  }
}

async function fetchFile(source: FileSource, file: Sent, signal: AbortSignal): Promise<Uint8Array> {
  const found = await source.api.call('getFile', { file_id: file.id }).catch((error: unknown) => {
    const isTooBig = error instanceof TelegramError && /too big/i.test(error.description);
    if (isTooBig) throw final(new Refusal('file-too-big', { bytes: file.size ?? cloudLimit, limit: cloudLimit }));
    throw error instanceof TelegramError && error.code === 400 ? final(error) : error;
  });
  // A Bot API server on this machine names the file itself; nobody else's word opens one.
  if (!source.cloud && found.file_path && isAbsolute(found.file_path)) return localFile(found.file_path, signal);
  const response = await fetch(await source.telegram.getFileLink(found), { signal });
  if (!response.ok || !response.body) throw new Error(`the file server said ${response.status}`);
  return collect(response.body);
}

/** Stops the retries. */
const final = (error: Error) => new AbortError(error);

async function localFile(path: string, signal: AbortSignal): Promise<Uint8Array> {
  const { size } = await stat(path);
  if (size > ownLimit) throw final(new Refusal('file-too-big', { bytes: size, limit: ownLimit }));
  return readFile(path, { signal });
}

/** A body to its end, at most `ownLimit` bytes of it. */
async function collect(body: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of body) {
    bytes += chunk.length;
    if (bytes > ownLimit) throw final(new Refusal('file-too-big', { bytes, limit: ownLimit }));
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
