import type { JobId, JobState } from '../../edit/lineage.ts';
import type { Progress } from '../../edit/request.ts';
import { Refusal, type RefusalData, refusalData } from '../../errors.ts';
import type { JobEvent } from '../../jobs/queue.ts';
import type { Language } from '../../storage/index.ts';
import type { Flow } from './accept.ts';
import { arranged } from './buttons.ts';
import { errorCard, fitted } from './cards.ts';
import { newRef } from './desk.ts';
import { hear } from './hear.ts';
import { meet } from './heard.ts';
import { greet } from './house/contact.ts';
import { asOffered, offerButtons } from './house/offers.ts';
import { reminderButton } from './house/reminders.ts';
import { languageOf } from './language.ts';
import { messagesIn } from './messages/index.ts';
import type { Incoming } from './platform.ts';
import { reconcile, settle } from './recovery.ts';
import { atHome } from './threads.ts';
import { closeVotes } from './votes.ts';
import { waysOn } from './way-on.ts';
import { waysHere } from './ways-here.ts';

/** Keys of incoming things that are remembered, so that a repeated delivery does nothing; jobs are protected by their rows besides. */
const REMEMBERED = 10_000;
/** How often rows and the line are compared, ms. */
const RECONCILE_MS = 30_000;

const stateOfPhase = {
  loading: 'preparing',
  preparing: 'preparing',
  sampling: 'running',
  decoding: 'encoding',
  uploading: 'encoding',
} as const satisfies Record<Progress['phase'], JobState>;

/** Buttons that need something to be remembered; a disk that is full must not keep the refusal itself from being told. */
async function furtherWays(flow: Flow, incoming: Incoming, language: Language, error: unknown) {
  try {
    return await Promise.all([
      waysHere(flow, incoming, language, error),
      offerButtons(flow, incoming, language, error),
      reminderButton(flow, { ...incoming, language }, error),
    ]);
  } catch (cause) {
    flow.log.warn({ error: cause, key: incoming.key }, 'no way on could be offered');
    return [];
  }
}

/** Tells somebody why not, in their language. What is no refusal is a bug or an outage: logged under a name they are given. */
async function refuse(flow: Flow, incoming: Incoming, language: Language, error: unknown): Promise<void> {
  const { place } = incoming.where;
  const ref = newRef(flow);
  if (!(error instanceof Refusal) || error.code === 'storage-full')
    flow.log.error({ error, ref, key: incoming.key, place }, 'an incoming could not be handled');
  const refusal: RefusalData = error instanceof Refusal ? refusalData(error) : { code: 'internal', details: { ref } };
  const platform = flow.platformOf(place);
  const messages = messagesIn(language);
  const groups = [waysOn(error, messages), ...(await furtherWays(flow, incoming, language, error))];
  const ways = platform ? arranged(groups, platform.capabilities) : [];
  const card = errorCard(messages, refusal, null, ways);
  await incoming.answer.tell(platform ? fitted(card, platform.capabilities) : card);
}

/** Brings what comes in to the desk, and what the line tells to the chat. */
export class Reception {
  readonly #flow: Flow;
  readonly #seen = new Set<string>();
  readonly #busy = new Set<Promise<void>>();
  readonly #phases = new Map<JobId, JobState>();
  #reconciling: Promise<void> | undefined;
  #timer: Disposable | undefined;

  constructor(flow: Flow) {
    this.#flow = flow;
  }

  /** Handles one incoming thing to the end; never throws. */
  receive(incoming: Incoming): Promise<void> {
    if (this.#flow.closing.aborted || this.#seen.has(incoming.key)) return Promise.resolve();
    this.#remember(incoming.key);
    return this.#keep(this.#handle(incoming));
  }

  /** What the line tells. Never throws. */
  notice(event: JobEvent): void {
    const { jobCards } = this.#flow;
    switch (event.kind) {
      case 'started':
        jobCards.started(event.id);
        void this.#keep(this.#advance(event.id, 'preparing'));
        break;
      case 'progress':
        jobCards.progress(event.id, event.progress);
        void this.#keep(this.#advance(event.id, stateOfPhase[event.progress.phase]));
        break;
      case 'ended':
        this.#phases.delete(event.id);
        void this.#keep(settle(this.#flow, event.id, event.outcome));
        break;
      case 'line-moved':
        jobCards.lineMoved();
        if (event.reconnected) void this.reconcile();
        break;
      default:
        event satisfies never;
    }
  }

  /** Compares rows and the line now, and every half minute from then on. At the start cards are taken over as well. */
  async reconcile({ takeCards } = { takeCards: false }): Promise<void> {
    if (this.#flow.closing.aborted) return;
    this.#timer?.[Symbol.dispose]();
    this.#reconciling ??= this.#keep(reconcile(this.#flow, { takeCards })).finally(() => {
      this.#reconciling = undefined;
    });
    await this.#reconciling;
    await this.#keep(closeVotes(this.#flow));
    this.#timer?.[Symbol.dispose]();
    this.#timer = this.#flow.clock.setTimeout(() => void this.reconcile(), RECONCILE_MS);
  }

  /** Resolves when nothing is being handled any more. */
  async settled(): Promise<void> {
    this.#timer?.[Symbol.dispose]();
    while (this.#busy.size > 0) await Promise.all(this.#busy);
    this.#timer?.[Symbol.dispose](); // set by what has just come to its end
  }

  #remember(key: string): void {
    this.#seen.add(key);
    if (this.#seen.size <= REMEMBERED) return;
    const [oldest] = this.#seen;
    this.#seen.delete(oldest!);
  }

  /** Waited for at the end; a failure is logged, here for the last time. */
  #keep(work: Promise<void>): Promise<void> {
    const kept = work
      .catch((error: unknown) => this.#flow.log.error({ error }, 'work for the chat failed'))
      .finally(() => this.#busy.delete(kept));
    this.#busy.add(kept);
    return kept;
  }

  async #handle(arrived: Incoming): Promise<void> {
    let incoming = arrived;
    let language = languageOf(arrived.speaker.locale) ?? 'en';
    try {
      incoming = await atHome(this.#flow, arrived);
      const heard = await meet(this.#flow, incoming);
      language = heard.private;
      await greet(this.#flow, heard, incoming).catch((error: unknown) => {
        this.#flow.log.info({ error, key: incoming.key }, 'somebody could not be greeted'); // what they want counts all the same
      });
      await hear(this.#flow, heard, await asOffered(this.#flow, incoming));
    } catch (error) {
      await refuse(this.#flow, incoming, language, error);
    }
  }

  async #advance(id: JobId, state: JobState): Promise<void> {
    if (this.#phases.get(id) === state) return;
    this.#phases.set(id, state);
    await this.#flow.storage.jobs.advance(id, state);
  }
}
