import type { PlaceId } from '../../edit/lineage.ts';
import type { PictureProbe } from '../../edit/probe.ts';
import type { UserId } from '../../edit/request.ts';
import type { Caps } from '../../edit/resolve.ts';
import type { JobQueue } from '../../jobs/queue.ts';
import type { Log } from '../../log.ts';
import type { Metrics } from '../../metrics.ts';
import type { Storage } from '../../storage/index.ts';
import type { Flow } from './accept.ts';
import type { Clock } from './clock.ts';
import type { Desk } from './desk.ts';
import { Reception } from './flow.ts';
import { openJobCards } from './job-cards.ts';
import { defaultLimits, type Limits } from './limits.ts';
import { type LinkOptions, openLinks } from './links.ts';
import { openOutbox } from './outbox.ts';
import type { Incoming, Moved, Platform } from './platform.ts';
import { putBack } from './recovery.ts';
import { relocate } from './relocate.ts';

export interface BotsOptions {
  readonly storage: Storage;
  readonly queue: JobQueue;
  /** Not started yet; whoever opened them closes them, after the bots. */
  readonly platforms: readonly Platform[];
  readonly probe: PictureProbe;
  readonly caps: Caps;
  readonly limits?: Limits | undefined;
  /** People who run the bot; nobody when not said. */
  readonly operators?: readonly UserId[] | undefined;
  /** Where linked pictures may be fetched from, besides Discord's own hosts. */
  readonly links?: LinkOptions | undefined;
  readonly clock: Clock;
  /** Fills bytes: node:crypto's `randomBytes`, or a generator of a test. */
  readonly random: (count: number) => Uint8Array;
  readonly log: Log;
  readonly metrics?: Metrics | undefined;
}

/** First part of the places of each platform. */
const prefixes = { discord: 'd:', telegram: 't:', web: 'w:' } as const satisfies Record<Platform['name'], string>;

interface Running extends Pick<Desk, 'platformOf' | 'prefixes'> {
  /** Connects all of them; each is found from when it has started. */
  start(receive: (incoming: Incoming) => Promise<void>, moved: Moved): Promise<void>;
}

function running(platforms: readonly Platform[]): Running {
  const started = new Map<string, Platform>();
  const prefixOf = (place: PlaceId) => place.slice(0, place.indexOf(':') + 1);
  const begin = async (platform: Platform, ...hear: Parameters<Running['start']>) => {
    await platform.start(...hear);
    started.set(prefixes[platform.name], platform);
  };
  return {
    platformOf: (place) => started.get(prefixOf(place)),
    prefixes: platforms.map((platform) => prefixes[platform.name]),
    start: async (...hear) => void (await Promise.all(platforms.map((platform) => begin(platform, ...hear)))),
  };
}

/** Runs steps one after another, in the order of the calls; one that fails does not stop the next. */
function turns(): Flow['inTurn'] {
  let last: Promise<unknown> = Promise.resolve();
  return (step) => {
    const turn = last.then(step, step);
    last = turn;
    return turn;
  };
}

/**
 * Starts the chat: takes up what is unfinished, posts what waits to be posted, connects the platforms. Disposing stops listening,
 * lets what is being handled or posted come to its end, and leaves the rest to the next start.
 */
export async function openBots(options: BotsOptions): Promise<AsyncDisposable> {
  const { platforms, queue, limits = defaultLimits, operators = [], metrics = null } = options;
  const closing = new AbortController();
  const { start, ...ours } = running(platforms);
  const links = openLinks(options.links);
  const desk: Desk = { ...options, ...ours, limits, operators, metrics, links, closing: closing.signal };
  const outbox = openOutbox(desk);
  const jobCards = openJobCards(desk, (place) => outbox.isBusy(place));
  const flow: Flow = { ...desk, outbox, jobCards, inTurn: turns() };
  const reception = new Reception(flow);
  const hearing = queue.listen((event) => reception.notice(event));
  const close = async () => {
    closing.abort();
    hearing[Symbol.dispose]();
    await reception.settled();
    await putBack(flow).catch((error: unknown) => desk.log.warn({ error }, 'what is at work could not be put back'));
    await jobCards[Symbol.asyncDispose]();
    await outbox[Symbol.asyncDispose]();
  };
  try {
    await start(
      (incoming) => reception.receive(incoming),
      (from, to) => relocate(flow, from, to),
    );
    outbox.wake();
    await reception.reconcile({ takeCards: true });
  } catch (error) {
    await close();
    throw error;
  }
  return { [Symbol.asyncDispose]: close };
}
