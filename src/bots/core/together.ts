import { type Lineage, type LineageNode, newId, type Policy } from '../../edit/lineage.ts';
import type { UserId } from '../../edit/request.ts';
import { Refusal } from '../../errors.ts';
import type { PlaceRules } from '../../storage/index.ts';
import type { Asker, Flow } from './accept.ts';
import { arranged, button } from './buttons.ts';
import { plainCard } from './cards.ts';
import { nameOf } from './desk.ts';
import { isLockedFor, isManager } from './heads.ts';
import type { Messages } from './messages/catalogue.ts';
import { messagesIn } from './messages/index.ts';
import { lineageOf } from './moves.ts';
import type { Notice } from './notice.ts';
import { oneLine } from './plain-text.ts';
import type { Button, Capabilities, Card } from './platform.ts';
import type { NodeAction, Press } from './press.ts';
import { RefusalWithWayOn } from './way-on.ts';

const policies = { a: 'anyone', c: 'collaborators', o: 'owner' } as const satisfies Record<string, Policy>;
type PolicyLetter = keyof typeof policies;
/** Invited people that have a button to be taken off the list by. */
const NAMES_SHOWN = 5;

function checkManager(lineage: Lineage, { speaker }: Asker, node: LineageNode): void {
  if (isManager(lineage, speaker)) return;
  throw new RefusalWithWayOn('not-yours', {}, (messages) => [button(messages, 'as', node.id)]);
}

interface Room {
  readonly lineage: Lineage;
  readonly owner: string;
  readonly lockedBy: string | null;
  /** What holds for new pictures in this place. */
  readonly policy: Policy;
  readonly rules: PlaceRules;
}

async function roomOf(flow: Flow, { where }: Asker, lineage: Lineage): Promise<Room> {
  const { people, together } = flow.storage;
  const [place, rules, owner] = await Promise.all([
    people.place(where.place),
    together.rules(where.place),
    nameOf(flow, lineage.owner),
  ]);
  const lockedBy = lineage.lockedBy === null ? null : await nameOf(flow, lineage.lockedBy);
  return { lineage, owner, lockedBy, policy: place?.policy ?? 'anyone', rules };
}

/** Whether somebody sets the rules of a place. */
const mayRule = ({ speaker, where }: Asker): boolean => speaker.moderator || where.selfRuled === true;

function roomButtons(messages: Messages, node: LineageNode, room: Room, asker: Asker): Button[][] {
  const { together } = messages.room;
  const on = (label: string, arg: string, isSet: boolean) =>
    button(messages, 'tg', node.id, { label, arg, emoji: isSet ? '✅' : '▫️', style: isSet ? 'primary' : 'secondary' });
  const choices = (kind: 'p' | 'd', now: Policy, labels: Readonly<Record<Policy, string>>) =>
    Object.entries(policies).map(([letter, policy]) => on(labels[policy], `${kind}${letter}`, policy === now));
  if (!isManager(room.lineage, asker.speaker)) return [];
  const invited = room.lineage.collaborators.slice(0, NAMES_SHOWN);
  const names = invited.map(({ name }, i) =>
    button(messages, 'tg', node.id, { label: oneLine(name, 18), arg: `x${i}`, emoji: '✖️' }),
  );
  const ofPlace = [
    choices('d', room.policy, together.usualPolicies),
    [on(together.votesButton, 'v', room.rules.votes), on(together.authorsButton, 'u', room.rules.authors)],
  ];
  return [choices('p', room.lineage.policy, together.policies), names, ...(mayRule(asker) ? ofPlace : [])];
}

/** Who may do what with a tree, and for those who decide about it, the buttons to change that. */
function roomCard(
  messages: Messages,
  node: LineageNode,
  room: Room,
  how: { readonly asker: Asker; readonly capabilities: Capabilities },
): Card {
  const { together } = messages.room;
  const { lineage, owner, lockedBy } = room;
  const names = lineage.collaborators.map(({ name }) => oneLine(name, 30));
  return {
    ...plainCard,
    title: together.title,
    lines: [
      together.explained[lineage.policy](oneLine(owner, 30)),
      ...(names.length > 0 ? [together.invited(names)] : []),
      ...(lockedBy === null ? [] : [together.lockedBy(oneLine(lockedBy, 30))]),
      ...(room.rules.votes && lineage.policy === 'anyone' ? [together.votesOn] : []),
      together.howToInvite,
    ],
    rows: arranged(roomButtons(messages, node, room, how.asker), how.capabilities),
  };
}

/** Changes what a button of the panel says. @throws Refusal 'not-yours', 'old-button' */
async function change(flow: Flow, asker: Asker, node: LineageNode, lineage: Lineage, arg: string): Promise<void> {
  checkManager(lineage, asker, node);
  const { people, together, lineage: tree } = flow.storage;
  const { place } = asker.where;
  const [kind = '', which = ''] = [arg[0], arg.slice(1)];
  const policy = Object.hasOwn(policies, which) ? policies[which as PolicyLetter] : undefined;
  if (kind === 'p' && policy) return tree.setPolicy(lineage.id, policy);
  if (kind === 'x') {
    const member = lineage.collaborators[Number(which)]?.member;
    return member === undefined ? undefined : tree.uninvite(lineage.id, member);
  }
  if (!mayRule(asker)) throw new Refusal('not-yours', {});
  const rules = await together.rules(place);
  const known = await people.place(place);
  if (kind === 'd' && policy && known) return people.savePlace({ ...known, policy });
  if (arg === 'v') return together.setRules(place, { votes: !rules.votes });
  if (arg === 'u') return together.setRules(place, { authors: !rules.authors });
  throw new Refusal('old-button', {});
}

/** The panel of a tree: who may move it on, who is invited, whether it is locked. */
export const togetherPanel: NodeAction = async (flow, { asker, incoming, ...press }, node) => {
  const platform = flow.platformOf(asker.where.place);
  if (!platform) return;
  if (incoming.arg !== '') await change(flow, asker, node, await lineageOf(flow, node), incoming.arg);
  const room = await roomOf(flow, asker, await lineageOf(flow, node));
  const how = { asker, capabilities: platform.capabilities };
  const card = roomCard(messagesIn(press.private), node, room, how);
  await (incoming.arg === '' ? incoming.answer.tell(card) : incoming.answer.replace(card));
};

/** Locks a tree, or unlocks it. @throws Refusal 'not-yours', 'gone' when somebody else did so at the same moment */
export async function toggleLock(flow: Flow, asker: Asker, lineage: Lineage): Promise<string> {
  const { user, name } = asker.speaker;
  const by = lineage.lockedBy === null ? user : null;
  if (!(await flow.storage.lineage.setLock(lineage.id, lineage.lockedBy, by))) throw new Refusal('gone', {});
  const { locked, unlocked } = messagesIn(asker.language).room.together;
  return by === null ? unlocked(name) : locked(name);
}

/** A question or a piece of news for everybody in the room, about a picture. */
export async function say(
  flow: Flow,
  asker: Asker,
  node: LineageNode,
  said: { title: string; rows?: readonly Button[] },
): Promise<void> {
  const { title, rows = [] } = said;
  const card: Notice = { kind: 'said', language: asker.language, title, buttons: rows };
  const about = { place: asker.where.place, card, job: null, node: node.id, replyTo: asker.message };
  await flow.storage.outbox.put({ id: newId(flow.random), key: `said:${asker.key}`, ...about });
  flow.outbox.wake();
}

/** A person as a button's argument carries them. */
const argOf = (user: UserId) => user.replace(':', '.');
function userIn(arg: string): UserId | undefined {
  const found = /^(discord|telegram|web)\.([\w-]{1,28})$/.exec(arg);
  return found ? (`${found[1]}:${found[2]}` as UserId) : undefined;
}

/** Ask: for the tree, or with `w` for the picture somebody is busy with. Everybody reads it; who can help has a button. */
export const ask: NodeAction = async (flow, { asker, incoming }, node) => {
  const messages = messagesIn(asker.language);
  const { asks, waits } = messages.room.together;
  const { name, user } = asker.speaker;
  if (incoming.arg === 'w') {
    const done = button(messages, 'al', node.id, { label: messages.room.together.done, arg: 'd' });
    return say(flow, asker, node, { title: waits(name, node.number), rows: [done] });
  }
  const owner = await nameOf(flow, (await lineageOf(flow, node)).owner);
  const allow = button(messages, 'al', node.id, {
    label: messages.room.together.allow(oneLine(name, 12)),
    arg: argOf(user),
  });
  await say(flow, asker, node, { title: asks(name, owner, node.number), rows: [allow] });
};

/** Allow: invites whoever asked, and unlocks; or says that one is done with a picture. @throws Refusal 'not-yours', 'old-button' */
export const allow: NodeAction = async (flow, press, node) => {
  const { asker, incoming } = press;
  const { together: words } = messagesIn(asker.language).room;
  const { storage } = flow;
  if (incoming.arg === 'd') {
    await storage.together.release(node.id, asker.speaker.user);
    return answerInPlace(press, words.free(node.number, asker.speaker.name));
  }
  const user = userIn(incoming.arg);
  if (!user) throw new Refusal('old-button', {});
  const lineage = await lineageOf(flow, node);
  checkManager(lineage, asker, node);
  const name = await nameOf(flow, user);
  await storage.lineage.invite(lineage.id, { member: user, name });
  if (lineage.policy === 'owner') await storage.lineage.setPolicy(lineage.id, 'collaborators');
  if (lineage.lockedBy !== null) await storage.lineage.setLock(lineage.id, lineage.lockedBy, null);
  await answerInPlace(press, words.allowed(asker.speaker.name, name));
};

function answerInPlace({ incoming }: Press, title: string): Promise<void> {
  return incoming.answer.replace({ ...plainCard, title });
}

/** Lock: for the owner, who locked it, and moderators. @throws Refusal 'not-yours', 'locked' */
export function checkMayLock(lineage: Lineage, asker: Asker, node: LineageNode): void {
  if (lineage.lockedBy === asker.speaker.user) return;
  if (isLockedFor(lineage, asker.speaker)) throw new Refusal('locked', {});
  checkManager(lineage, asker, node);
}

/** Invites somebody by what a platform calls them, or takes the invitation back. @throws Refusal 'not-yours' */
export async function inviteBy(
  flow: Flow,
  asker: Asker,
  node: LineageNode,
  { member, name, remove }: { readonly member: string; readonly name: string; readonly remove: boolean },
): Promise<string> {
  const lineage = await lineageOf(flow, node);
  checkManager(lineage, asker, node);
  const { together } = messagesIn(asker.language).room;
  if (remove) {
    await flow.storage.lineage.uninvite(lineage.id, member);
    return together.uninvited(name);
  }
  await flow.storage.lineage.invite(lineage.id, { member, name });
  if (lineage.policy === 'owner') await flow.storage.lineage.setPolicy(lineage.id, 'collaborators');
  return together.invitedNow(name);
}
