import { z } from 'zod';
import type { JobId, NodeId, PlaceId } from '../edit/lineage.ts';
import { comparisonsWith, postedOf } from './comparisons.ts';
import type { Db } from './db.ts';
import type { Prisma } from './generated/sqlite/client.ts';

const kindSchema = z.enum(['card', 'result', 'mask', 'panel']);

/** What a message of ours is about; how a reply or an old message finds its way back. */
export interface MessageLink {
  readonly place: PlaceId;
  readonly message: string;
  readonly kind: z.infer<typeof kindSchema>;
  readonly node: NodeId | null;
  readonly job: JobId | null;
  readonly draft: string | null;
}

export interface MessageStore {
  /** Says, or corrects, what a message is about. */
  link(link: MessageLink): Promise<void>;
  find(place: PlaceId, message: string): Promise<MessageLink | undefined>;
  /** The place of a message, of those whose names begin like this; the newest, where several have such a message. */
  placeOf(prefix: string, message: string): Promise<PlaceId | undefined>;
  /** Every message that shows a node, alone or beside another. */
  showing(node: NodeId): Promise<readonly Pick<MessageLink, 'place' | 'message'>[]>;
  /** Newest message that shows a node in a place. */
  ofNode(place: PlaceId, node: NodeId): Promise<MessageLink | undefined>;
  /** Messages in a place that show a draft. */
  ofDraft(place: PlaceId, draft: string): Promise<readonly string[]>;
}

export async function linkMessage(db: Db, link: MessageLink): Promise<void> {
  const { place, message, kind, node, job, draft } = link;
  const about = { kind, nodeId: node, jobId: job, draft };
  const where = { place_message: { place, message } };
  await db.messageLink.upsert({ where, create: { place, message, ...about }, update: about });
}

async function findLink(db: Db, where: Prisma.MessageLinkWhereInput): Promise<MessageLink | undefined> {
  const row = await db.messageLink.findFirst({ where, orderBy: { seq: 'desc' } });
  if (!row) return undefined;
  return {
    place: row.place as PlaceId,
    message: row.message,
    kind: kindSchema.parse(row.kind),
    node: row.nodeId as NodeId | null,
    job: row.jobId as JobId | null,
    draft: row.draft,
  };
}

export function messageStore(db: Db): MessageStore {
  return {
    link: (link) => linkMessage(db, link),
    find: (place, message) => findLink(db, { place, message }),
    placeOf: async (startsWith, message) => (await findLink(db, { place: { startsWith }, message }))?.place,
    showing: async (nodeId) => {
      const rows = await db.messageLink.findMany({ where: { nodeId, kind: 'result' }, orderBy: { seq: 'asc' } });
      const own = rows.map(({ place, message }) => ({ place: place as PlaceId, message }));
      const isOther = ({ place, message }: (typeof own)[number]) =>
        !own.some((one) => one.place === place && one.message === message);
      return [...own, ...postedOf(await comparisonsWith(db, new Set([nodeId]))).filter(isOther)];
    },
    ofNode: (place, node) => findLink(db, { place, nodeId: node }),
    ofDraft: async (place, draft) => {
      const rows = await db.messageLink.findMany({ where: { place, draft }, select: { message: true } });
      return rows.map(({ message }) => message);
    },
  };
}
