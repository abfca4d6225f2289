import type { LineageNode } from '../../edit/lineage.ts';
import { Refusal } from '../../errors.ts';
import type { Flow } from './accept.ts';
import { branch, forgetBranch } from './branches.ts';
import { furtherRows, pictureRows } from './buttons.ts';
import { plainCard } from './cards.ts';
import { HISTORY_PAGE, historyCard, readHistory, viewIn } from './history-card.ts';
import { messagesIn } from './messages/index.ts';
import { lineageOf, postNode } from './moves.ts';
import { pictureView } from './picture-view.ts';
import type { NodeAction, Press } from './press.ts';

/** The buttons behind "⋯", or those in front of it again. */
async function further(flow: Flow, { incoming, asker, ...press }: Press, node: LineageNode): Promise<void> {
  const platform = flow.platformOf(asker.where.place);
  if (!platform) return;
  const { capabilities } = platform;
  const isInPlace = capabilities.menus === 'in place';
  const messages = messagesIn(isInPlace ? asker.language : press.private);
  const view = await pictureView(flow, node, { whole: isInPlace });
  const rows = (incoming.arg === 'b' ? pictureRows : furtherRows)(messages, view, capabilities);
  await incoming.answer.menu({ ...plainCard, title: messages.room.furtherTitle(node.number), rows });
}

/** The tree a picture stands in; turning its pages changes the card that shows it. @throws Refusal 'old-button', 'gone' */
async function history(flow: Flow, { incoming, asker, ...press }: Press, node: LineageNode): Promise<void> {
  const platform = flow.platformOf(asker.where.place);
  if (!platform) return;
  const first = { at: node.id, size: HISTORY_PAGE, user: null, thumbnails: false };
  const view = incoming.arg === '' ? first : viewIn(incoming.arg);
  if (!view) throw new Refusal('old-button', {});
  const page = await readHistory(flow, await lineageOf(flow, node), view);
  const { capabilities } = platform;
  const card = historyCard(messagesIn(press.private), node.id, page, { view, capabilities });
  await (incoming.arg === '' ? incoming.answer.tell(card) : incoming.answer.replace(card));
}

/** What the buttons of trees do. */
export const treeActions = {
  br: branch,
  bx: forgetBranch,
  hs: history,
  sh: (flow, { asker }, node) => postNode(flow, asker, node),
  mx: further,
} as const satisfies Record<string, NodeAction>;
