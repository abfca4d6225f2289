import { openTelegram } from '../../src/bots/telegram/telegram.ts';
import { silentLog } from '../../src/log.ts';
import {
  type Conversation,
  openTelegramStandIn,
  type Seen,
  type StandInChat,
  type TelegramStandIn,
} from '../../test/support/telegram-stand-in/index.ts';
import { blocksOf, openRecorder, type Shown, type ShownPicture } from './recorder.ts';
import type { Person, Room, Values } from './room.ts';
import { tell } from './story.ts';
import { inStudio } from './studio.ts';

function picturesOf({ picture, asFile, spoiler }: Seen): readonly ShownPicture[] {
  if (!picture) return [];
  const { name, bytes, width, height } = picture;
  const kind = `${spoiler ? 'spoiler ' : ''}${asFile ? 'file' : 'photo'}`;
  return [{ label: `${kind} ${asFile ? name : `${width}×${height}`}`, name: asFile ? name : 'photo.jpg', bytes }];
}

function look(tg: TelegramStandIn, chat: StandInChat): readonly Shown[] {
  const seen = tg.messages(chat);
  const blocks = blocksOf(tg.view(chat)); // the bot's activity, if shown, is one more at the end
  return seen.map((message, i) => ({ id: String(message.id), text: blocks[i]!, pictures: picturesOf(message) }));
}

/** A command as people type it: the prompt first, then what has a name. */
function typed(name: string, { prompt, advanced, ...values }: Values): string {
  const quoted = (value: string | number) => (/\s/u.test(String(value)) ? `"${value}"` : String(value));
  const named = Object.entries(values).map(([key, value]) => `--${key} ${quoted(value)}`);
  const more = advanced === undefined ? [] : [`--${advanced}`];
  return [`/${name}`, ...(prompt === undefined ? [] : [prompt]), ...named, ...more].join(' ');
}

const has = ({ buttons }: Seen, emoji: string) => buttons.flat().some(({ label }) => label.startsWith(emoji));

function personOf(tg: TelegramStandIn, self: Conversation): Person<Seen> {
  const now = (on: Seen) => tg.messages(on.chat).find(({ id }) => id === on.id) ?? on;
  const press = async (on: Seen, button: string): Promise<void> => {
    const label = (seen: Seen) => seen.buttons.flat().some((one) => one.label.includes(button));
    if (!label(now(on)) && has(now(on), '🔙')) {
      self.press('🔙', now(on));
      await self.wait((seen) => seen.id === on.id && label(seen));
    }
    self.press(button, now(on));
  };
  return {
    name: self.user.name,
    command: (name, values = {}, { picture, about } = {}) => {
      const words = typed(name, values);
      const saying = about ? { replyTo: about } : {};
      if (!picture) return self.command(words, saying);
      const isPhoto = picture[0] === 0x89; // of PNG files
      return isPhoto
        ? self.photo(picture, { caption: words, ...saying })
        : self.document(picture, { caption: words, name: 'notes.png', ...saying });
    },
    reply: (to, words) => self.text(words, { replyTo: to }),
    draw: (on, svg, words) => self.scribble(now(on), svg, { caption: words }),
    press,
    fill: async (on, button, values) => {
      const isForm = ({ text }: Seen) => text.startsWith('✏');
      const known = new Set(tg.messages(self.chat).map(({ id }) => id));
      await press(on, button);
      const form = await self.wait((seen) => isForm(seen) && !known.has(seen.id));
      const { prompt, ...named } = values;
      const lines = Object.entries(named).map(([name, value]) => `${name}: ${value}`);
      self.text([...(prompt === undefined ? [] : [prompt]), ...lines].join('\n'), { replyTo: form });
    },
  };
}

/** Three people in a Telegram group, one of them in Chinese. */
export async function playTelegram(folder: string): Promise<void> {
  await using tg = await openTelegramStandIn({ limits: null }); // people take longer
  const [ann, bo, jose] = [tg.user('Ann'), tg.user('小波', 'zh-hans'), tg.user('José', 'es')];
  const group = tg.group('Studio', [ann, bo, jose], { administrators: [ann] });
  const recorder = await openRecorder(folder, () => look(tg, group.chat));
  const person = (user: typeof ann) => personOf(tg, group.as(user));
  const room: Room<Seen> = {
    ...recorder,
    people: [person(ann), person(bo), person(jose)],
    messages: () => tg.messages(group.chat),
    looks: ({ text, buttons, picture }) =>
      [text, ...buttons.flat().map(({ label }) => label), `${picture?.name} ${picture?.bytes.length}`].join('\n'),
    more: async (who, on) => {
      const now = () => tg.messages(group.chat).find(({ id }) => id === on.id)!;
      if (!has(now(), '💾')) await who.press(on, '⋯');
      return group.as(ann).wait((seen) => seen.id === on.id && has(seen, '💾'));
    },
  };
  await inStudio(
    ({ storage, pictures }) =>
      openTelegram({
        ...{ token: tg.token, apiRoot: tg.apiRoot, blobs: storage.blobs, fit: pictures.upload, log: silentLog },
      }),
    () => tell(room),
  );
}
