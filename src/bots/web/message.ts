import type { UserId } from '../../edit/request.ts';
import type { Card } from '../core/platform.ts';

/** What a person said. */
export interface Said {
  readonly user: UserId;
  readonly name: string;
  readonly text: string;
  /** Parameters chosen beside the text, by chat option name. */
  readonly settings: Readonly<Record<string, string>>;
  readonly files: readonly SaidFile[];
}
export interface SaidFile {
  readonly name: string;
  readonly role: 'image' | 'mask';
  /** A small copy among the conversation's files; null when the browser sent none. */
  readonly view: string | null;
}

/** One message: somebody's words, or a card of ours. */
export interface Message {
  readonly id: string;
  /** ms since 1970. */
  readonly at: number;
  /** The only one who sees it; null for everybody. */
  readonly to: UserId | null;
  readonly replyTo: string | null;
  /** Posting the same one twice is posting once. */
  readonly nonce: string;
  readonly said: Said | null;
  readonly card: Card | null;
}

/** Whether somebody sees a message. */
export function isFor({ to }: Message, reader: UserId): boolean {
  return to === null || to === reader;
}
