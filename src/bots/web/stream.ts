import type { UserId } from '../../edit/request.ts';
import type { Clock } from '../core/clock.ts';
import type { Change, Conversation } from './conversation.ts';
import type { Numbered } from './feed.ts';
import { isFor } from './message.ts';
import { wireEvent } from './render.ts';

/** A sign of life, so that a dead connection is noticed, ms. */
const BEAT_MS = 20_000;
/** A page that reads this little is cut off; it comes back and asks for what it missed. Bytes. */
const BACKLOG = 8 * 1024 * 1024;

const utf8 = new TextEncoder();

/** An event of the page's stream. Source: HTML standard, 9.2.6 */
function eventText(event: string, data: unknown): string {
  return `id: ${event}\ndata: ${JSON.stringify(data)}\n\n`;
}

/** Everything that changes in the conversation for one reader, beginning after `event`, until they or we go away. */
export function changeStream(
  { feed }: Pick<Conversation, 'feed'>,
  reader: UserId,
  event: string,
  clock: Clock,
): ReadableStream<Uint8Array> {
  let listening: Disposable | undefined;
  let timer: Disposable | undefined;
  const stop = () => {
    listening?.[Symbol.dispose]();
    timer?.[Symbol.dispose]();
  };
  const start = (out: ReadableStreamDefaultController<Uint8Array>) => {
    const end = () => {
      stop();
      out.close();
    };
    const write = (text: string) => {
      out.enqueue(utf8.encode(text));
      if ((out.desiredSize ?? 0) < -BACKLOG) end();
    };
    const show = ({ event: name, change }: Numbered<Change>) => {
      if (isFor(change.message, reader)) write(eventText(name, wireEvent(change)));
    };
    const beat = () => {
      timer = clock.setTimeout(beat, BEAT_MS);
      write(': \n\n');
    };
    const missed = feed.since(event);
    listening = feed.listen(show, end);
    write('retry: 1000\n\n');
    if (missed) for (const numbered of missed) show(numbered);
    else write(eventText(feed.event, { kind: 'reset' }));
    timer = clock.setTimeout(beat, BEAT_MS);
  };
  return new ReadableStream({ start, cancel: stop }, new ByteLengthQueuingStrategy({ highWaterMark: 65_536 }));
}
