import type { PlaceId } from '../../edit/lineage.ts';
import type { Clock } from '../core/clock.ts';

/** An interaction's token lives for 15 minutes; the last of them is left alone. Source: discord.com/developers/docs/interactions/receiving-and-responding. */
const livesMs = 14 * 60 * 1000;
/** Tickets kept. */
const most = 500;

/** The right to answer somebody's interaction: the way to post where the bot itself may not. */
export interface Ticket {
  readonly id: string;
  readonly application: string;
  readonly token: string;
  readonly place: PlaceId;
  /** ms since 1970. */
  readonly at: number;
  /** The bot is no member of this place: it speaks here through tickets only. */
  readonly isGuest: boolean;
  /** Bytes of one file. */
  readonly uploadLimit: number;
  /** What is shown through it is for this person alone. */
  isPrivate: boolean;
  /** "… is thinking" stands there and wants to become something, or to be taken away. */
  isThinking: boolean;
}

/** Recent interactions by place, and by the messages that were posted through them. */
export interface Tickets {
  add(ticket: Ticket): void;
  /** The newest of a place, also when it has expired: it still says how the bot stands there. */
  lastOf(place: PlaceId): Ticket | undefined;
  named(id: string): Ticket | undefined;
  posted(message: string, ticket: Ticket): void;
  /** Through which one a message was posted. */
  ofMessage(message: string): Ticket | undefined;
  isAlive(ticket: Ticket): boolean;
}

export function openTickets(clock: Clock): Tickets {
  const byPlace = new Map<PlaceId, Ticket>();
  const byId = new Map<string, Ticket>();
  const byMessage = new Map<string, Ticket>();
  return {
    add: (ticket) => {
      remember(byPlace, ticket.place, ticket);
      remember(byId, ticket.id, ticket);
    },
    named: (id) => byId.get(id),
    lastOf: (place) => byPlace.get(place),
    posted: (message, ticket) => remember(byMessage, message, ticket),
    ofMessage: (message) => byMessage.get(message),
    isAlive: ({ at }) => clock.now() - at < livesMs,
  };
}

/** Keeps the newest only. */
export function remember<K, V>(map: Map<K, V>, key: K, value: V): void {
  map.delete(key);
  map.set(key, value);
  const [oldest] = map.keys();
  if (map.size > most && oldest !== undefined) map.delete(oldest);
}
