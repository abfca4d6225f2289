import type { Moved } from '../core/platform.ts';
import { placeOf } from './places.ts';

/**
 * Groups that became supergroups, which have other ids: with topics, a public name, or more people than a group holds. Telegram says so
 * in a notice on either side, and to whoever still writes to the group. Source: Bot API, `Message.migrate_to_chat_id`, `ResponseParameters`
 */
export interface Upgrades {
  /** Whom to tell. */
  listen(moved: Moved): void;
  /** A group became a supergroup. Resolves when everything of it is there. */
  note(from: string, to: string): Promise<void>;
  /** The supergroup a group became, as far as we have heard; what was written under the group's id meanwhile is there by then. */
  of(chat: string): Promise<string | undefined>;
}

const addressOf = (chat: string) => ({ place: placeOf({ chat, topic: null }), group: `t:${chat}` });

export function openUpgrades(): Upgrades {
  const known = new Map<string, string>();
  let moved: Moved = () => Promise.resolve();
  const note = async (from: string, to: string) => {
    known.set(from, to);
    await moved(addressOf(from), addressOf(to));
  };
  return {
    listen: (listener) => {
      moved = listener;
    },
    note,
    of: async (chat) => {
      const to = known.get(chat);
      if (to !== undefined) await note(chat, to);
      return to;
    },
  };
}
