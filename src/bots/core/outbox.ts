import type { NodeId, PlaceId } from '../../edit/lineage.ts';
import type { UserId } from '../../edit/request.ts';
import { Refusal } from '../../errors.ts';
import type { OutboxRow } from '../../storage/index.ts';
import { aloneIn } from './alone.ts';
import { fitted } from './cards.ts';
import { type Desk, paceOf } from './desk.ts';
import { cardToReplace, isReplaced } from './in-place.ts';
import { removeCard } from './left-card.ts';
import type { Messages } from './messages/catalogue.ts';
import { messagesIn } from './messages/index.ts';
import { draftOfRow, isResult, languageOfRow, noticeCard } from './notice.ts';
import { type Card, DeliveryError, type Platform } from './platform.ts';
import { type Tastes, tastesFor } from './tastes.ts';
import { beginThread, lineageOfRow, sendAbout } from './threads.ts';

/** A row found `sending` this long after its claim was left by a process that died, ms. */
const STUCK_MS = 60_000;
/** How often rows are looked for when nobody wakes the outbox, ms. */
const LOOK_MS = 2_000;
/** Rows read at once. */
const PAGE = 200;
/** Tries before a message is given up; with growing pauses that is most of a day. */
const TRIES = 100;
const LONGEST_PAUSE_MS = 15 * 60_000;

/** What a row became: the message with its words, and those of an album beside it, each with the picture it shows. */
interface Sent {
  readonly message: string;
  readonly pictures: readonly { readonly message: string; readonly node: NodeId | undefined }[];
}

/** Posts what is in the outbox: each row once, rows of a place one after another, places side by side. */
export interface Outbox extends AsyncDisposable {
  /** Something was written: look now. */
  wake(): void;
  /** Whether a message for this place is being sent, or is put off by its platform; progress waits meanwhile. */
  isBusy(place: PlaceId): boolean;
}

/** Until the next try, ms: as the platform says, else doubling from a second. */
function pauseAfter(error: unknown, attempts: number): number {
  const told = error instanceof DeliveryError ? error.retryAfterMs : null;
  return told ?? Math.min(LONGEST_PAUSE_MS, 1000 * 2 ** Math.min(attempts, 12));
}

const isFor = (error: unknown, ...reasons: readonly DeliveryError['reason'][]): boolean =>
  error instanceof DeliveryError && reasons.includes(error.reason);

/**
 * Why it is only the card's pictures that cannot be posted: too big for the place, not allowed there, or no longer kept. Undefined for
 * any other trouble.
 */
function whyUnshown(error: unknown, messages: Messages): string | undefined {
  if (isFor(error, 'too-big')) return messages.picture.pictureLost;
  if (isFor(error, 'no-pictures')) return messages.picture.picturesBarred;
  if (error instanceof Refusal && error.code === 'gone') return messages.refusals.gone({}).why;
  return undefined;
}

/** The card as its reader wants it; as it usually is where the files they want are too big or not allowed. */
async function postAsWished<T>(card: Card, tastes: Tastes | null, post: (shown: Card) => Promise<T>): Promise<T> {
  const wished = tastes?.inFiles(card) ?? card;
  try {
    return await post(wished);
  } catch (error) {
    if (!isFor(error, 'too-big', 'no-pictures') || wished === card) throw error;
    return post(card);
  }
}

class OutboxLoop implements Outbox {
  readonly #desk: Desk;
  readonly #busy = new Map<PlaceId, Promise<void>>();
  /** Places, and what they share limits under, that are left alone until then, ms since 1970. */
  readonly #notBefore = new Map<string, number>();
  /** Likewise, those that have been promised something since their platform told us to wait. */
  readonly #owed = new Set<string>();
  #look: Promise<void> | undefined;
  #lookAgain = false;
  #timer: Disposable | undefined;
  #closed = false;

  constructor(desk: Desk) {
    this.#desk = desk;
  }

  wake(): void {
    if (this.#closed) return;
    if (this.#look !== undefined) {
      this.#lookAgain = true;
      return;
    }
    this.#timer?.[Symbol.dispose]();
    this.#lookAgain = false;
    this.#look = this.#lookForRows().finally(() => {
      this.#look = undefined;
      if (this.#closed) return;
      if (this.#lookAgain) this.wake();
      else this.#timer = this.#desk.clock.setTimeout(() => this.wake(), this.#untilNextLook());
    });
  }

  /** Until the first pause of a place ends, but not long. */
  #untilNextLook(): number {
    const now = this.#desk.clock.now();
    const ends = [...this.#notBefore.values()].filter((end) => end > now);
    return Math.min(LOOK_MS, ...ends.map((end) => end - now));
  }

  isBusy(place: PlaceId): boolean {
    return this.#busy.has(place) || this.#owed.has(paceOf(this.#desk, place));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    this.#timer?.[Symbol.dispose]();
    await this.#look;
    await Promise.all(this.#busy.values());
  }

  async #lookForRows(): Promise<void> {
    const { storage, clock, log, prefixes } = this.#desk;
    const now = clock.now();
    for (const [place, end] of this.#notBefore) if (end <= now) this.#notBefore.delete(place);
    try {
      const except = [...this.#busy.keys(), ...this.#notBefore.keys()];
      const view = { prefixes, except };
      const rows = await storage.outbox.due(new Date(now), new Date(now - STUCK_MS), PAGE, view);
      for (const place of new Set(rows.map((row) => row.place))) {
        const own = rows.filter((row) => row.place === place);
        this.#begin(place, own);
      }
      if (rows.length === PAGE) this.#lookAgain = true; // other places stand behind these, which are busy now or left alone
    } catch (error) {
      log.error({ error }, 'the outbox could not be read');
    }
  }

  #begin(place: PlaceId, rows: readonly OutboxRow[]): void {
    const platform = this.#desk.platformOf(place);
    if (!platform) {
      this.#leaveAlone(place, LOOK_MS); // still starting
      return;
    }
    const until = this.#notBefore.get(paceOf(this.#desk, place));
    if (until !== undefined) this.#notBefore.set(place, until);
    if (this.#busy.has(place) || until !== undefined) return;
    const delivery = this.#deliver(platform, place, rows).finally(() => {
      this.#busy.delete(place);
      this.wake(); // rows may have come meanwhile
    });
    this.#busy.set(place, delivery);
  }

  /** The place, and those that share its limits. */
  #leaveAlone(place: PlaceId, ms: number): void {
    const until = this.#desk.clock.now() + ms;
    for (const name of [place, paceOf(this.#desk, place)]) this.#notBefore.set(name, until);
  }

  /** One after another; the first that cannot be posted now stops the place, so that order is kept. */
  async #deliver(platform: Platform, place: PlaceId, rows: readonly OutboxRow[]): Promise<void> {
    for (const row of rows) {
      if (this.#closed) return;
      try {
        const pause = await this.#post(platform, row);
        if (pause === 0) continue;
        this.#leaveAlone(place, pause);
      } catch (error) {
        this.#desk.log.error({ error, row: row.key }, 'an outbox row could not be handled');
        this.#leaveAlone(place, LOOK_MS);
      }
      return;
    }
    this.#owed.delete(paceOf(this.#desk, place));
  }

  /** @returns how long the place is left alone now, ms; 0 to go on */
  async #post(platform: Platform, row: OutboxRow): Promise<number> {
    const { storage, clock } = this.#desk;
    if (!(await storage.outbox.claim(row, new Date(clock.now())))) return 0;
    try {
      const isLeftAlone = aloneIn(row.replyTo) === null && !platform.answers?.(row.place);
      if (isLeftAlone && (await storage.people.isUnreachable(row.place, new Date(clock.now()))))
        throw new DeliveryError('no-way', null);
      const { message, pictures } = await this.#send(platform, row);
      await storage.people.placeReached(row.place);
      if (isResult(row) && !aloneIn(row.replyTo)) await beginThread(this.#desk, platform, row, message);
      const link = (id: string, node: NodeId | null) => ({
        ...{ message: id, node, job: row.job, draft: draftOfRow(row) },
        ...{ kind: row.node ? ('result' as const) : ('card' as const) },
      });
      const parts = pictures.map((part) => link(part.message, part.node ?? row.node));
      await storage.outbox.sent(row.id, message, [link(message, row.node), ...parts]);
    } catch (error) {
      const pause = await this.#giveBack(row, error);
      if (pause > 0) return pause;
    }
    await this.#removeJobCard(row);
    return 0;
  }

  async #send(platform: Platform, row: OutboxRow): Promise<Sent> {
    const language = languageOfRow(row);
    const card = await this.#cardOf(platform, row).catch((cause: unknown) => {
      throw new DeliveryError('retry', null, { cause }); // surely not posted
    });
    const job = row.job ? await this.#desk.storage.jobs.find(row.job) : undefined;
    const tastes = await tastesFor(this.#desk, row, job);
    const how = {
      ...{ replyTo: row.replyTo, nonce: row.id, repeated: row.state === 'sending', language },
      ...tastes?.notice,
    };
    const lineage = aloneIn(row.replyTo) ? null : await lineageOfRow(this.#desk, row);
    const progress = tastes?.notice.mention ? null : cardToReplace(platform, row, job, this.#desk.clock.now());
    const post = async (shown: Card): Promise<Sent> => {
      const posting = { place: row.place, card: fitted(shown, platform.capabilities), how };
      if (progress !== null && (await isReplaced(platform, row.place, progress, posting.card)))
        return { message: progress, pictures: [] };
      const [message, ...pictures] = await sendAbout(this.#desk, platform, lineage, posting);
      return { message, pictures: pictures.map((id, at) => ({ message: id, node: shown.images[at]?.node })) };
    };
    try {
      return await postAsWished(card, tastes, post);
    } catch (error) {
      const why = whyUnshown(error, messagesIn(language));
      if (why === undefined) throw error;
      const sent = await post({ ...card, images: [], lines: [...card.lines, why] });
      if (isFor(error, 'no-pictures')) await this.#showPrivately(platform, row, job?.author);
      return sent;
    }
  }

  /** Shows whoever asked in private what their place may not have; that they cannot be written to has been told there. */
  async #showPrivately(platform: Platform, row: OutboxRow, reader: UserId | undefined): Promise<void> {
    const direct = reader === undefined ? null : await platform.directPlace(reader);
    if (direct === null || direct === row.place) return;
    await this.#send(platform, { ...row, place: direct, replyTo: null }).catch((error: unknown) => {
      this.#desk.log.info({ error, row: row.key }, 'a picture could not be shown privately either');
    });
  }

  /** What a row says; away from where it was asked for its buttons lead nowhere, and it says so. */
  async #cardOf(platform: Platform, row: OutboxRow): Promise<Card> {
    const card = await noticeCard(this.#desk, row, platform.capabilities);
    const job = row.job && (await this.#desk.storage.jobs.find(row.job));
    if (!job || job.place === row.place) return card;
    const { house } = messagesIn(languageOfRow(row));
    return { ...card, rows: [], lines: [...card.lines, house.elsewhere] };
  }

  /** @returns until it is tried again, ms; 0 when it has been given up */
  async #giveBack(row: OutboxRow, error: unknown): Promise<number> {
    const { storage, clock, log, metrics, platformOf } = this.#desk;
    const reason = error instanceof DeliveryError ? error.reason : 'uncertain';
    log.warn(
      { error, row: row.key, place: row.place, reason, attempts: row.attempts },
      'a message could not be posted',
    );
    metrics?.chatFailures.inc({ platform: platformOf(row.place)?.name ?? 'none', status: reason });
    const pause = pauseAfter(error, row.attempts);
    if (reason === 'uncertain' && row.attempts < TRIES) return pause; // it stays `sending`, found as stuck; others go on
    if (reason === 'retry' && row.attempts < TRIES) {
      this.#owed.add(paceOf(this.#desk, row.place));
      await storage.outbox.retryAt(row.id, new Date(clock.now() + pause));
      return pause;
    }
    if (reason !== 'unreachable' && reason !== 'no-way') {
      await storage.outbox.failed(row.id);
      return 0;
    }
    if (reason === 'unreachable' && !aloneIn(row.replyTo))
      await storage.people.placeRefused(row.place, new Date(clock.now()));
    return this.#deliverElsewhere(row);
  }

  /** To the private messages of whoever asked; where they let nobody write, kept until they are met again. @returns as `#giveBack` */
  async #deliverElsewhere(row: OutboxRow): Promise<number> {
    const { storage, clock, platformOf, log } = this.#desk;
    const job = row.job ? await storage.jobs.find(row.job) : undefined;
    const platform = platformOf(row.place);
    const reader = aloneIn(row.replyTo)?.user ?? job?.author;
    if (!reader || !platform) {
      await storage.outbox.failed(row.id);
      return 0;
    }
    try {
      const direct = await platform.directPlace(reader);
      if (direct === null || direct === row.place) throw new DeliveryError('no-way', null);
      const { message } = await this.#send(platform, { ...row, place: direct, replyTo: null });
      await storage.outbox.sent(row.id, message, []);
    } catch (error) {
      const reason = error instanceof DeliveryError ? error.reason : 'uncertain';
      log.info({ error, row: row.key, reason }, 'a message could not be posted privately either');
      if (reason === 'retry') {
        const pause = pauseAfter(error, row.attempts);
        await storage.outbox.retryAt(row.id, new Date(clock.now() + pause));
        return pause;
      }
      await storage.outbox.keep(row.id);
    }
    return 0;
  }

  /** The card that showed progress has had its day once the outcome is posted, or never will be. */
  async #removeJobCard({ job }: OutboxRow): Promise<void> {
    const row = job && (await this.#desk.storage.jobs.find(job));
    if (row) await removeCard(this.#desk, row);
  }
}

/** Posts from the first `wake` on; disposing waits for what is being sent. */
export function openOutbox(desk: Desk): Outbox {
  return new OutboxLoop(desk);
}
