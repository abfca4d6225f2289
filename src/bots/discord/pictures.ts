import { type APIAttachment, type APIEmbed, type APIMessage, AttachmentFlags } from 'discord.js';
import pRetry, { AbortError } from 'p-retry';
import { Refusal } from '../../errors.ts';
import type { RemoteFile } from '../core/platform.ts';

/** Bytes that anybody may send us. */
const limit = 25 * 1024 * 1024;

/** A picture somebody attached. Links to attachments hold for about a day; what was sent with a command, while its answer may come. */
export function attachedFile(file: APIAttachment, role: RemoteFile['role'] = 'image'): RemoteFile {
  const { url, filename, size, content_type, flags = 0 } = file;
  const spoiler = (flags & AttachmentFlags.IsSpoiler) !== 0 || filename.startsWith('SPOILER_');
  return { ...remoteFile({ url, name: filename, size, type: content_type ?? null }, role), spoiler };
}

/** Pictures of a message, as far as Discord lets us see them: attached, shown by a link, forwarded. */
export function picturesIn(
  message: Partial<Pick<APIMessage, 'attachments' | 'embeds' | 'message_snapshots'>>,
): readonly RemoteFile[] {
  const attached = (message.attachments ?? []).filter(isPicture).map((file) => attachedFile(file));
  const linked = (message.embeds ?? []).flatMap(linkedPicture);
  const forwarded = (message.message_snapshots ?? []).flatMap((snapshot) => picturesIn(snapshot.message));
  return [...attached, ...linked, ...forwarded];
}

/** What says nothing of itself is looked at; what says it is something else is left alone, as one does with a text file. */
const isPicture = ({ content_type }: APIAttachment): boolean => content_type?.startsWith('image/') ?? true;

/** The picture behind a link, from Discord's own proxy: foreign addresses are never asked. */
function linkedPicture({ image, thumbnail, type }: APIEmbed): readonly RemoteFile[] {
  const picture = image ?? (String(type) === 'image' ? thumbnail : undefined);
  const url = picture?.proxy_url;
  return url ? [remoteFile({ url, name: 'link.png', size: null, type: null }, 'image')] : [];
}

interface Linked {
  readonly url: string;
  readonly name: string;
  readonly size: number | null;
  readonly type: string | null;
}

function remoteFile(file: Linked, role: RemoteFile['role']): RemoteFile {
  return { role, name: file.name, size: file.size, download: (signal) => download(file, signal) };
}

async function download({ url, size, type }: Linked, signal: AbortSignal): Promise<Uint8Array> {
  if (type !== null && !/^(image\/|application\/octet-stream)/.test(type))
    throw new Refusal('not-an-image', { found: type });
  if (size !== null && size > limit) throw new Refusal('file-too-big', { bytes: size, limit });
  try {
    return await pRetry(() => fetchFile(url, size, signal), { retries: 2, minTimeout: 300, signal });
  } catch (error) {
    if (error instanceof Refusal) throw error;
    throw new Refusal('download-failed', { host: new URL(url).hostname }, { cause: error });
  }
}

async function fetchFile(url: string, size: number | null, signal: AbortSignal): Promise<Uint8Array> {
  const response = await fetch(url, { signal });
  const problem = new Error(`the file server said ${response.status}`);
  if (response.status === 404 || response.status === 403) throw new AbortError(problem); // expired, or deleted
  if (!response.ok || !response.body) throw problem;
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of response.body) {
    bytes += chunk.length;
    if (bytes > limit) throw new AbortError(new Refusal('file-too-big', { bytes: Math.max(bytes, size ?? 0), limit }));
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
