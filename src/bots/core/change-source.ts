import type { LineageNode } from '../../edit/lineage.ts';
import { resolveEdit } from '../../edit/resolve.ts';
import { Refusal } from '../../errors.ts';
import type { JobRow, Language } from '../../storage/index.ts';
import { type Asker, accept, type Flow } from './accept.ts';
import { arranged, button } from './buttons.ts';
import { cardImage, plainCard } from './cards.ts';
import { uniform } from './desk.ts';
import { capsFor } from './house/rules.ts';
import { catalogNow } from './intake.ts';
import { messagesIn } from './messages/index.ts';
import type { Answer } from './platform.ts';

/** How far back other pictures are offered, ms, and how many of them. */
const BACK_MS = 24 * 60 * 60_000;
const OFFERED = 5;

/** A choice among the newest pictures of a place. */
interface Offer {
  readonly title: string;
  /** What choosing does; the picture's id is its argument. */
  readonly action: 'cs' | 'ok';
  readonly target: string;
  /** Pictures that are not meant. */
  readonly leaves: (node: LineageNode) => boolean;
}

/** Offers the newest pictures of a place, with a button for each. @throws Refusal 'no-image' */
export async function offerPictures(
  flow: Flow,
  { where }: Asker,
  { title, action, target, leaves }: Offer,
  { answer, language }: { readonly answer: Answer; readonly language: Language },
): Promise<void> {
  const since = new Date(flow.clock.now() - BACK_MS);
  const recent = await flow.storage.lineage.recent(where.place, since, OFFERED * 3);
  const others = recent.filter((node) => !leaves(node)).slice(0, OFFERED);
  if (others.length === 0) throw new Refusal('no-image', {});
  const messages = messagesIn(language);
  const buttons = others.map((node, at) =>
    button(messages, action, target, { label: String(at + 1), emoji: '', arg: node.id }),
  );
  const platform = flow.platformOf(where.place);
  await answer.tell({
    ...plainCard,
    title,
    images: others.map((node) => cardImage(messages, node)),
    rows: platform ? arranged([buttons], platform.capabilities) : [buttons],
    spoiler: others.some(({ spoiler }) => spoiler),
  });
}

/** Offers the newest other pictures of a place in exchange for the one an edit was guessed to mean. @throws Refusal 'no-image' */
export function offerSources(
  flow: Flow,
  asker: Asker,
  row: JobRow,
  to: Parameters<typeof offerPictures>[3],
): Promise<void> {
  const title = messagesIn(to.language).picture.whichSource;
  const leaves = ({ id, job }: LineageNode) => id === row.parent || job === row.id;
  return offerPictures(flow, asker, { title, action: 'cs', target: row.id, leaves }, to);
}

/**
 * The same edit, of another picture: takes the place of the one that waits or runs; a finished one stays.
 * @throws Refusal 'not-yours', 'sketch-size', 'mask-size', and as `accept` does
 */
export async function changeSource(flow: Flow, asker: Asker, row: JobRow, node: LineageNode): Promise<void> {
  if (row.author !== asker.speaker.user) throw new Refusal('not-yours', {});
  const { params, mask, sketch } = row.task.request;
  const before = await flow.storage.lineage.node(row.parent);
  const isOtherShape = before?.image.width !== node.image.width || before.image.height !== node.image.height;
  if (isOtherShape && (mask || sketch)) {
    const shape = ({ width, height }: LineageNode['image']) => `${width}×${height}`;
    throw new Refusal('mask-size', { mask: before ? shape(before.image) : '?', image: shape(node.image) });
  }
  const layers = [{ name: 'command', content: { params } }] as const;
  const wish = { init: node.image.ref, initSize: node.image, mask, sketch, layers };
  const { request } = resolveEdit(wish, await catalogNow(flow), await capsFor(flow, asker), () => uniform(flow));
  const isStopped = await flow.storage.jobs.end(row.id, 'cancelled', null, null, flow.jobCards.shareOf(row.id));
  if (isStopped) {
    await flow.jobCards.release(row.id);
    await flow.queue.cancel(row.id);
    const card = (await flow.storage.jobs.find(row.id))?.cardMessage;
    if (card) await flow.platformOf(row.place)?.remove(row.place, card);
  }
  const parent = { kind: 'node', node, how: 'pointed at' } as const;
  const notes = [messagesIn(asker.language).picture.source(node.number)];
  const again = { ...asker, message: asker.message ?? row.replyTo };
  await accept(flow, { asker: again, request, parent, op: row.op, maskAuthor: row.maskAuthor, notes });
}
