import { Refusal } from '../../../errors.ts';
import type { Member, Word } from '../../../storage/index.ts';
import type { Desk } from '../desk.ts';
import type { Limits } from '../limits.ts';
import type { Asker, Order } from '../order.ts';
import type { Incoming, Whereabouts } from '../platform.ts';
import { type Choices, choicesFor, limitsOf, listOf, wordOf } from './rules.ts';
import { screened } from './words.ts';

/** Owner of what holds everywhere. */
export const everywhere = '*';

/** What the house says to an order. */
export interface Admitted {
  /** With words replaced where the list says so. */
  readonly order: Order;
  readonly limits: Limits;
  /** Its pictures are hidden until touched, whatever their source. */
  readonly spoiler: boolean;
  /** Entries for which a moderator is to look at it first; empty when it may go on. */
  readonly review: readonly string[];
}

async function decided({ storage }: Desk, { speaker, where }: Asker): Promise<readonly Member[]> {
  return storage.moderation.member([everywhere, where.group], speaker.user);
}

/** Somebody who may not use the bot at all: everywhere first, then here. @throws Refusal 'banned', 'forgetting' */
async function checkPerson(desk: Desk, asker: Asker, members: readonly Member[]): Promise<void> {
  for (const owner of [everywhere, asker.where.group]) {
    const ban = members.find((member) => member.owner === owner && member.banned);
    if (ban) throw new Refusal('banned', { why: ban.why, isEverywhere: owner === everywhere });
  }
  if (await desk.storage.privacy.isForgetting(asker.speaker.user)) throw new Refusal('forgetting', {});
}

/** Addresses of the channels that were opened: Discord shows them by name. Elsewhere a room has one channel. */
async function openChannels({ storage }: Desk, { group }: Whereabouts): Promise<readonly string[]> {
  const places = await storage.people.placesOf(group);
  const settings = await storage.settings.of(places.map((owner) => ({ scope: 'channel', owner })));
  const open = settings.filter(({ key, value }) => key === 'channels' && value === 'allow');
  const ofDiscord = open.map(({ owner }) => /^d:([1-9]\d*):(\d+)$/.exec(owner) ?? []);
  return ofDiscord.flatMap(([, guild, id]) =>
    id === undefined ? [] : [`https://discord.com/channels/${guild}/${id}`],
  );
}

/** @throws Refusal 'channel-closed', 'role-needed' */
async function checkPlace(desk: Desk, { speaker, where }: Asker, choices: Choices): Promise<void> {
  if (where.kind === 'private' || speaker.moderator) return;
  if (wordOf(choices, 'channels') === 'deny') {
    throw new Refusal('channel-closed', { open: await openChannels(desk, where) });
  }
  const roles = listOf(choices, 'roles');
  const isOne = roles.length === 0 || (speaker.roles ?? []).some((role) => roles.includes(role));
  if (!isOne) throw new Refusal('role-needed', {});
}

/** Commands and buttons for everybody everywhere: help, what is kept about them, ending what they began, questions to them alone. */
const forAll: Readonly<Partial<Record<Incoming['kind'], readonly string[]>>> = {
  command: ['help', 'start', 'privacy', 'cancel', 'server'],
  action: ['cx', 'dl', 'ok', 'no'],
};

/**
 * Whether somebody may do anything here at all, and not only edit: a ban is no ban while they can move what others see.
 * @throws Refusal 'banned', 'forgetting', 'channel-closed', 'role-needed'
 */
export async function checkWelcome(desk: Desk, asker: Asker, incoming: Incoming): Promise<void> {
  const what = incoming.kind === 'command' ? incoming.name : incoming.kind === 'action' ? incoming.action : '';
  if (forAll[incoming.kind]?.includes(what)) return;
  await checkPerson(desk, asker, await decided(desk, asker));
  await checkPlace(desk, asker, await choicesFor(desk, asker.where, asker.speaker.user));
}

/** Whether what counts as NSFW may be made here, and hidden; @throws Refusal 'nsfw' */
function checkNsfw(choices: Choices, where: Whereabouts): void {
  const mode = wordOf(choices, 'nsfw');
  if (mode === 'allow' || (mode === 'nsfw-channels' && where.nsfw)) return;
  throw new Refusal('nsfw', { isAllowedElsewhere: mode === 'nsfw-channels' });
}

/** The list of the house: the operator's, then the server's own. */
export async function wordsOf({ storage }: Pick<Desk, 'storage'>, group: string): Promise<readonly Word[]> {
  return storage.moderation.words([everywhere, group]);
}

/** Names of files are words too. @throws Refusal 'forbidden-word' */
export async function checkNames(desk: Desk, where: Whereabouts, names: readonly string[]): Promise<void> {
  if (names.length === 0) return;
  const { found } = screened(names.join('\n').slice(0, 2000), await wordsOf(desk, where.group));
  const [word] = found.block;
  if (word !== undefined) throw new Refusal('forbidden-word', { word });
}

interface Said {
  readonly order: Order;
  readonly isNsfw: boolean;
  readonly review: readonly string[];
}

/** @throws Refusal 'forbidden-word' */
function screenOrder(order: Order, words: readonly Word[]): Said {
  const { request } = order;
  const prompt = screened(request.params.prompt, words);
  const negative = screened(request.params.negativePrompt, words);
  const [word] = [...prompt.found.block, ...negative.found.block];
  if (word !== undefined) throw new Refusal('forbidden-word', { word });
  const params = { ...request.params, prompt: prompt.text, negativePrompt: negative.text };
  return {
    order: { ...order, request: { ...request, params } },
    isNsfw: prompt.found.nsfw.length > 0, // what is not wanted in the picture may be named
    review: [...prompt.found.review, ...negative.found.review],
  };
}

/**
 * Whether an order may be let in: the person, the place, the words, in this order.
 * @throws Refusal 'banned', 'forgetting', 'channel-closed', 'role-needed', 'forbidden-word', 'nsfw'
 */
export async function admit(desk: Desk, order: Order): Promise<Admitted> {
  const { asker } = order;
  const { speaker, where } = asker;
  const members = await decided(desk, asker);
  await checkPerson(desk, asker, members);
  const choices = await choicesFor(desk, where, speaker.user);
  await checkPlace(desk, asker, choices);
  const said = screenOrder(order, await wordsOf(desk, where.group));
  if (said.isNsfw) checkNsfw(choices, where);
  const credits = members.map((member) => member.credits).filter((credit) => credit !== null);
  const limits = limitsOf(choices, desk.limits, credits.length > 0 ? Math.min(...credits) : null);
  const review = speaker.moderator ? [] : said.review;
  return { order: said.order, limits, spoiler: said.isNsfw, review };
}
