import { isId, type NodeId, newId, type PlaceId } from '../../../edit/lineage.ts';
import { Refusal } from '../../../errors.ts';
import { button } from '../buttons.ts';
import { plainCard, quoted } from '../cards.ts';
import { type Desk, nameOf } from '../desk.ts';
import { messagesIn } from '../messages/index.ts';
import type { Notice } from '../notice.ts';
import type { Asker, Flow, Order } from '../order.ts';
import { oneLine } from '../plain-text.ts';
import type { Card } from '../platform.ts';
import type { Upload } from '../source.ts';
import { ask } from './drafts.ts';
import type { Admitted } from './gate.ts';
import { choicesFor, listOf } from './rules.ts';

/** An order as JSON: the picture it starts from by its id. */
interface HeldOrder {
  readonly order: Omit<Order, 'parent' | 'pressed'>;
  readonly parent: { readonly node: NodeId } | { readonly upload: Upload };
  readonly spoiler: boolean;
}

/** Puts words into the outbox, for a place, once. */
export async function postCard(
  { storage, outbox, random }: Pick<Flow, 'storage' | 'outbox' | 'random'>,
  place: PlaceId,
  card: Card,
  { key, language, dueAt }: { readonly key: string; readonly language: Asker['language']; readonly dueAt?: Date },
): Promise<void> {
  const notice: Notice = { kind: 'card', language, card };
  const row = { id: newId<string>(random), key, place, card: notice, job: null, node: null, replyTo: null };
  await storage.outbox.put({ ...row, ...(dueAt && { dueAt }) });
  outbox.wake();
}

/** Where the moderators of a server read; undefined when nobody chose. */
export async function logPlace(desk: Desk, { where, speaker }: Asker): Promise<PlaceId | undefined> {
  const choices = await choicesFor(desk, where, speaker.user);
  return listOf(choices, 'log')[0] as PlaceId | undefined;
}

/**
 * Keeps an order until a moderator has looked at it. Where the server has no log channel nobody would: it is not let in at all.
 * @throws Refusal 'under-review', or 'forbidden-word' without a log channel
 */
export async function holdForReview(flow: Flow, { order, review, spoiler }: Admitted): Promise<never> {
  const { asker: whole, parent, pressed: _, ...rest } = order;
  const { briefly: __, ...asker } = whole; // by then it cannot be answered any more
  const place = await logPlace(flow, asker);
  if (!place) throw new Refusal('forbidden-word', { word: review[0] ?? '' });
  const from = parent.kind === 'node' ? { node: parent.node.id } : { upload: parent.upload };
  const content: HeldOrder = { order: { ...rest, asker }, parent: from, spoiler };
  const id = await ask(flow, { ...asker, where: { ...asker.where, place } }, 'review', { content, minutes: 24 * 60 });
  const messages = messagesIn(asker.language);
  const { house } = messages;
  const card: Card = {
    ...plainCard,
    title: house.reviewTitle(oneLine(asker.speaker.name, 40)),
    lines: [...quoted(order.request.params.prompt), house.reviewWords(review.join(', '))],
    rows: [
      [
        button(messages, 'ok', id, { label: messages.buttons.yes, emoji: '✅' }),
        button(messages, 'no', id, { label: messages.buttons.no }),
      ],
    ],
    tone: 'warning',
  };
  await postCard(flow, place, card, { key: `review:${id}`, language: asker.language });
  throw new Refusal('under-review', {});
}

/** An order that was held, as it was; undefined when its picture is gone. */
export async function heldOrder(
  { storage }: Desk,
  content: unknown,
): Promise<(HeldOrder & { order: Order }) | undefined> {
  const held = content as HeldOrder; // written by `holdForReview` alone
  if ('upload' in held.parent) {
    return { ...held, order: { ...held.order, parent: { kind: 'upload', upload: held.parent.upload, others: [] } } };
  }
  const { node: id } = held.parent;
  const node = isId(id) ? await storage.lineage.node(id) : undefined;
  if (!node) return undefined;
  return { ...held, order: { ...held.order, parent: { kind: 'node', node, how: 'pointed at' } } };
}

/** Tells the moderators about a picture. @returns whether there is anybody to tell */
export async function report(
  flow: Flow,
  asker: Asker,
  { node, link }: { node: NodeId; link: string | null },
): Promise<boolean> {
  const place = await logPlace(flow, asker);
  const found = await flow.storage.lineage.node(node);
  if (!place || !found) return false;
  const { house } = messagesIn(asker.language);
  const author = oneLine(await nameOf(flow, found.author), 40);
  const words = quoted(found.task?.request.params.prompt ?? '');
  const lines = [...words, `@${author} · ${found.author}`, ...(link ? [link] : [])];
  const title = house.reportTitle(found.number, oneLine(asker.speaker.name, 40));
  const card: Card = { ...plainCard, title, lines, tone: 'warning' };
  await postCard(flow, place, card, { key: `report:${node}:${asker.speaker.user}`, language: asker.language });
  return true;
}
