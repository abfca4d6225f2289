import { draftedNodeSchema } from '../../edit/draft.ts';
import type { LineageNode, NodeId, StoredImage } from '../../edit/lineage.ts';
import type { UserId } from '../../edit/request.ts';
import { Refusal } from '../../errors.ts';
import type { Desk } from './desk.ts';
import { choicesFor, wordOf } from './house/rules.ts';
import { messageLinkIn } from './message-link.ts';
import { batchOf, headOf } from './picture-view.ts';
import { pinnedNode } from './pinned.ts';
import type { RemoteFile, RepliedTo, Speaker, Whereabouts } from './platform.ts';
import { inThread } from './threads.ts';

/** A file that somebody sends may have this many bytes. */
const FILE_LIMIT = 25 * 1024 * 1024;
const DOWNLOAD_MS = 60_000;
/** A picture nobody points at is meant for this long, ms. */
const RECENT_MS = 60 * 60_000;
/** Among so many pictures of others one is looked for that is anybody's to edit. */
const OTHERS_LOOKED_AT = 20;
/** How far back a HEAD is looked for above a picture. */
const UNDO_DEPTH = 50;

/** How a picture came to be the one that is meant. */
type How = 'pointed at' | 'your draft' | 'pinned' | 'last of yours' | 'newest here';

/** The picture to edit: one that is known, or one that has just come, perhaps with others beside it. */
export type Source =
  | { readonly kind: 'node'; readonly node: LineageNode; readonly how: How }
  | {
      readonly kind: 'upload';
      readonly upload: Upload;
      readonly others: readonly RemoteFile[];
      /** Nobody pointed at it: it was the last one posted here. */
      readonly isGuess?: boolean;
    };

/** A picture that is stored but in no tree yet. */
export interface Upload {
  readonly image: StoredImage;
  readonly infotext: string | null;
  readonly transparent: boolean;
  /** Whoever sent it hid it. */
  readonly spoiler: boolean;
  /** The message it came with, so that replies to that message find it again. */
  readonly message: string | null;
}

/** What somebody pointed at, in whichever way. */
export interface Pointers {
  readonly speaker: Speaker;
  readonly where: Whereabouts;
  /** Their pictures, masks taken out. */
  readonly file: RemoteFile | undefined;
  /** Further pictures beside it. */
  readonly others: readonly RemoteFile[];
  readonly link: string | null;
  readonly repliedTo: RepliedTo | null;
  readonly message: string | null;
}

/** @throws Refusal 'file-too-big', 'download-failed' */
export async function fetchFile(desk: Desk, file: RemoteFile): Promise<Uint8Array> {
  const check = (bytes: number) => {
    if (bytes > FILE_LIMIT) throw new Refusal('file-too-big', { bytes, limit: FILE_LIMIT });
  };
  check(file.size ?? 0);
  const bytes = await file.download(AbortSignal.any([desk.closing, AbortSignal.timeout(DOWNLOAD_MS)]));
  check(bytes.length);
  return bytes;
}

/** Looks into a picture and stores it. @throws Refusal as `PictureProbe.probe` and `BlobStore.put` do */
export async function storeUpload(
  desk: Desk,
  bytes: Uint8Array,
  about: Pick<Upload, 'message' | 'spoiler'>,
): Promise<Upload> {
  const { width, height, infotext, transparent, bytes: kept } = await desk.probe.probe(bytes);
  const ref = await desk.storage.blobs.put(kept);
  return { image: { ref, width, height }, infotext, transparent, ...about };
}

/** Downloads a picture and stores it. @throws Refusal as `fetchFile` and `storeUpload` do */
export async function fetchUpload(desk: Desk, file: RemoteFile, about: Pick<Upload, 'message'>): Promise<Upload> {
  return storeUpload(desk, await fetchFile(desk, file), { ...about, spoiler: file.spoiler ?? false });
}

/**
 * A node by its id, as far as it may be seen from a place: nodes are shown only where they were made.
 * @throws Refusal 'gone'
 */
export async function visibleNode(desk: Desk, id: NodeId, { place }: Whereabouts): Promise<LineageNode> {
  const node = await desk.storage.lineage.node(id);
  const lineage = node && (await desk.storage.lineage.lineage(node.lineage));
  const isDeleted = node?.removed === true && node.task === null;
  if (!node || isDeleted || lineage?.place !== place) throw new Refusal('gone', {});
  return node;
}

async function nodeOfMessage(desk: Desk, where: Whereabouts, message: string): Promise<LineageNode | undefined> {
  const link = await desk.storage.messages.find(where.place, message);
  return link?.node ? visibleNode(desk, link.node, where) : undefined;
}

/** What was undone is not meant: when HEAD is above the picture, HEAD is. Of a batch that one is meant which is HEAD. */
async function current({ storage }: Desk, node: LineageNode): Promise<LineageNode> {
  const lineage = await storage.lineage.lineage(node.lineage);
  if (!lineage) return node;
  const head = headOf(lineage);
  const chosen = await storage.lineage.node(head);
  if (chosen && node.job !== null && chosen.job === node.job) return chosen;
  let above: LineageNode | undefined = node;
  for (let depth = 0; above && depth < UNDO_DEPTH; depth++) {
    if (above.id === head) return above;
    above = above.parent === null ? undefined : await storage.lineage.node(above.parent);
  }
  return node;
}

/** The picture of what somebody has not decided yet here. */
async function drafted(desk: Desk, { where, speaker }: Pointers): Promise<LineageNode | undefined> {
  const { drafts, lineage } = desk.storage;
  const open = await Promise.all(
    (['mask', 'outpaint'] as const).map((kind) => drafts.newest(where.place, speaker.user, kind)),
  );
  const [newest] = open
    .filter((draft) => draft !== undefined)
    .sort((a, b) => b.expiresAt.getTime() - a.expiresAt.getTime());
  const found = draftedNodeSchema.safeParse(newest?.content);
  const node = found.success ? await lineage.node(found.data.node) : undefined;
  return node?.removed === false ? node : undefined;
}

async function recent(desk: Desk, pointers: Pointers): Promise<Source | undefined> {
  const { where } = pointers;
  const { lineage } = desk.storage;
  const ofThread = where.thread && (await lineage.ofThread(where.thread));
  const waiting = await drafted(desk, pointers);
  if (waiting && (!ofThread || waiting.lineage === ofThread.id))
    return { kind: 'node', node: waiting, how: 'your draft' };
  const head = ofThread && (await lineage.node(headOf(ofThread)));
  if (head) return { kind: 'node', node: head, how: 'pointed at' };
  const pinned = await pinnedNode(desk, where.place);
  if (pinned) return { kind: 'node', node: pinned, how: 'pinned' };
  return lastMade(desk, pointers, new Date(desk.clock.now() - RECENT_MS));
}

/** Somebody's last picture in a place, as it stands; else the newest that is anybody's. */
export async function lastMade(
  desk: Desk,
  { where, speaker }: Pick<Pointers, 'where' | 'speaker'>,
  since: Date,
): Promise<(Source & { readonly kind: 'node' }) | undefined> {
  const { lineage } = desk.storage;
  const own = await lineage.newest(where.place, since, speaker.user);
  if (own) return { kind: 'node', node: await current(desk, own), how: 'last of yours' };
  for (const newest of await lineage.recent(where.place, since, OTHERS_LOOKED_AT)) {
    const tree = await lineage.lineage(newest.lineage);
    if (tree && tree.policy !== 'owner') return { kind: 'node', node: await current(desk, newest), how: 'newest here' };
  }
  return undefined;
}

/** Other people's pictures, where only one's own may be used. @throws Refusal 'foreign-source' */
async function checkOwn(desk: Desk, { where, speaker }: Pointers, by: UserId | undefined): Promise<void> {
  if (by === speaker.user) return;
  if (wordOf(await choicesFor(desk, where, speaker.user), 'sources') === 'own') throw new Refusal('foreign-source', {});
}

/** The first picture of somebody's message. @throws Refusal as `checkOwn`, and whatever is wrong with a picture */
async function pictureOf(
  desk: Desk,
  pointers: Pointers,
  pointed: RepliedTo | null | undefined,
): Promise<Source | undefined> {
  const [picture, ...others] = pointed && !pointed.ours ? pointed.files : [];
  if (!pointed || !picture) return undefined;
  await checkOwn(desk, pointers, pointed.by);
  return { kind: 'upload', upload: await fetchUpload(desk, picture, { message: pointed.message }), others };
}

/** The file a link leads to. @throws Refusal 'link-not-followed', 'link-expired', as `checkOwn`, and whatever is wrong with a picture */
async function fileAt(desk: Desk, pointers: Pointers, link: string): Promise<Source> {
  const file = desk.links.file(link, FILE_LIMIT, desk.clock.now());
  await checkOwn(desk, pointers, undefined);
  return { kind: 'upload', upload: await fetchUpload(desk, file, { message: null }), others: [] };
}

/** A link as people write one that shall not be unfolded. */
const bareLink = (given: string): string => given.trim().replace(/^<(.*)>$/, '$1');

/** The message a link or a reply points at; null for none. @throws Refusal 'no-content' when what a link points at cannot be seen from here */
export async function pointedMessage(
  desk: Desk,
  { where, link, repliedTo }: Pick<Pointers, 'where' | 'link' | 'repliedTo'>,
): Promise<RepliedTo | null> {
  if (link === null) return repliedTo;
  const linked = messageLinkIn(bareLink(link));
  if (!linked) return null;
  const isHere = linked.place === where.place;
  const thread = isHere ? undefined : await desk.storage.lineage.ofThread(linked.place);
  if (!isHere && thread?.place !== where.place) throw new Refusal('no-content', {});
  const message = isHere ? linked.message : inThread(linked.place, linked.message);
  const known = await desk.storage.messages.find(where.place, message);
  if (known?.node) return { message, ours: true, files: [] };
  const seen = await desk.platformOf(where.place)?.look?.(where.place, message);
  if (!seen || seen.ours || seen.files.length === 0) throw new Refusal('no-content', {});
  return seen;
}

/** The picture of ours that a message shows; of several the one that is meant. */
export async function nodeShownBy(
  desk: Desk,
  where: Whereabouts,
  { message, which }: RepliedTo,
): Promise<LineageNode | undefined> {
  const node = await nodeOfMessage(desk, where, message);
  return node && which !== undefined ? ((await batchOf(desk, node))[which] ?? node) : node;
}

/** What a link or a reply points at; undefined when nothing was pointed at, or at words of ours. */
async function pointedAt(desk: Desk, pointers: Pointers): Promise<Source | undefined> {
  const pointed = await pointedMessage(desk, pointers);
  if (!pointed) return pointers.link === null ? undefined : fileAt(desk, pointers, bareLink(pointers.link));
  const node = await nodeShownBy(desk, pointers.where, pointed);
  if (node) return { kind: 'node', node, how: 'pointed at' };
  const picture = await pictureOf(desk, pointers, pointed);
  if (!picture && !pointed.ours) throw new Refusal('no-content', {});
  return picture;
}

/** The last picture somebody posted here, where the platform lets us read that. */
async function lastPosted(desk: Desk, pointers: Pointers): Promise<Source | undefined> {
  const { place, thread } = pointers.where;
  const posted = await desk.platformOf(place)?.lookBack?.(thread ?? place);
  const picture = await pictureOf(
    desk,
    pointers,
    posted && thread ? { ...posted, message: inThread(thread, posted.message) } : posted,
  );
  return picture?.kind === 'upload' ? { ...picture, isGuess: true } : picture;
}

/**
 * The picture somebody means; the first that is found: one they send, one they link or reply to (the stored original, never what
 * the platform made of it), that of their open draft here, the one pinned here, their last one here within the hour, the newest one, the
 * last one posted.
 *
 * @throws Refusal 'no-image', 'no-content', 'foreign-source', and whatever is wrong with a picture
 */
export async function findSource(desk: Desk, pointers: Pointers): Promise<Source> {
  if (pointers.file) {
    const { file, others, message } = pointers;
    return { kind: 'upload', upload: await fetchUpload(desk, file, { message }), others };
  }
  const found =
    (await pointedAt(desk, pointers)) ?? (await recent(desk, pointers)) ?? (await lastPosted(desk, pointers));
  if (!found) throw new Refusal('no-image', {});
  return found;
}

/** The pixels of a source. */
export function imageOfSource(source: Source): StoredImage {
  return source.kind === 'node' ? source.node.image : source.upload.image;
}
