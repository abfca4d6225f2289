import type { JobId, PlaceId } from '../../edit/lineage.ts';
import type { Progress } from '../../edit/request.ts';
import type { JobRow } from '../../storage/index.ts';
import { aloneIn } from './alone.ts';
import { fitted } from './cards.ts';
import { pause } from './clock.ts';
import { type Desk, nameOf, paceOf } from './desk.ts';
import { choicesFor, wordOf } from './house/rules.ts';
import { type JobStage, jobCard, shareOf } from './job-card.ts';
import { isOpen } from './job-state.ts';
import { messagesIn } from './messages/index.ts';
import { type Card, DeliveryError, type Platform } from './platform.ts';
import { sendAbout } from './threads.ts';
import { stageIn, type Tracked } from './tracked-job.ts';

/** Position and time left are corrected at most this often, ms. */
const POSITION_MS = 5_000;
/** An older card is posted anew, for platforms restrict edits of messages older than an hour, ms. */
const CARD_AGE_MS = 55 * 60_000;
/** How long an outcome waits for a first card that is still being sent, ms. */
const CARD_WAIT_MS = 5_000;
/** How often a first card is tried at once. */
const FIRST_TRIES = 3;
/** How long a place is left alone when it cannot be edited for a reason nobody told, ms. */
const TROUBLE_MS = 10_000;

/** Keeps the cards of accepted jobs up to date, within what each place bears. */
export interface JobCards extends AsyncDisposable {
  /** Posts the first card. Resolves when it stands, or when the platform wants it later: then it follows. @throws DeliveryError */
  announce(row: JobRow, about: Pick<Tracked, 'isRoom' | 'mayChange'>): Promise<void>;
  /** Takes up a card that another process posted. `isAgain`: what had been begun begins once more. */
  resume(row: JobRow, about: Pick<Tracked, 'isAgain'>): Promise<void>;
  started(id: JobId): void;
  progress(id: JobId, progress: Progress): void;
  lineMoved(): void;
  /** How far a job is, 0…1, as far as it was told: what of its cost is spent. */
  shareOf(id: JobId): number;
  /** A place has another name; cards that stand under the old one are posted anew. */
  moved(from: PlaceId, to: PlaceId): void;
  /** No more edits. Resolves when what is being sent or edited stands, so that the outcome comes after it; waits a few seconds at most. */
  release(id: JobId): Promise<void>;
}

/** Whether somebody stands where they stood: that time passes is no news. */
function isSamePosition(before: JobStage, now: JobStage): boolean {
  if (before.kind !== 'queued' || now.kind !== 'queued' || before.place !== now.place) return false;
  const isWaiting = ({ workers }: typeof now) => workers > 0;
  return isWaiting(before) === isWaiting(now) && (before.etaSeconds === null) === (now.etaSeconds === null);
}

/** Whether a message for a place is being sent that goes before progress. */
export type IsBusy = (place: PlaceId) => boolean;

class PacedCards implements JobCards {
  readonly #desk: Desk;
  readonly #isBusy: IsBusy;
  readonly #jobs = new Map<JobId, Tracked>();
  readonly #dirty = new Set<JobId>();
  // By what places share limits under:
  readonly #timers = new Map<string, Disposable>();
  readonly #editing = new Map<string, Promise<void>>();
  /** Left alone until then, ms since 1970. */
  readonly #notBefore = new Map<string, number>();
  #lineTimer: Disposable | undefined;
  #closed = false;

  constructor(desk: Desk, isBusy: IsBusy) {
    this.#desk = desk;
    this.#isBusy = isBusy;
  }

  async announce(row: JobRow, about: Pick<Tracked, 'isRoom' | 'mayChange'>): Promise<void> {
    const platform = this.#desk.platformOf(row.place);
    if (!platform) return;
    const stage = stageIn(await this.#desk.queue.line(), row.id);
    const tracked = await this.#track(row, { ...about, stage });
    try {
      await this.#postFirst(platform, tracked);
    } catch (error) {
      if (!(error instanceof DeliveryError && error.reason === 'retry')) throw error;
      tracked.owed = true;
      this.#afterTrouble(tracked, error);
    }
    this.#schedule(paceOf(this.#desk, row.place)); // for what happened meanwhile
  }

  async resume(row: JobRow, { isAgain }: Pick<Tracked, 'isAgain'>): Promise<void> {
    const platform = this.#desk.platformOf(row.place);
    if (!platform || this.#jobs.has(row.id)) return;
    const stage = stageIn(await this.#desk.queue.line(), row.id);
    const place = await this.#desk.storage.people.place(row.place);
    const isRoom = place?.policy !== 'owner'; // the longer interval where nothing is known
    const tracked = await this.#track(row, { isRoom, stage, mayChange: false });
    tracked.isAgain = isAgain;
    if (tracked.message) this.#mark(tracked);
    else await this.#post(platform, tracked);
  }

  started(id: JobId): void {
    const tracked = this.#jobs.get(id);
    if (!tracked) return;
    if (tracked.startedAt !== null) tracked.isAgain = true; // whoever had begun it is gone
    tracked.startedAt = this.#desk.clock.now();
    tracked.stage = { kind: 'running', progress: null, etaSeconds: null };
    this.#mark(tracked);
  }

  progress(id: JobId, progress: Progress): void {
    const tracked = this.#jobs.get(id);
    if (!tracked) return;
    const now = this.#desk.clock.now();
    tracked.startedAt ??= now;
    const share = shareOf(progress);
    const spent = (now - tracked.startedAt) / 1000;
    tracked.stage = { kind: 'running', progress, etaSeconds: share > 0.1 ? (spent / share) * (1 - share) : null };
    if (progress.preview) tracked.preview = progress.preview;
    this.#mark(tracked);
  }

  lineMoved(): void {
    if (this.#lineTimer || this.#closed || this.#jobs.size === 0) return;
    this.#lineTimer = this.#desk.clock.setTimeout(() => {
      this.#lineTimer = undefined;
      void this.#readLine(); // logs its own errors
    }, 1000);
  }

  shareOf(id: JobId): number {
    const stage = this.#jobs.get(id)?.stage;
    return stage?.kind === 'running' && stage.progress ? shareOf(stage.progress) : 0;
  }

  moved(from: PlaceId, to: PlaceId): void {
    for (const tracked of this.#jobs.values()) {
      if (tracked.row.place !== from) continue;
      Object.assign(tracked, {
        row: { ...tracked.row, place: to, replyTo: null },
        message: null,
        said: '',
        owed: true,
      });
      this.#mark(tracked);
    }
  }

  async release(id: JobId): Promise<void> {
    const tracked = this.#jobs.get(id);
    if (!tracked) return;
    this.#jobs.delete(id);
    this.#dirty.delete(id);
    const edited = this.#editing.get(paceOf(this.#desk, tracked.row.place));
    if (tracked.sending === undefined && edited === undefined) return;
    const sent = Promise.allSettled([tracked.sending, edited]); // failures are told about where they were begun
    await Promise.race([sent, pause(this.#desk.clock, CARD_WAIT_MS, this.#desk.closing)]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    this.#lineTimer?.[Symbol.dispose]();
    for (const timer of this.#timers.values()) timer[Symbol.dispose]();
    await Promise.all(this.#editing.values());
  }

  async #track(row: JobRow, about: Pick<Tracked, 'isRoom' | 'stage' | 'mayChange'>): Promise<Tracked> {
    const author = await nameOf(this.#desk, row.author);
    const previews = wordOf(await choicesFor(this.#desk, row, row.author), 'preview') === 'on';
    const [now, message] = [this.#desk.clock.now(), row.cardMessage];
    const sentAt = message === null ? now : row.acceptedAt.getTime(); // of a card somebody else posted: at the earliest
    const shown = { message, sentAt, said: '', editedAt: now };
    const tracked = {
      row,
      author,
      ...about,
      ...shown,
      previews,
      sending: undefined,
      owed: false,
      posted: 0,
      isAgain: false,
      startedAt: null,
      preview: null,
      previewAt: 0,
    };
    this.#jobs.set(row.id, tracked);
    return tracked;
  }

  /** The card as it should be; without the preview unless one is due. */
  #cardOf(tracked: Tracked, platform: Platform, preview: Uint8Array | null): Card {
    return fitted(jobCard(messagesIn(tracked.row.language), { ...tracked, preview }), platform.capabilities);
  }

  /** The outcome waits for it meanwhile. */
  async #postFirst(platform: Platform, tracked: Tracked): Promise<void> {
    tracked.sending = this.#postPatiently(platform, tracked);
    try {
      await tracked.sending;
    } finally {
      tracked.sending = undefined;
    }
  }

  /** A line that broke is tried again at once: whether the card stands is not known, and nobody could take it away. */
  async #postPatiently(platform: Platform, tracked: Tracked): Promise<void> {
    for (let tries = 1; ; tries += 1) {
      try {
        return await this.#post(platform, tracked);
      } catch (error) {
        const isBroken = error instanceof DeliveryError && error.reason === 'retry' && error.retryAfterMs === null;
        if (!isBroken || tries === FIRST_TRIES) throw error;
      }
    }
  }

  async #post(platform: Platform, tracked: Tracked): Promise<void> {
    const { id, place, replyTo, language, lineage } = tracked.row;
    const card = this.#cardOf(tracked, platform, null);
    const { clock, storage } = this.#desk;
    const how = { replyTo, nonce: `${id}-${tracked.posted}`, repeated: false, language };
    const about = aloneIn(replyTo) ? null : lineage;
    const [message] = await sendAbout(this.#desk, platform, about, { place, card, how });
    await storage.people.placeReached(place); // whatever it refused before: the outcome will get there too
    tracked.posted += 1;
    const at = { sentAt: clock.now(), editedAt: clock.now() };
    Object.assign(tracked, { message, owed: false, said: card.lines.join('\n'), ...at });
    await storage.jobs.setCard(id, message);
    const row = await storage.jobs.find(id);
    const now = row?.place ?? place; // its name may have changed meanwhile
    await storage.messages.link({ place: now, message, kind: 'card', node: null, job: id, draft: null });
    if (row && isOpen(row.state)) return;
    this.#jobs.delete(id);
    // Posted too late: the outcome already stands, and whoever posted it knew of no card to take away.
    if (row?.endedAt) await platform.remove(place, message);
  }

  #interval(tracked: Tracked, platform: Platform): number {
    const { editIntervalMs } = platform.capabilities;
    return tracked.isRoom ? editIntervalMs.room : editIntervalMs.private;
  }

  #mark(tracked: Tracked): void {
    this.#dirty.add(tracked.row.id);
    this.#schedule(paceOf(this.#desk, tracked.row.place));
  }

  /** Wakes up as soon as one of the cards that share a pace may be edited. */
  #schedule(pace: string): void {
    if (this.#closed || this.#editing.has(pace)) return;
    this.#timers.get(pace)?.[Symbol.dispose]();
    this.#timers.delete(pace);
    const now = this.#desk.clock.now();
    const next = this.#nextOf(pace);
    if (!next) {
      if ((this.#notBefore.get(pace) ?? 0) <= now) this.#notBefore.delete(pace);
      return;
    }
    const timer = this.#desk.clock.setTimeout(
      () => {
        this.#timers.delete(pace);
        const edit = this.#edit(pace).finally(() => {
          this.#editing.delete(pace);
          this.#schedule(pace);
        });
        this.#editing.set(pace, edit);
      },
      Math.max(0, next.at - now),
    );
    this.#timers.set(pace, timer);
  }

  /** The changed card that may be edited first, and when. */
  #nextOf(pace: string): { readonly tracked: Tracked; readonly platform: Platform; readonly at: number } | undefined {
    const calm = this.#notBefore.get(pace) ?? 0;
    return [...this.#dirty]
      .flatMap((id) => this.#jobs.get(id) ?? [])
      .flatMap((tracked) => {
        const platform = this.#desk.platformOf(tracked.row.place);
        const isReady = platform && (tracked.owed || tracked.message !== null);
        if (!isReady || paceOf(this.#desk, tracked.row.place) !== pace) return [];
        if (tracked.owed) return [{ tracked, platform, at: calm }];
        const own = tracked.stage.kind === 'queued' ? POSITION_MS : this.#interval(tracked, platform);
        return [{ tracked, platform, at: Math.max(calm, tracked.editedAt + own) }];
      })
      .sort((a, b) => a.at - b.at)[0];
  }

  async #edit(pace: string): Promise<void> {
    const { clock, log } = this.#desk;
    const next = this.#nextOf(pace);
    if (!next || next.at > clock.now()) return;
    const { tracked, platform } = next;
    const { place } = tracked.row;
    if (this.#isBusy(place)) {
      this.#notBefore.set(pace, clock.now() + this.#interval(tracked, platform));
      return;
    }
    this.#dirty.delete(tracked.row.id);
    const preview = this.#duePreview(tracked, platform);
    const card = this.#cardOf(tracked, platform, preview);
    const says = card.lines.join('\n');
    if (says === tracked.said && !preview) return;
    this.#notBefore.set(pace, clock.now() + this.#interval(tracked, platform));
    Object.assign(tracked, { said: says, editedAt: clock.now() });
    try {
      await this.#replace(platform, tracked, card);
    } catch (error) {
      this.#afterTrouble(tracked, error);
      log.debug({ error, job: tracked.row.id, place }, 'a progress card could not be edited');
    }
  }

  async #replace(platform: Platform, tracked: Tracked, card: Card): Promise<void> {
    const { row, message, sentAt, owed } = tracked;
    if (owed) {
      await this.#postFirst(platform, tracked);
      return;
    }
    if (this.#desk.clock.now() - sentAt < CARD_AGE_MS) return platform.edit(row.place, message!, card);
    await this.#post(platform, tracked);
    await platform.remove(row.place, message!);
  }

  #afterTrouble(tracked: Tracked, error: unknown): void {
    const { place, id } = tracked.row;
    const reason = error instanceof DeliveryError ? error.reason : 'uncertain';
    if (reason === 'gone' && !tracked.owed) tracked.sentAt = Number.NEGATIVE_INFINITY; // deleted, or too old to be edited: posted anew
    const isHopeless = reason === 'unreachable' || reason === 'no-way';
    if (isHopeless || (tracked.owed && reason !== 'retry')) {
      Object.assign(tracked, { message: null, owed: false }); // nothing to edit any more; the outcome is a message of its own
      return;
    }
    const wait = (error instanceof DeliveryError && error.retryAfterMs) || TROUBLE_MS;
    this.#notBefore.set(paceOf(this.#desk, place), this.#desk.clock.now() + wait);
    tracked.said = ''; // it was not
    this.#dirty.add(id);
  }

  #duePreview(tracked: Tracked, platform: Platform): Uint8Array | null {
    const { previewIntervalMs } = platform.capabilities;
    const interval = tracked.isRoom ? previewIntervalMs.room : previewIntervalMs.private;
    const now = this.#desk.clock.now();
    const preview = tracked.preview;
    if (!preview || !tracked.previews || interval === null || now - tracked.previewAt < interval) return null;
    Object.assign(tracked, { preview: null, previewAt: now });
    return preview;
  }

  async #readLine(): Promise<void> {
    try {
      const askedAt = this.#desk.clock.now();
      const line = await this.#desk.queue.line();
      for (const tracked of this.#jobs.values()) {
        const stage = stageIn(line, tracked.row.id);
        if (tracked.stage.kind === 'running') {
          const isBack = stage.kind === 'queued' && tracked.startedAt !== null && tracked.startedAt < askedAt;
          if (!isBack) continue;
          tracked.isAgain = true;
        } else if (isSamePosition(tracked.stage, stage)) continue;
        tracked.stage = stage;
        this.#mark(tracked);
      }
    } catch (error) {
      this.#desk.log.warn({ error }, 'the line could not be read');
    }
  }
}

export function openJobCards(desk: Desk, isBusy: IsBusy): JobCards {
  return new PacedCards(desk, isBusy);
}
