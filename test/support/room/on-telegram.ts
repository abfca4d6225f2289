import type { Conversation, Seen, StandInChat, StandInGroup, TelegramStandIn } from '../telegram-stand-in/index.ts';
import type { Along, Person, Room, RoomMessage, Values } from './room.ts';

/** Names are kept from notifying anybody by a character nobody sees. */
const asMessage = ({ id, text, byBot, buttons, picture, spoiler }: Seen): RoomMessage => ({
  ...{ id: String(id), text: text.replaceAll('\u2060', ''), byBot, onlyFor: null },
  buttons: buttons.flat().map(({ label }) => label),
  pictures: picture ? [{ name: picture.name, bytes: picture.bytes, spoiler }] : [],
});

/** A command as people type it: the prompt first, then what has a name. */
export function typed(name: string, { prompt, advanced, ...values }: Values): string {
  const quoted = (value: Values[string]) => (/\s/u.test(String(value)) ? `"${value}"` : String(value));
  const said = (value: Values[string]) => (value === true ? [] : [quoted(value)]);
  const named = Object.entries(values).map(([key, value]) => [`--${key}`, ...said(value)].join(' '));
  const more = advanced === undefined ? [] : [`--${advanced}`];
  return [`/${name}`, ...(prompt === undefined ? [] : [String(prompt)]), ...named, ...more].join(' ');
}

interface Place {
  readonly tg: TelegramStandIn;
  readonly chat: StandInChat;
}

function seenOf({ tg, chat }: Place, { id }: RoomMessage): Seen {
  const seen = tg.messages(chat).find((message) => String(message.id) === id);
  if (!seen) throw new Error(`message ${id} is gone`);
  return seen;
}

const has = ({ buttons }: Seen, words: string) => buttons.flat().some(({ label }) => label.includes(words));

/** Sends a command with what belongs to it: an album, a photo, a file, or words alone. */
async function send(place: Place, self: Conversation, words: string, along: Along): Promise<void> {
  const { picture, mask, about, spoiler = false } = along;
  const saying = about ? { replyTo: seenOf(place, about) } : {};
  if (picture && mask) await self.album([picture, mask], { caption: words, spoiler, ...saying });
  else if (mask) await self.document(mask, { caption: words, name: 'mask.png', ...saying });
  else if (picture && picture[0] !== 0x89 && picture[0] !== 0xff)
    await self.document(picture, { caption: words, name: 'notes.png', ...saying });
  else if (picture) await self.photo(picture, { caption: words, spoiler, ...saying });
  else self.command(words, saying);
}

/** Presses a button; where "⋯" was opened before, and the button stands in front, turns back first. */
async function pressOn(place: Place, self: Conversation, on: RoomMessage, button: string): Promise<void> {
  const now = seenOf(place, on);
  if (!has(now, button) && has(now, '🔙')) {
    self.press('🔙', now);
    await self.wait((seen) => seen.id === now.id && has(seen, button));
  }
  self.press(button, seenOf(place, on));
}

function personOf(place: Place, group: StandInGroup, user: Parameters<StandInGroup['as']>[0]): Person {
  const { tg, chat } = place;
  const self = group.as(user);
  const alone = tg.private(user);
  const press = (on: RoomMessage, button: string) => pressOn(place, self, on, button);
  const open = async (on: RoomMessage, button: string) => {
    if (has(seenOf(place, on), button)) return;
    await press(on, '⋯'); // anew, where it was opened before there was such a button
    await self.wait((seen) => String(seen.id) === on.id && has(seen, '💾'));
  };
  const fill: Person['fill'] = async (on, button, { prompt, ...named }) => {
    const known = new Set(tg.messages(chat).map(({ id }) => id));
    await press(on, button);
    const form = await self.wait(({ id, text }) => text.startsWith('✏') && !known.has(id));
    const lines = Object.entries(named).map(([name, value]) => `${name}: ${value}`);
    self.text([...(prompt === undefined ? [] : [String(prompt)]), ...lines].join('\n'), { replyTo: form });
  };
  return {
    name: user.name,
    ...{ handle: `@${user.username}`, id: String(user.id) },
    command: (name, values = {}, along = {}) => send(place, self, typed(name, values), along),
    reply: async (to, words) => void self.text(words, { replyTo: seenOf(place, to) }),
    draw: async (on, svg, words) => void (await self.scribble(seenOf(place, on), svg, { caption: words })),
    ...{ press, fill },
    pressFurther: async (on, button) => {
      await open(on, button);
      await press(on, button);
    },
    fillFurther: async (on, button, values) => {
      await open(on, button);
      await fill(on, button, values);
    },
    forge: async (on, data) => void self.forge(['1', ...data].join(':'), seenOf(place, on)),
    privately: () =>
      tg
        .messages(alone.chat)
        .map(asMessage)
        .filter(({ byBot }) => byBot),
  };
}

/** A group with three people in it. */
export function telegramRoom(
  tg: TelegramStandIn,
  group: StandInGroup,
  users: readonly [Conversation['user'], Conversation['user'], Conversation['user']],
): Room {
  const place = { tg, chat: group.chat };
  const [one, two, three] = users;
  return {
    isLookedAfter: true,
    people: [personOf(place, group, one), personOf(place, group, two), personOf(place, group, three)],
    messages: () => tg.messages(group.chat).map(asMessage),
  };
}
