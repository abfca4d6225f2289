import type { BlobRef } from '../edit/blob.ts';
import type { LineageNode } from '../edit/lineage.ts';
import type { UserId } from '../edit/request.ts';
import type { Db } from './db.ts';
import { toNode } from './lineage.ts';

/** How a picture was posted: as it is shown, or byte for byte. */
export type PostedWay = 'photo' | 'document';

/** Files that a platform has kept of what was posted: what it has need not be sent again. */
export interface PostedFileStore {
  find(ref: BlobRef, way: PostedWay): Promise<string | undefined>;
  keep(ref: BlobRef, way: PostedWay, file: string): Promise<void>;
  /** Pictures somebody made that were posted so and that nobody hid or took away, newest first, at most `limit`. */
  madeBy(
    author: UserId,
    way: PostedWay,
    limit: number,
  ): Promise<readonly { readonly node: LineageNode; readonly file: string }[]>;
}

export function postedFileStore(db: Db): PostedFileStore {
  return {
    find: async (ref, way) => (await db.postedFile.findUnique({ where: { ref_way: { ref, way } } }))?.file,
    keep: async (ref, way, file) => {
      await db.postedFile.upsert({ where: { ref_way: { ref, way } }, create: { ref, way, file }, update: { file } });
    },
    madeBy: async (author, way, limit) => {
      const where = { author, removedAt: null, spoiler: false, jobId: { not: null } };
      const rows = await db.node.findMany({
        ...{ where, take: limit, include: { image: true } },
        orderBy: [{ createdAt: 'desc' }, { id: 'desc' }],
      });
      const posted = await db.postedFile.findMany({
        where: { way, ref: { in: rows.map(({ imageRef }) => imageRef) } },
      });
      const files = new Map(posted.map(({ ref, file }) => [ref, file]));
      return rows.flatMap((row) => {
        const file = files.get(row.imageRef);
        return file === undefined ? [] : [{ node: toNode(row), file }];
      });
    },
  };
}
