import type { JobId, NodeId } from '../../edit/lineage.ts';
import type { Seconds, UserId } from '../../edit/request.ts';
import { Refusal, type RefusalData } from '../../errors.ts';
import type { Language, OutboxRow } from '../../storage/index.ts';
import { arranged, button } from './buttons.ts';
import { errorCard, nodeCard, plainCard, quoted, resultCard } from './cards.ts';
import { type ComparisonNotice, comparisonCard } from './comparison-card.ts';
import { type Desk, nameOf } from './desk.ts';
import { draftCard } from './draft-card.ts';
import type { Messages } from './messages/catalogue.ts';
import { messagesIn } from './messages/index.ts';
import { pictureView, racedBy } from './picture-view.ts';
import { oneLine } from './plain-text.ts';
import type { Button, Capabilities, Card } from './platform.ts';
import { voteCard } from './vote-card.ts';

/** What an outbox row says. It becomes a card when it is sent: by then numbers, names and HEAD are known. JSON. */
export type Notice = { readonly language: Language } & (
  | { readonly kind: 'result'; readonly seconds: Seconds; readonly stepsRun: number; readonly notes: readonly string[] }
  | { readonly kind: 'node'; readonly notes: readonly string[] }
  | { readonly kind: 'comparison'; readonly comparison: ComparisonNotice }
  | { readonly kind: 'vote'; readonly vote: string }
  | { readonly kind: 'said'; readonly title: string; readonly buttons: readonly Button[] }
  | { readonly kind: 'error'; readonly refusal: RefusalData; readonly ref: string }
  | { readonly kind: 'cancelled'; readonly by: UserId }
  /** Something that waits to be decided, as it is when the card is posted. */
  | { readonly kind: 'draft'; readonly draft: string }
  /** Words that are known already. Its pictures, if any, are stored ones. */
  | { readonly kind: 'card'; readonly card: Card }
);

const kinds: readonly string[] = [
  ...(['result', 'node', 'comparison', 'vote', 'said'] satisfies Notice['kind'][]),
  ...(['error', 'cancelled', 'draft', 'card'] satisfies Notice['kind'][]),
];

function isNotice(card: unknown): card is Notice {
  return typeof card === 'object' && card !== null && 'kind' in card && kinds.includes(String(card.kind));
}

async function shown(desk: Desk, id: NodeId | null) {
  const node = id && (await desk.storage.lineage.node(id));
  if (!node) throw new Refusal('gone', {});
  return node;
}

/** Once more as it was; smaller, or the masked part alone, where memory did not suffice. */
async function waysToRetry(
  desk: Desk,
  messages: Messages,
  id: JobId,
  { code }: RefusalData,
): Promise<readonly Button[]> {
  const again = button(messages, 'rt', id);
  if (code !== 'out-of-memory') return [again];
  const { request } = (await desk.storage.jobs.find(id))?.task ?? {};
  const smaller = button(messages, 'rt', id, { label: messages.buttons.smaller, emoji: '🔽', arg: 's' });
  const isWhole = request?.mask && request.params.inpaintArea === 'whole picture';
  const masked = button(messages, 'rt', id, { label: messages.buttons.onlyMasked, emoji: '🔍', arg: 'm' });
  return isWhole ? [smaller, masked, again] : [smaller, again];
}

/** In which words, and whose: a message that can reply to nothing would leave people guessing. */
async function whichEdit(desk: Desk, id: JobId | null): Promise<readonly string[]> {
  const job = id && (await desk.storage.jobs.find(id));
  if (!job) return [];
  const author = `@${oneLine(await nameOf(desk, job.author), 40)}`;
  return [[...quoted(job.task.request.params.prompt), author].join(' · ')];
}

/**
 * The card an outbox row stands for, in its language, for what the platform can show.
 * @throws Refusal 'gone' when its picture is no longer known @throws RangeError when the row holds no notice
 */
export async function noticeCard(desk: Desk, row: OutboxRow, capabilities: Capabilities): Promise<Card> {
  const notice = row.card;
  if (!isNotice(notice)) throw new RangeError(`outbox row ${row.id}: not a notice`);
  const messages = messagesIn(notice.language);
  switch (notice.kind) {
    case 'result': {
      const { load, encode, sample, decode } = notice.seconds;
      const made = { seconds: load + encode + sample + decode, stepsRun: notice.stepsRun };
      const view = await pictureView(desk, await shown(desk, row.node), { whole: true });
      const raced = await racedBy(desk, row.job, view);
      return resultCard(messages, { ...view, made, raced, notes: notice.notes }, capabilities);
    }
    case 'node': {
      const view = await pictureView(desk, await shown(desk, row.node), { whole: false });
      return nodeCard(messages, { ...view, notes: notice.notes }, capabilities);
    }
    case 'comparison':
      return comparisonCard(messages, notice.comparison, capabilities);
    case 'vote': {
      const vote = await desk.storage.together.vote(notice.vote);
      if (!vote) throw new Refusal('gone', {});
      return voteCard(messages, vote);
    }
    case 'said':
      return { ...plainCard, title: notice.title, rows: arranged([notice.buttons], capabilities) };
    case 'error': {
      const retry = row.job ? [await waysToRetry(desk, messages, row.job, notice.refusal)] : [];
      const card = errorCard(messages, notice.refusal, notice.ref, arranged(retry, capabilities));
      return { ...card, lines: [...(await whichEdit(desk, row.job)), ...card.lines] };
    }
    case 'cancelled': {
      const by = oneLine(await nameOf(desk, notice.by), 40);
      const lines = await whichEdit(desk, row.job);
      return { ...plainCard, title: messages.job.cancelled(by), lines, tone: 'warning' };
    }
    case 'draft': {
      const draft = await desk.storage.drafts.find(notice.draft);
      return draft
        ? draftCard(desk, messages, draft, capabilities)
        : errorCard(messages, { code: 'gone', details: {} }, null);
    }
    case 'card':
      return notice.card;
    default:
      return notice satisfies never;
  }
}

/** Whether a row is about a finished edit. */
export function isResult({ card }: Pick<OutboxRow, 'card'>): boolean {
  return isNotice(card) && card.kind === 'result';
}

/** The language a row's card is written in. */
export function languageOfRow(row: OutboxRow): Language {
  return isNotice(row.card) ? row.card.language : 'en';
}

/** The vote a row's card is about. */
export function voteOfRow({ card }: Pick<OutboxRow, 'card'>): string | null {
  return isNotice(card) && card.kind === 'vote' ? card.vote : null;
}

/** The draft a row's card is about. */
export function draftOfRow({ card }: OutboxRow): string | null {
  return isNotice(card) && card.kind === 'draft' ? card.draft : null;
}
