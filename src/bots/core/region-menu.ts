import { noWords } from '../../edit/draft.ts';
import type { LineageNode } from '../../edit/lineage.ts';
import { Refusal } from '../../errors.ts';
import type { Flow } from './accept.ts';
import { button, PAINT_ARG } from './buttons.ts';
import { plainCard } from './cards.ts';
import { askAboutMask } from './mask-drafts.ts';
import { messagesIn } from './messages/index.ts';
import { movedTo, pastMasks } from './past-masks.ts';
import type { Press } from './press.ts';

/** Asks about the newest mask that was used on the picture or before it, at its place in this picture. @throws Refusal 'no-past-mask' */
export async function askAboutLastMask(flow: Flow, asker: Press['asker'], node: LineageNode): Promise<void> {
  const [last] = await pastMasks(flow, node);
  if (!last) throw new Refusal('no-past-mask', {});
  const blob = await movedTo(flow, last, node);
  const { covered } = await flow.probe.drawMask({
    ...{ kind: 'read', from: await flow.storage.blobs.get(blob), reading: 'white', size: node.image },
  });
  if (covered === 0) throw new Refusal('no-past-mask', {});
  const words = noWords;
  await askAboutMask(flow, asker, {
    ...{ node: node.id, mask: { kind: 'image', blob, read: 'white' }, covered },
    ...{ strokes: null, target: null, words, preset: null, asks: true, followsUp: true },
  });
}

/** How to say which part of a picture is meant; with `last`, the mask from before. */
export async function regionMenu(flow: Flow, { asker, incoming, ...press }: Press, node: LineageNode): Promise<void> {
  if (incoming.arg === 'last') return askAboutLastMask(flow, asker, node);
  if (incoming.arg !== '') throw new Refusal('old-button', {});
  const messages = messagesIn(press.private);
  const { title, lines, painting } = messages.region;
  const { lastMask, paintMask } = messages.buttons;
  const canPaint = flow.platformOf(asker.where.place)?.capabilities.painting ?? false;
  const hasMask = (await pastMasks(flow, node)).length > 0;
  const way = (arg: string, label: string, emoji: string) => button(messages, 'rg', node.id, { arg, label, emoji });
  const rows = [
    [
      ...(canPaint ? [way(PAINT_ARG, paintMask, '🖍️')] : []),
      ...(hasMask ? [way('last', lastMask, '♻️')] : []),
      button(messages, 'rm', node.id),
    ],
  ];
  await incoming.answer.tell({ ...plainCard, title: title(node.number), lines: canPaint ? painting : lines, rows });
}
