import { type NodeId, newId, type PlaceId } from '../../edit/lineage.ts';
import type { PictureProbe } from '../../edit/probe.ts';
import type { UserId } from '../../edit/request.ts';
import type { Caps } from '../../edit/resolve.ts';
import type { JobQueue } from '../../jobs/queue.ts';
import type { Log } from '../../log.ts';
import type { Metrics } from '../../metrics.ts';
import type { Storage } from '../../storage/index.ts';
import type { Clock } from './clock.ts';
import type { Limits } from './limits.ts';
import type { Links } from './links.ts';
import type { Platform } from './platform.ts';

/** What every part of the chat works with. */
export interface Desk {
  readonly storage: Storage;
  readonly queue: JobQueue;
  readonly probe: PictureProbe;
  readonly links: Links;
  readonly caps: Caps;
  readonly limits: Limits;
  /** People who run the bot: their rules hold for every server. */
  readonly operators: readonly UserId[];
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: Metrics | null;
  /** Fills bytes: node:crypto's, or a generator of a test. */
  readonly random: (count: number) => Uint8Array;
  /** The platform a place is on; undefined while it has not started, or when it does not run here. */
  readonly platformOf: (place: PlaceId) => Platform | undefined;
  /** What the names of places begin with on our platforms, started or not: `d:`, `t:`. */
  readonly prefixes: readonly string[];
  /** Fires when the chat closes. */
  readonly closing: AbortSignal;
}

/** Uniform in [0, 1), 32 bits. */
export function uniform(desk: Pick<Desk, 'random'>): number {
  const [a = 0, b = 0, c = 0, d = 0] = desk.random(4);
  return (a * 2 ** 24 + b * 2 ** 16 + c * 2 ** 8 + d) / 2 ** 32;
}

/** Eight characters under which something that went wrong is found in the log. */
export function newRef(desk: Pick<Desk, 'random'>): string {
  return newId<NodeId>(desk.random).slice(0, 8);
}

/** What places are called together that share the limits of their platform. */
export function paceOf({ platformOf }: Pick<Desk, 'platformOf'>, place: PlaceId): string {
  return platformOf(place)?.paceOf?.(place) ?? place;
}

/** What somebody is called; their id when they never spoke. */
export async function nameOf({ storage }: Pick<Desk, 'storage'>, user: UserId): Promise<string> {
  return (await storage.people.person(user))?.name ?? user;
}
