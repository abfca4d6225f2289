import type { UserId } from '../../edit/request.ts';

const pattern = /^alone:(?<ticket>[^:]+):(?<user>[a-z]+:.+)$/;

/** Whom alone a message is for, and by which of their answers it can be shown to them. */
export interface Alone {
  /** As `Answer.ticket` named it. */
  readonly ticket: string;
  readonly user: UserId;
}

/** What a message answers that one person alone is to see; it stands where otherwise the message stands that is replied to. */
export function aloneWith(ticket: string, user: UserId): string {
  return `alone:${ticket}:${user}`;
}

/** Whom alone a message is for; null for one that everybody in its place may see. */
export function aloneIn(replyTo: string | null): Alone | null {
  const { ticket, user } = (replyTo !== null && pattern.exec(replyTo)?.groups) || {};
  return ticket === undefined || user === undefined ? null : { ticket, user: user as UserId };
}
