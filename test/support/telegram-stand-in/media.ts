import { randomBytes } from 'node:crypto';
import sharp from 'sharp';
import { refuse } from './refusal.ts';
import type { Media, StoredFile, World } from './world.ts';

/** Long sides of the sizes a photo is kept in, px. Source: core.telegram.org/api/files, "Image thumbnail types". */
const sizes = [90, 320, 800, 1280] as const;
const photoBytes = 10_485_760;
const documentBytes = 52_428_800;

export interface Upload {
  readonly name: string;
  readonly bytes: Buffer;
}

export function storeFile(world: World, file: Omit<StoredFile, 'id' | 'uniqueId'>): StoredFile {
  const id = `AgAC${randomBytes(24).toString('base64url')}`;
  const stored = { ...file, id, uniqueId: `AQAD${randomBytes(6).toString('base64url')}` };
  world.files.set(id, stored);
  return stored;
}

/** A picture as people see it later: other bytes, at most 1280 px, without metadata. @throws ApiRefusal */
export async function storePhoto(world: World, { bytes }: Upload, spoiler: boolean): Promise<Media> {
  if (bytes.length > photoBytes)
    throw refuse(
      400,
      `file of size ${bytes.length} bytes is too big for a photo; the maximum size is ${photoBytes} bytes`,
    );
  const metadata = await sharp(bytes)
    .metadata()
    .catch(() => undefined);
  if (!metadata) throw refuse(400, 'IMAGE_PROCESS_FAILED');
  const [width, height] = [metadata.autoOrient.width, metadata.autoOrient.height];
  if (width + height > 10_000 || Math.max(width / height, height / width) > 20)
    throw refuse(400, 'PHOTO_INVALID_DIMENSIONS');
  const needed = sizes.filter((_, at) => at === 0 || Math.max(width, height) > sizes[at - 1]!);
  const stored: StoredFile[] = [];
  for (const side of needed) stored.push(await storeSize(world, bytes, side));
  return known(world, { kind: 'photo', sizes: stored, spoiler });
}

/** Can be posted again by the ids of its files. */
function known(world: World, media: Media): Media {
  for (const { id } of media.kind === 'photo' ? media.sizes : [media.file]) world.media.set(id, media);
  return media;
}

async function storeSize(world: World, bytes: Buffer, side: number): Promise<StoredFile> {
  const { data, info } = await sharp(bytes)
    .rotate()
    .flatten({ background: 'white' })
    .resize({ width: side, height: side, fit: 'inside', withoutEnlargement: true })
    .jpeg({ quality: 85 })
    .toBuffer({ resolveWithObject: true });
  return storeFile(world, {
    ...{ name: `photo_${side}.jpg`, mime: 'image/jpeg', bytes: data },
    ...{ width: info.width, height: info.height },
  });
}

const mimes: Readonly<Record<string, string>> = {
  png: 'image/png',
  jpg: 'image/jpeg',
  jpeg: 'image/jpeg',
  webp: 'image/webp',
  gif: 'image/gif',
  avif: 'image/avif',
  txt: 'text/plain',
  pdf: 'application/pdf',
};

/** A file, byte for byte, with a small picture of it where it is one. @throws ApiRefusal */
export async function storeDocument(world: World, { name, bytes }: Upload): Promise<Media> {
  if (bytes.length > documentBytes) throw refuse(413, 'Request Entity Too Large');
  const ending = name.slice(name.lastIndexOf('.') + 1).toLowerCase();
  const mime = mimes[ending] ?? 'application/octet-stream';
  const file = storeFile(world, { name, mime, bytes, width: 0, height: 0 });
  const thumbnail = mime.startsWith('image/') ? await storeSize(world, bytes, 320).catch(() => null) : null;
  return known(world, { kind: 'document', file, thumbnail });
}
