import type { PlaceId } from '../../edit/lineage.ts';
import type { Clock } from '../core/clock.ts';
import type { Api } from './api.ts';
import { spotOf } from './places.ts';

/** "is sending a photo…" stays for 5 s. Source: Bot API, `sendChatAction`. */
const actionMs = 4500;
/** An edit nobody has heard of for this long may have died. */
const silentMs = 60_000;

/** Shows "is sending a photo…" in the places where edits go on, and keeps showing it between the edits of their cards. */
export interface Activity extends Disposable {
  /** The edit of this card goes on. */
  goesOn(place: PlaceId, card: string): void;
  /** This message says nothing any more of an edit that goes on. */
  ended(place: PlaceId, card: string): void;
}

interface Shown {
  /** Cards of the place, and when each was last heard of, ms. */
  readonly cards: Map<string, number>;
  timer: Disposable;
}

/** Nobody misses it when it fails. */
export function openActivity(api: Api, clock: Clock): Activity {
  const places = new Map<PlaceId, Shown>();

  const show = (place: PlaceId): Disposable => {
    const { chat, topic } = spotOf(place);
    const thread = topic !== null && { message_thread_id: topic };
    void api.call('sendChatAction', { chat_id: chat, action: 'upload_photo', ...thread }).catch(() => {});
    return clock.setTimeout(() => again(place), actionMs);
  };
  const again = (place: PlaceId): void => {
    const shown = places.get(place);
    if (!shown) return;
    for (const [card, at] of shown.cards) if (clock.now() - at >= silentMs) shown.cards.delete(card);
    if (shown.cards.size === 0) places.delete(place);
    else shown.timer = show(place);
  };

  return {
    goesOn: (place, card) => {
      const shown = places.get(place);
      if (shown) shown.cards.set(card, clock.now());
      else places.set(place, { cards: new Map([[card, clock.now()]]), timer: show(place) });
    },
    ended: (place, card) => {
      const shown = places.get(place);
      if (!shown?.cards.delete(card) || shown.cards.size > 0) return;
      shown.timer[Symbol.dispose]();
      places.delete(place);
    },
    [Symbol.dispose]: () => {
      for (const { timer } of places.values()) timer[Symbol.dispose]();
      places.clear();
    },
  };
}
