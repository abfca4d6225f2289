import type { Lineage, LineageNode, NodeId, OutlineNode } from '../../edit/lineage.ts';
import type { UserId } from '../../edit/request.ts';
import { arranged, button } from './buttons.ts';
import { called, plainCard, promptOf } from './cards.ts';
import { type Desk, nameOf } from './desk.ts';
import type { Messages } from './messages/catalogue.ts';
import { oneLine } from './plain-text.ts';
import type { Button, Capabilities, Card, Choice } from './platform.ts';
import { type TreePage, treePage } from './tree.ts';

/** Pictures on a page, unless somebody wants another number. */
export const HISTORY_PAGE = 20;
/** Characters of a prompt in a line of the tree. */
const PROMPT_SHOWN = 40;
/** Buttons to jump by stand in rows of at most this many. */
const JUMPS_PER_ROW = 5;

/** Which part of a history is shown, and how. */
export interface HistoryView {
  /** Number of the page from 0, or a picture that is to be on it. */
  readonly at: number | NodeId;
  readonly size: number;
  /** Only what this person made. */
  readonly user: UserId | null;
  readonly thumbnails: boolean;
}

/** A view as a button's argument carries it: `<page>.<size>.<0|1>.<person>`. */
export function viewArg({ at, size, user, thumbnails }: HistoryView & { readonly at: number }): string {
  return [at, size, thumbnails ? 1 : 0, ...(user === null ? [] : [user.replace(':', '.')])].join('.');
}

/** The view a button's argument stands for; undefined when nobody can read it. */
export function viewIn(arg: string): HistoryView | undefined {
  const found = /^(\d{1,5})\.(\d{1,2})\.([01])(?:\.(discord|telegram|web)\.([\w-]{1,24}))?$/.exec(arg);
  if (!found) return undefined;
  const [, at, size, thumbnails, platform, id] = found;
  const user = platform === undefined ? null : (`${platform}:${id}` as UserId);
  return {
    at: Number(at),
    size: Math.min(HISTORY_PAGE, Math.max(1, Number(size))),
    thumbnails: thumbnails === '1',
    user,
  };
}

/** A history, read and cut to the page that is shown. */
export interface HistoryPage {
  readonly page: TreePage;
  readonly nodes: ReadonlyMap<NodeId, LineageNode>;
  readonly names: ReadonlyMap<UserId, string>;
  readonly lineage: Lineage;
  /** Results that could not be posted anywhere, and that whoever asked for them has not seen yet. */
  readonly unread: ReadonlySet<NodeId>;
}

/** Only what somebody made, without the branches between. */
function ofUser(outline: readonly OutlineNode[], user: UserId | null): readonly OutlineNode[] {
  if (user === null) return outline;
  return outline
    .filter(({ author, removed }) => author === user && !removed)
    .map((node) => ({ ...node, parent: null }));
}

/** Reads a page of a tree: all of its outline, and everything about the pictures on the page. */
export async function readHistory(desk: Desk, lineage: Lineage, view: HistoryView): Promise<HistoryPage> {
  const { lineage: tree } = desk.storage;
  const page = treePage(ofUser(await tree.outline(lineage.id), view.user), view.at, view.size);
  const shown = page.lines.map(({ node }) => node.id);
  const [nodes, unread] = await Promise.all([tree.some(shown), desk.storage.outbox.unread(shown)]);
  const authors = [...new Set(nodes.map(({ author }) => author))];
  const names = await Promise.all(authors.map(async (author) => [author, await nameOf(desk, author)] as const));
  return { page, nodes: new Map(nodes.map((node) => [node.id, node])), names: new Map(names), lineage, unread };
}

/** `#3 inpaint .75 "hat → red beret" · Bo  ◀ main`; 🆕 behind what nobody has seen yet. */
function said(messages: Messages, { nodes, names, lineage, unread }: HistoryPage, { id, number }: OutlineNode): string {
  const node = nodes.get(id);
  if (!node) return messages.room.removedPicture(number);
  const prompt = oneLine(promptOf(node), PROMPT_SHOWN);
  const heads = Object.keys(lineage.heads).filter((branch) => lineage.heads[branch] === id);
  return [
    `#${number} ${messages.operations[node.op]}`,
    ...(prompt === '' ? [] : [` "${prompt}"`]),
    ` · ${oneLine(called(messages, names.get(node.author) ?? ''), 20)}`,
    ...(unread.has(id) ? [' 🆕'] : []),
    ...(heads.length > 0 ? [`  ◀ ${heads.map((branch) => oneLine(branch, 32)).join(', ')}`] : []),
  ].join('');
}

function turning(messages: Messages, from: NodeId, { page }: HistoryPage, view: HistoryView): readonly Button[] {
  const { buttons } = messages;
  const to = (at: number, change: Partial<HistoryView> = {}) => viewArg({ ...view, ...change, at });
  const { page: now, pages } = page;
  const edge = (at: number) => at < 0 || at >= pages;
  const turn = (label: string, emoji: string, at: number) =>
    button(messages, 'hs', from, { label, emoji, arg: to(Math.max(0, at)), disabled: edge(at) });
  const pictures = button(messages, 'hs', from, {
    ...{ label: buttons.thumbnails, emoji: '🖼️', arg: to(now, { thumbnails: true }) },
  });
  return [
    ...(pages > 1 ? [turn(buttons.pageBack, '◀️', now - 1), turn(buttons.pageOn, '▶️', now + 1)] : []),
    ...(view.thumbnails ? [] : [pictures]),
  ];
}

/** A page of a tree in text: each line can be chosen, from a list where there are lists, else by a button with its number. */
export function historyCard(
  messages: Messages,
  from: NodeId,
  history: HistoryPage,
  how: { readonly view: HistoryView; readonly capabilities: Capabilities },
): Card {
  const { view, capabilities } = how;
  const { lines, page, pages, count } = history.page;
  const texts = lines.map(({ node, lead }) => `${lead}${said(messages, history, node)}`);
  const there = lines.map(({ node }, line) => ({ node, line })).filter(({ node }) => history.nodes.has(node.id));
  const options = there.map(
    ({ node, line }): Choice => ({ label: said(messages, history, node), action: 'sh', target: node.id, line }),
  );
  const jumps = there.map(({ node }) => button(messages, 'sh', node.id, { label: `#${node.number}`, emoji: '' }));
  const perRow = { ...capabilities, buttonsPerRow: JUMPS_PER_ROW };
  return {
    ...plainCard,
    title: messages.room.historyTitle(count, page + 1, pages),
    lines: texts,
    rows: [
      ...arranged([turning(messages, from, history, view)], capabilities),
      ...(capabilities.selectMenus ? [] : arranged([jumps], perRow)),
    ],
    ...(capabilities.selectMenus && { choices: { placeholder: messages.room.jump, options } }),
  };
}
