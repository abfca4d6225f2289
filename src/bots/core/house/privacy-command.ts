import type { BlobRef } from '../../../edit/blob.ts';
import type { PlaceId } from '../../../edit/lineage.ts';
import type { UserId } from '../../../edit/request.ts';
import { Refusal } from '../../../errors.ts';
import { button } from '../buttons.ts';
import type { Doing } from '../calls.ts';
import { cancelJob } from '../cancel.ts';
import { plainCard } from '../cards.ts';
import { messagesIn } from '../messages/index.ts';
import type { Asker, Flow } from '../order.ts';
import { type Card, DeliveryError } from '../platform.ts';
import { ask } from './drafts.ts';
import { choicesFor } from './rules.ts';
import { type ZipEntry, zipped } from './zip.ts';

/** Days uploads and parameters are kept; what storage does by itself. */
const inputDays = 7;
const parameterDays = 90;
/** Left of an upload for the form around it. */
const MARGIN = 128 * 1024;

async function show({ flow, heard, incoming }: Doing): Promise<void> {
  const { speaker, where } = heard.asker;
  const { house } = messagesIn(heard.private);
  const inventory = await flow.storage.privacy.inventory(speaker.user);
  const days = Number((await choicesFor(flow, where, speaker.user)).of('retention').value ?? 30);
  const lines = [...house.stored(inventory), house.keptFor(inputDays, days, parameterDays)];
  await incoming.answer.tell({ ...plainCard, title: house.privacyTitle, lines });
}

const asJson = (value: unknown) => new TextEncoder().encode(JSON.stringify(value, null, 2));

/** A stored picture as a file of an archive; none when its bytes are there no more. */
async function* fileOf({ storage }: Flow, name: string, ref: BlobRef): AsyncGenerator<ZipEntry> {
  try {
    yield { name, bytes: await storage.blobs.get(ref), deflated: false };
  } catch (error) {
    if (!(error instanceof Refusal && error.code === 'gone')) throw error;
  }
}

/** Everything about somebody: an account, what they asked for, then picture after picture with what is known about it, and what they drew. */
async function* entriesOf(flow: Flow, person: UserId): AsyncGenerator<ZipEntry> {
  const { privacy } = flow.storage;
  yield { name: 'account.json', bytes: asJson(await privacy.account(person)), deflated: true };
  for await (const edit of privacy.edits(person))
    yield { name: `edits/${edit.id}.json`, bytes: asJson(edit), deflated: true };
  for await (const { id, image, removed, about } of privacy.pictures(person)) {
    yield { name: `pictures/${id}.json`, bytes: asJson({ id, image, removed, ...about }), deflated: true };
    if (!removed) yield* fileOf(flow, `pictures/${id}.png`, image);
  }
  const drawn = new Set<BlobRef>();
  for await (const { kind, node, ref } of privacy.drawn(person)) {
    if (!drawn.has(ref)) yield* fileOf(flow, `drawn/${kind}-${node}.png`, ref);
    drawn.add(ref);
  }
}

/**
 * Sends a card to somebody alone: in their private messages, or as the answer where there are none and nobody else reads it.
 * @returns whether it is in their private messages @throws Refusal 'no-private-messages'
 */
async function privately(doing: Doing, direct: PlaceId | null, card: Card): Promise<boolean> {
  const { flow, heard, incoming } = doing;
  const platform = direct && flow.platformOf(direct);
  const nonce = Buffer.from(flow.random(12)).toString('hex');
  try {
    if (!platform) throw new DeliveryError('no-way', null);
    await platform.send(direct, card, { replyTo: null, nonce, repeated: false, language: heard.private });
    return true;
  } catch (error) {
    if (!(error instanceof DeliveryError && ['unreachable', 'no-way'].includes(error.reason))) throw error;
    if (platform && !platform.capabilities.ephemeral) throw new Refusal('no-private-messages', {});
    await incoming.answer.tell(card);
    return false;
  }
}

async function exportAll(doing: Doing): Promise<void> {
  const { flow, heard, incoming } = doing;
  const { where, speaker } = heard.asker;
  const platform = flow.platformOf(where.place);
  if (!platform) return;
  const { house } = messagesIn(heard.private);
  const direct = where.kind === 'private' ? where.place : await platform.directPlace(speaker.user);
  const limit = Math.min(platform.capabilities.maxUpload, 48 * 1024 * 1024) - MARGIN;
  let part = 0;
  let isSent = false;
  for await (const bytes of zipped(entriesOf(flow, speaker.user), limit)) {
    part += 1;
    const image = {
      source: bytes,
      name: `palimpsest-${part}.zip`,
      description: house.exportTitle(part),
      original: true,
    };
    isSent = await privately(doing, direct, { ...plainCard, title: house.exportTitle(part), images: [image] });
  }
  if (where.kind !== 'private' && isSent) await incoming.answer.tell({ ...plainCard, title: house.exportSent });
}

async function forgetMe({ flow, heard, incoming }: Doing): Promise<void> {
  const messages = messagesIn(heard.private);
  const id = await ask(flow, heard.asker, 'forget', { content: {} });
  const yes = button(messages, 'ok', id, { label: messages.buttons.yes, emoji: '🗑️', style: 'danger' });
  const { forgetTitle: title, forgetLines: lines } = messages.house;
  await incoming.answer.tell({
    ...plainCard,
    title,
    lines,
    rows: [[yes, button(messages, 'no', id, { label: messages.buttons.no })]],
    tone: 'warning',
  });
}

async function retention({ flow, heard, incoming, call }: Doing): Promise<void> {
  const days = Number(call.options.days);
  await flow.storage.settings.set({ scope: 'user', owner: heard.asker.speaker.user, key: 'retention', value: days });
  const title = messagesIn(heard.private).house.set('retention', String(days));
  await incoming.answer.tell({ ...plainCard, title });
}

/** What `/privacy …` does. */
export const privacyDoes: Readonly<Record<string, (doing: Doing) => Promise<void>>> = {
  show,
  export: exportAll,
  'forget-me': forgetMe,
  retention,
};

/** Everything of theirs that is on the way is stopped. */
async function stopJobs(flow: Flow, asker: Asker): Promise<void> {
  for (const row of await flow.storage.jobs.unfinished()) {
    if (row.author !== asker.speaker.user) continue;
    const there = { ...asker, where: { ...asker.where, place: row.place } };
    await cancelJob(flow, there, row).catch((error: unknown) => {
      if (!(error instanceof Refusal)) throw error; // it has just ended
    });
  }
}

/** Takes the messages that showed their pictures out of the chat, as far as the platform lets us. */
async function removeMessages(flow: Flow, person: UserId): Promise<void> {
  for (const { place, message } of await flow.storage.privacy.messagesOf(person)) {
    await flow
      .platformOf(place)
      ?.remove(place, message)
      .catch((error: unknown) => {
        flow.log.warn({ error, place }, 'a message of somebody forgotten could not be removed');
      });
  }
}

/** Deletes the rest of somebody. Doing it twice, or again after a crash, is harmless. */
export async function completeForgetting(flow: Flow, person: UserId) {
  await removeMessages(flow, person);
  return flow.storage.privacy.finishForgetting(person);
}

/** Forgets whoever asks, and counts what is gone. */
export async function forget(
  flow: Flow,
  asker: Asker,
  answer: Doing['incoming']['answer'],
  language: Asker['language'],
) {
  const { user } = asker.speaker;
  const files = await flow.storage.privacy.beginForgetting(user);
  await stopJobs(flow, asker);
  const counts = await completeForgetting(flow, user);
  await answer.tell({ ...plainCard, title: messagesIn(language).house.forgotten({ files, ...counts }) });
}
