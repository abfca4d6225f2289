import type { Message } from 'telegraf/types';
import type { Clock } from '../core/clock.ts';

/** An album is complete when nothing more came for this long, or that long after its first picture, ms. */
const quietMs = 2500;
const longestMs = 10_000;
/** How long the end of an album is remembered, ms. */
const rememberMs = 10 * 60 * 1000;

/** A message that is part of an album. */
export type AlbumItem = Message & { readonly media_group_id: string };

/** Gathers albums, which arrive picture by picture. Disposing hands out what was gathered so far. */
export interface Albums extends AsyncDisposable {
  add(item: AlbumItem): void;
  /** Its words were changed: an album that was complete is so once more. */
  correct(item: AlbumItem): void;
}

interface Open {
  readonly items: Map<number, AlbumItem>;
  readonly firstAt: number;
  timer: Disposable;
}

interface Ended {
  readonly at: number;
  readonly items: readonly AlbumItem[];
}

export interface AlbumOptions {
  readonly clock: Clock;
  /** A whole album, ordered by message id, whatever the order of arrival. */
  readonly complete: (items: readonly AlbumItem[]) => Promise<void>;
  /** A picture that came after its album was complete. */
  readonly late: (item: AlbumItem, album: readonly AlbumItem[]) => Promise<void>;
}

const keyOf = ({ chat, media_group_id }: AlbumItem): string => `${chat.id}:${media_group_id}`;

export function openAlbums({ clock, complete, late }: AlbumOptions): Albums {
  const open = new Map<string, Open>();
  const ended = new Map<string, Ended>();

  const finish = (key: string): Promise<void> => {
    const album = open.get(key);
    if (!album) return Promise.resolve();
    album.timer[Symbol.dispose]();
    open.delete(key);
    const items = [...album.items.values()].sort((a, b) => a.message_id - b.message_id);
    ended.set(key, { at: clock.now(), items });
    forget(ended, clock.now() - rememberMs);
    return complete(items);
  };

  const add = (item: AlbumItem): void => {
    const key = keyOf(item);
    const before = ended.get(key);
    if (before) {
      void late(item, before.items); // reports its own failures
      return;
    }
    const now = clock.now();
    const { items, firstAt, timer } = open.get(key) ?? {
      items: new Map<number, AlbumItem>(),
      firstAt: now,
      timer: null,
    };
    timer?.[Symbol.dispose]();
    items.set(item.message_id, item);
    const waitMs = Math.min(quietMs, firstAt + longestMs - now);
    open.set(key, { items, firstAt, timer: clock.setTimeout(() => void finish(key), Math.max(0, waitMs)) });
  };

  return {
    add,
    correct: (item) => {
      const before = ended.get(keyOf(item));
      if (!before) return add(item);
      const items = before.items.map((one) => (one.message_id === item.message_id ? item : one));
      ended.set(keyOf(item), { ...before, items });
      void complete(items); // reports its own failures
    },
    [Symbol.asyncDispose]: async () => {
      await Promise.all([...open.keys()].map(finish));
    },
  };
}

function forget(ended: Map<string, Ended>, before: number): void {
  for (const [key, { at }] of ended) if (at < before) ended.delete(key);
}
