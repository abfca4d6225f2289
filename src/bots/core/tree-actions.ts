import type { BlobRef } from '../../edit/blob.ts';
import type { LineageNode } from '../../edit/lineage.ts';
import { makerColors, type TreeTile } from '../../edit/probe.ts';
import type { UserId } from '../../edit/request.ts';
import { Refusal } from '../../errors.ts';
import type { Flow } from './accept.ts';
import { branch, changeBranch } from './branches.ts';
import { furtherRows, pictureRows } from './buttons.ts';
import { plainCard } from './cards.ts';
import { deletePicture, lock } from './carry.ts';
import { pressCompare } from './compare.ts';
import { HISTORY_PAGE, type HistoryPage, type HistoryView, historyCard, readHistory, viewIn } from './history-card.ts';
import { messagesIn } from './messages/index.ts';
import { lineageOf, postNode } from './moves.ts';
import { pictureView } from './picture-view.ts';
import { pin } from './pin.ts';
import { oneLine } from './plain-text.ts';
import type { Card } from './platform.ts';
import type { NodeAction, Press } from './press.ts';
import { allow, ask, togetherPanel } from './together.ts';

/** px */
const THUMBNAIL_SIDE = 320;

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

/** Who made the pictures of a page, each once. */
const makersOf = ({ page, nodes }: HistoryPage): readonly UserId[] => [
  ...new Set(page.lines.flatMap(({ node }) => nodes.get(node.id)?.author ?? [])),
];

/** Small pictures of a page and how they hang together, made one after another: originals are large. */
async function treePicture(flow: Flow, history: HistoryPage): Promise<BlobRef | null> {
  const { page, nodes, lineage } = history;
  const [main, others] = [lineage.heads.main, Object.values(lineage.heads)];
  const makers = makersOf(history);
  const tiles: TreeTile[] = [];
  for (const { node, parent } of page.lines) {
    const known = nodes.get(node.id);
    const file = known && (await flow.storage.blobs.get(known.image.ref).catch(() => null)); // a lost file is an empty place
    const bytes = file ? await flow.probe.thumbnail(file, THUMBNAIL_SIDE) : null;
    const head = node.id === main ? 'main' : others.includes(node.id) ? 'branch' : null;
    const maker = known ? makers.indexOf(known.author) : makerColors.length;
    tiles.push({ bytes, number: node.number, parent, op: known?.op ?? 'source', maker, head });
  }
  return tiles.length === 0 ? null : flow.storage.blobs.put(await flow.probe.tree(tiles));
}

/** `🔵 Ann · 🟢 Bo`: whose colour is which. */
function legend(history: HistoryPage): string {
  const last = makerColors.at(-1)!;
  const named = makersOf(history).map(
    (maker, at) => `${(makerColors[at] ?? last).sign} ${oneLine(history.names.get(maker) ?? '', 20)}`,
  );
  return named.join(' · ');
}

/** To whom a history is shown, and how. */
interface Showing extends Pick<Press, 'asker' | 'private'> {
  readonly show: (card: Card) => Promise<void>;
}

/** Shows a page of the tree a picture stands in. @throws Refusal 'gone' */
export async function showHistory(
  flow: Flow,
  { asker, show, ...showing }: Showing,
  node: LineageNode,
  view: HistoryView,
): Promise<void> {
  const platform = flow.platformOf(asker.where.place);
  if (!platform) return;
  const page = await readHistory(flow, await lineageOf(flow, node), view);
  const messages = messagesIn(showing.private);
  const card = historyCard(messages, node.id, page, { view, capabilities: platform.capabilities });
  const source = view.thumbnails ? await treePicture(flow, page) : null;
  const spoiler = [...page.nodes.values()].some((shown) => shown.spoiler);
  const images = source === null ? [] : [{ source, name: 'history.webp', description: card.title }];
  const lines = source === null ? card.lines : [...card.lines, legend(page)];
  await show({ ...card, lines, images, spoiler });
}

/** The tree a picture stands in; turning its pages changes the card that shows it. @throws Refusal 'old-button', 'gone' */
async function history(flow: Flow, { incoming, asker, ...press }: Press, node: LineageNode): Promise<void> {
  const first = { at: node.id, size: HISTORY_PAGE, user: null, thumbnails: false };
  const view = incoming.arg === '' ? first : viewIn(incoming.arg);
  if (!view) throw new Refusal('old-button', {});
  const show = incoming.arg === '' ? incoming.answer.tell : incoming.answer.replace;
  await showHistory(flow, { asker, private: press.private, show }, node, view);
}

/** What the buttons of trees do. */
export const treeActions = {
  br: branch,
  bx: changeBranch,
  pn: pin,
  hs: history,
  sh: (flow, { asker }, node) => postNode(flow, asker, node),
  mx: further,
  cp: pressCompare,
  dl: deletePicture,
  tg: togetherPanel,
  lk: lock,
  as: ask,
  al: allow,
} as const satisfies Record<string, NodeAction>;
