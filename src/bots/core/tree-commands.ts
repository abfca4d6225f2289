import type { LineageNode } from '../../edit/lineage.ts';
import { comparisonStyles } from '../../edit/probe.ts';
import type { UserId } from '../../edit/request.ts';
import { Refusal } from '../../errors.ts';
import type { Flow } from './accept.ts';
import type { Doing } from './calls.ts';
import { compare } from './compare.ts';
import { nameOf } from './desk.ts';
import type { redo, undo } from './history.ts';
import { HISTORY_PAGE } from './history-card.ts';
import { lineageOf } from './moves.ts';
import { personNamed, platformIn } from './persons.ts';
import { meantNode } from './telling.ts';
import { inviteBy, say } from './together.ts';
import { showHistory } from './tree-actions.ts';

const linkOf = ({ call: { options } }: Doing): string | null =>
  typeof options.link === 'string' && options.link.trim() !== '' ? options.link : null;

/** `/undo`, `/redo`: so many steps from where HEAD is, or from the picture a link points at. */
export async function step(doing: Doing, way: typeof undo | typeof redo): Promise<void> {
  const { flow, heard, incoming, call } = doing;
  const node = await meantNode(flow, incoming, { moves: true, link: linkOf(doing) });
  const steps = Number(call.options.steps ?? 1);
  await way(flow, heard.asker, { node, steps, answer: incoming.answer, private: heard.private });
}

/** Somebody who made a picture of a tree. @throws Refusal 'unknown-person', 'several-people' */
async function makerIn(flow: Flow, node: LineageNode, given: string): Promise<UserId> {
  const { place } = await lineageOf(flow, node);
  const makers = [...new Set((await flow.storage.lineage.outline(node.lineage)).map(({ author }) => author))];
  return personNamed(flow, place, given, makers);
}

/** `/history`: the tree of the picture that is meant. */
export async function history(doing: Doing): Promise<void> {
  const { flow, heard, incoming, call } = doing;
  const node = await meantNode(flow, incoming, { moves: true, link: linkOf(doing) });
  const { user, limit = HISTORY_PAGE } = call.options;
  const person = user === undefined ? null : await makerIn(flow, node, String(user));
  const view = { at: person === null ? node.id : 0, size: Number(limit), user: person, thumbnails: false };
  await showHistory(flow, { asker: heard.asker, private: heard.private, show: incoming.answer.tell }, node, view);
}

/** A picture of the same tree by its number: `#3`, `3`, or what a suggestion puts there. @throws Refusal 'unknown-name' */
async function numbered(flow: Flow, node: LineageNode, given: string): Promise<LineageNode> {
  const number = /^\s*#?(\d{1,7})(?!\d)/.exec(given)?.[1];
  const [found] = number === undefined ? [] : await flow.storage.lineage.nodes(node.lineage, Number(number), 1);
  if (!found || found.number !== Number(number))
    throw new Refusal('unknown-name', { kind: 'picture', given: given.slice(0, 40), nearest: [] });
  if (found.removed) throw new Refusal('gone', {});
  return found;
}

/** `/compare`: `a` and `b`; without them the picture that is meant and the one above. @throws Refusal 'nothing-to-compare' */
export async function compareCommand({ flow, heard, incoming, call }: Doing): Promise<void> {
  const meant = await meantNode(flow, incoming, { moves: true, link: null });
  const { a: first, b: second, style: wanted } = call.options;
  const b = second === undefined ? meant : await numbered(flow, meant, String(second));
  const a = first === undefined ? await flow.storage.lineage.above(b) : await numbered(flow, meant, String(first));
  if (!a || a.id === b.id) throw new Refusal('nothing-to-compare', {});
  const style = comparisonStyles.find((known) => known === wanted) ?? 'side';
  await compare(flow, heard.asker, { a, b, style });
}

/** `/invite`: a person by id or name, or a role; with `remove` the other way. @throws Refusal 'option-missing', 'not-yours' */
export async function invite(doing: Doing): Promise<void> {
  const { flow, heard, incoming, call } = doing;
  const { who, role, remove = false } = call.options;
  if (who === undefined && role === undefined)
    throw new Refusal('option-missing', { command: 'invite', option: 'who' });
  const node = await meantNode(flow, incoming, { moves: true, link: linkOf(doing) });
  const platform = platformIn(heard.asker.where.place);
  const given = String(role ?? who)
    .replace(/^@/, '')
    .slice(0, 60);
  const isId = /^\d+$/.test(given) || given.startsWith(`${platform}:`);
  const id = given.replace(`${platform}:`, '');
  const member =
    role !== undefined ? `${platform}-role:${id}` : isId ? `${platform}:${id}` : `${platform}:@${id.toLowerCase()}`;
  const name = isId && role === undefined ? await nameOf(flow, member as UserId) : given;
  const title = await inviteBy(flow, heard.asker, node, { member, name, remove: remove === true });
  await say(flow, heard.asker, node, { title });
}
