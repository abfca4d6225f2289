import { randomBytes } from 'node:crypto';
import { newId } from '../../edit/lineage.ts';
import type { UserId } from '../../edit/request.ts';
import type { Card } from '../core/platform.ts';
import { type Feed, openFeed } from './feed.ts';
import type { Journal } from './journal.ts';
import { isFor, type Message } from './message.ts';

export type Change =
  | { readonly kind: 'posted' | 'changed'; readonly message: Message }
  | { readonly kind: 'removed'; readonly message: Message };

/** A part of a conversation, oldest first. */
export interface Page {
  readonly messages: readonly Message[];
  readonly earlier: boolean;
}

/** Everything said in one place, kept in a file; and who is listening. */
export class Conversation implements AsyncDisposable {
  readonly feed: Feed<Change>;
  readonly #journal: Journal;
  readonly #now: () => number;
  readonly #messages: Map<string, Message>;
  readonly #nonces: Map<string, string>;

  constructor(journal: Journal, now: () => number) {
    this.#journal = journal;
    this.#now = now;
    this.#messages = new Map(journal.messages.map((message) => [message.id, message]));
    this.#nonces = new Map(journal.messages.map(({ nonce, id }) => [nonce, id]));
    this.feed = openFeed<Change>(supersedes);
  }

  find(id: string): Message | undefined {
    return this.#messages.get(id);
  }

  /** Adds a message, unless one with its nonce is there. Resolves with its id once it is on disk. */
  async post(message: Omit<Message, 'id' | 'at'>): Promise<string> {
    const known = this.#nonces.get(message.nonce);
    if (known !== undefined) return known;
    const posted = { ...message, id: newId<string>(randomBytes), at: this.#now() };
    this.#nonces.set(message.nonce, posted.id);
    try {
      await this.#journal.append({ posted: withoutPreviews(posted) });
    } catch (error) {
      this.#nonces.delete(message.nonce);
      throw error;
    }
    this.#messages.set(posted.id, posted);
    this.feed.tell({ kind: 'posted', message: posted });
    return posted.id;
  }

  /** Replaces a card. What is only on its way (`busy`) is not written down. @returns whether there is such a message */
  async change(id: string, card: Card): Promise<boolean> {
    const before = this.#messages.get(id);
    if (!before?.card) return false;
    const images = card.images.length > 0 ? card.images : before.card.images;
    const message = { ...before, card: { ...card, images } };
    this.#messages.set(id, message);
    if (card.tone !== 'busy') await this.#journal.append({ changed: withoutPreviews(message) });
    this.feed.tell({ kind: 'changed', message });
    return true;
  }

  /** Takes a message away; one that is gone already does not matter. */
  async remove(id: string): Promise<void> {
    const message = this.#messages.get(id);
    if (!message) return;
    this.#messages.delete(id);
    await this.#journal.append({ removed: id });
    this.feed.tell({ kind: 'removed', message });
  }

  /** The last `limit` messages `reader` may see before message `before`, or before the end. */
  page(reader: UserId, before: string | null, limit: number): Page {
    const all = [...this.#messages.values()].filter((message) => isFor(message, reader));
    const found = before === null ? -1 : all.findIndex((message) => message.id === before);
    const end = found < 0 ? all.length : found;
    const start = Math.max(0, end - limit);
    return { messages: all.slice(start, end), earlier: start > 0 };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.feed[Symbol.dispose]();
    await this.#journal[Symbol.asyncDispose]();
  }
}

/** Of a message's states the newest counts, and of one that is gone only that; where it was posted must stay known. */
function supersedes(newer: Change, older: Change): boolean {
  return older.message.id === newer.message.id && (older.kind === 'changed' || newer.kind === 'removed');
}

/** Live previews pass by; nobody wants them tomorrow. */
function withoutPreviews(message: Message): Message {
  const { card } = message;
  if (!card) return message;
  return { ...message, card: { ...card, images: card.images.filter(({ source }) => typeof source === 'string') } };
}
