import type { BlobRef } from '../edit/blob.ts';
import { type ImageHash, toImageHash } from '../edit/image-hash.ts';
import type { StoredImage } from '../edit/lineage.ts';
import type { Clock, Db } from './db.ts';

export interface Images {
  /** Remembers a picture's size beside its blob; the same picture twice is one row. */
  remember(image: StoredImage): Promise<void>;
  find(ref: BlobRef): Promise<StoredImage | undefined>;
  /** What the picture looks like, in 64 bits; undefined until it has been worked out. */
  hash(ref: BlobRef): Promise<ImageHash | undefined>;
  rememberHash(ref: BlobRef, hash: ImageHash): Promise<void>;
}

/**
 * Writes the rows that do not exist yet. By hand, because a transaction must survive a row somebody else has just written; in
 * order of their names, so that two transactions do not wait for each other.
 */
export async function rememberImages(db: Db, images: readonly StoredImage[], at: Date): Promise<void> {
  const different = [...new Map(images.map((image) => [image.ref, image])).values()];
  const inOrder = different.sort((a, b) => (a.ref < b.ref ? -1 : 1));
  for (const { ref, width, height } of inOrder) {
    await db.$executeRaw`
      INSERT INTO "Image" ("ref", "width", "height", "createdAt") VALUES (${ref}, ${width}, ${height}, ${at})
      ON CONFLICT ("ref") DO NOTHING`;
  }
}

async function findImage(db: Db, ref: BlobRef): Promise<StoredImage | undefined> {
  const row = await db.image.findUnique({ where: { ref } });
  return row ? { ref, width: row.width, height: row.height } : undefined;
}

export function images(db: Db, now: Clock): Images {
  return {
    remember: (image) => rememberImages(db, [image], now()),
    find: (ref) => findImage(db, ref),
    hash: async (ref) => {
      const hash = (await db.image.findUnique({ where: { ref }, select: { hash: true } }))?.hash;
      return hash ? toImageHash(hash) : undefined;
    },
    rememberHash: async (ref, hash) => void (await db.image.updateMany({ where: { ref }, data: { hash } })),
  };
}
