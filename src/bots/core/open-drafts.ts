import { draftedNodeSchema } from '../../edit/draft.ts';
import { type NodeId, newId } from '../../edit/lineage.ts';
import { Refusal } from '../../errors.ts';
import type { Draft } from '../../storage/index.ts';
import type { Asker, Flow } from './accept.ts';
import type { Desk } from './desk.ts';
import { holdPicture } from './holds.ts';
import { type Capabilities, type Card, DeliveryError, type Whereabouts } from './platform.ts';
import type { Press } from './press.ts';

/** What waits for somebody to decide; drafts never stand in the line. */
export const draftKinds = [
  'mask',
  'new picture',
  'kept mask',
  'kept sketch',
  'outpaint',
  'sheet',
  'pair',
  'no mask',
] as const;
export type DraftKind = (typeof draftKinds)[number];

/** How long a draft waits, ms. */
const DRAFT_MS = 30 * 60_000;
/** Open drafts somebody may have. */
const MOST_DRAFTS = 5;

/** Writes a new draft. @throws Refusal 'too-many-drafts' */
export async function putDraft(
  desk: Desk,
  { speaker, where }: Asker,
  kind: DraftKind,
  content: unknown,
): Promise<Draft> {
  const { storage, clock, random } = desk;
  if ((await storage.drafts.countOf(speaker.user, draftKinds)) >= MOST_DRAFTS)
    throw new Refusal('too-many-drafts', { limit: MOST_DRAFTS });
  const expiresAt = new Date(clock.now() + DRAFT_MS);
  const draft: Draft = { id: newId(random), place: where.place, author: speaker.user, kind, content, expiresAt };
  await storage.drafts.put(draft);
  return draft;
}

/** Posts the card of a draft, as a message of its own that replies to what was said. Replies to it are about `node`, if there is one. */
export async function postDraft(flow: Flow, asker: Asker, draft: Draft, node: NodeId | null = null): Promise<void> {
  await flow.storage.outbox.put({
    id: newId(flow.random),
    key: `draft:${draft.id}:${asker.key}`,
    place: draft.place,
    card: { kind: 'draft', language: asker.language, draft: draft.id },
    job: null,
    node,
    replyTo: asker.message,
  });
  flow.outbox.wake();
}

/** The picture a draft is about, if there is one already. */
const pictureOf = ({ content }: Draft) => draftedNodeSchema.safeParse(content).data?.node;

/** Writes a changed draft and shows it on the card that is there; on a new one when that is gone. Its picture counts as being worked on. */
export async function showDraft(
  flow: Flow,
  { asker, incoming }: Press,
  changed: Draft,
  cardFor: (capabilities: Capabilities) => Promise<Card>,
): Promise<void> {
  const draft = { ...changed, expiresAt: new Date(flow.clock.now() + DRAFT_MS) };
  await flow.storage.drafts.put(draft);
  const picture = pictureOf(draft);
  if (picture) await holdPicture(flow, asker, picture);
  const platform = flow.platformOf(draft.place);
  if (!platform) return;
  try {
    if (incoming.message === null) throw new DeliveryError('gone', null); // answered from elsewhere
    await platform.edit(draft.place, incoming.message, await cardFor(platform.capabilities));
  } catch (error) {
    if (!(error instanceof DeliveryError)) throw error;
    await postDraft(flow, asker, draft);
  }
}

/** An open draft of a place. @throws Refusal 'gone' for one that has expired, was used or never was */
export async function openDraft({ storage }: Desk, id: string, { place }: Whereabouts): Promise<Draft> {
  const draft = await storage.drafts.find(id);
  if (draft?.place !== place) throw new Refusal('gone', {});
  return draft;
}

/** Drafts are changed by whoever began them. @throws Refusal 'not-yours' */
export function checkOwner({ author }: Draft, { speaker }: Asker): void {
  if (author !== speaker.user && !speaker.moderator) throw new Refusal('not-yours', {});
}

/**
 * Takes a draft away and does what it was waiting for; when that is refused the draft is there again. Of several people who press at
 * once, one does it. @throws Refusal 'gone', and whatever `use` refuses
 */
export async function useDraft(flow: Flow, draft: Draft, use: () => Promise<void>): Promise<void> {
  await spend(flow, draft, async () => {
    await letGo(flow, draft);
    await use();
  });
}

/** As `useDraft`, for whatever waits. A process that dies meanwhile leaves it to the next one. @throws Refusal 'gone', and whatever `use` refuses */
export async function spend<T>({ storage: { drafts } }: Desk, draft: Draft, use: () => Promise<T>): Promise<T> {
  if (!(await drafts.claim(draft))) throw new Refusal('gone', {});
  try {
    const done = await use();
    await drafts.spent(draft.id);
    return done;
  } catch (error) {
    await drafts.put(draft);
    throw error;
  }
}

/** Whoever began a draft does not work on its picture any more. */
async function letGo({ storage }: Desk, draft: Draft): Promise<void> {
  const picture = pictureOf(draft);
  if (picture) await storage.together.release(picture, draft.author);
}

/** Takes a draft away and does nothing about it. @throws Refusal 'gone' */
export async function dropDraft(flow: Flow, draft: Draft): Promise<void> {
  if (!(await flow.storage.drafts.take(draft.id))) throw new Refusal('gone', {});
  await letGo(flow, draft);
}

/** Whoever goes on with a draft: its card goes away, and what becomes of it answers what the card answered. */
export function onBehalf({ asker, incoming }: Press): Asker {
  return { ...asker, message: incoming.said ?? incoming.about ?? asker.message };
}

/** Takes the card of a draft away, wherever it stands, and the message whose button was pressed; that they are gone does not matter. */
export async function removeDraftCard(flow: Flow, { id, place }: Draft, pressed: string | null): Promise<void> {
  const cards = await flow.storage.messages.ofDraft(place, id);
  for (const message of new Set([...cards, ...(pressed === null ? [] : [pressed])])) {
    await flow
      .platformOf(place)
      ?.remove(place, message)
      .catch((error: unknown) => flow.log.warn({ error, place }, 'the card of a draft could not be removed'));
  }
}

/** Posts the card of a draft anew, as it is now, in place of the one that is there. */
export async function repostDraft(flow: Flow, asker: Asker, draft: Draft): Promise<void> {
  await removeDraftCard(flow, draft, null);
  await postDraft(flow, asker, draft);
}
