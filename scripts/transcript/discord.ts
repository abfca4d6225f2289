import { setTimeout as delay } from 'node:timers/promises';
import sharp from 'sharp';
import { openSuggestions, systemClock } from '../../src/bots/core/index.ts';
import { openDiscord } from '../../src/bots/discord/discord.ts';
import { silentLog } from '../../src/log.ts';
import { asArray, asObject, asText } from '../../test/support/discord-stand-in/json.ts';
import type { Interaction } from '../../test/support/discord-stand-in/people.ts';
import { type DiscordStandIn, openDiscordStandIn } from '../../test/support/discord-stand-in/stand-in.ts';
import { findButton, type Seen } from '../../test/support/discord-stand-in/view.ts';
import { permissions, type StandInUser } from '../../test/support/discord-stand-in/world.ts';
import { blocksOf, openRecorder, type Shown } from './recorder.ts';
import { answered, type Person, type Room } from './room.ts';
import { tell } from './story.ts';
import { inStudio } from './studio.ts';

/** Marks of bold text and the backslashes that keep other marks from being any: nobody sees them. */
const rendered = (text: string) => text.replace(/\*\*|\\(?=[^\w\s])/g, '');

/** A form as it opens, its fields with what stands in them. */
function formOf({ modal }: Interaction): string {
  const fields = asArray(modal?.components).map(asObject);
  const lines = fields.map(({ label, component }) => `  ${asText(label)}: [${asText(asObject(component).value)}]`);
  return [`Form "${asText(modal?.title)}" opens:`, ...lines].join('\n');
}

/** What people have before their eyes: what everybody sees once, whispers under the name of whom they are for. */
function look(dc: DiscordStandIn, people: readonly StandInUser[]): readonly Shown[] {
  const all = people.flatMap((person, at) => {
    const seen = dc.messages().filter(({ onlyFor }) => onlyFor === null || onlyFor === person.name);
    const blocks = blocksOf(dc.view(person));
    const shown = seen.map((message, i) => ({ message, block: blocks[i]!, person }));
    return shown.filter(({ message }) => !message.loading && (at === 0 || message.onlyFor !== null));
  });
  return all.map(({ message: { id, pictures }, block, person }) => ({
    id,
    pictures: pictures.map(({ name, bytes, spoiler }) => ({
      ...{ label: `${spoiler ? 'spoiler ' : ''}${name}`, name, bytes },
    })),
    text: rendered(block).replace('only you', `only ${person.name} sees this`),
  }));
}

/** A link to a message, as "Copy message link" gives it. */
const linkTo = ({ guild, channel }: DiscordStandIn, { id }: Seen) =>
  `https://discord.com/channels/${guild.id}/${channel.id}/${id}`;

function personOf(dc: DiscordStandIn, user: StandInUser): Person<Seen> {
  return {
    name: user.name,
    command: (name, values = {}, { picture, about } = {}) =>
      dc.slash(user, name, {
        ...values,
        ...(picture && { image: { name: 'meadow.png', bytes: picture } }),
        ...(about && { link: linkTo(dc, about) }),
      }),
    reply: (to, words) => dc.message(user, words, { replyTo: to }),
    draw: async (on, svg, words) => {
      const drawn = await sharp(on.pictures[0]!.bytes)
        .composite([{ input: Buffer.from(svg) }])
        .jpeg({ quality: 80 })
        .toBuffer();
      return dc.message(user, words, { replyTo: on, files: [{ name: 'drawn.jpg', bytes: drawn }] });
    },
    press: (on, button) => dc.button(user, on, button),
    fill: async (on, button, values) => {
      const form = await dc.button(user, on, button).answered();
      console.log(`${formOf(form)}\n`);
      const texts = Object.entries(values).map(([name, value]) => [name, String(value)]);
      dc.modal(form, Object.fromEntries(texts));
    },
  };
}

/** Three people on a Discord server, one of them in Chinese. */
export async function playDiscord(folder: string): Promise<void> {
  await using dc = await openDiscordStandIn();
  const users = [
    dc.user('Ann', { permissions: permissions.manageGuild }),
    dc.user('小波', { locale: 'zh-CN' }),
    dc.user('José', { locale: 'es-ES' }),
  ] as const;
  const recorder = await openRecorder(folder, () => look(dc, users));
  const [ann, bo, jose] = users;
  const room: Room<Seen> = {
    ...recorder,
    people: [personOf(dc, ann), personOf(dc, bo), personOf(dc, jose)],
    messages: () => dc.messages().map((seen) => ({ ...seen, text: rendered(seen.text) })),
    looks: ({ text, buttons, pictures }) =>
      [
        text,
        ...buttons.map(({ label }) => label),
        ...pictures.map(({ name, bytes }) => `${name} ${bytes.length}`),
      ].join('\n'),
    more: async (person, on) => {
      const panel = await answered(room, () => person.press(on, '⋯'));
      if (!findButton(panel, '💾')) throw new Error(`nothing stands behind ⋯ of: ${on.text}`);
      return panel;
    },
  };
  await inStudio(
    ({ storage, pictures, queue, dataDir }) =>
      openDiscord({
        ...{ token: dc.token, apiRoot: dc.api, dataDir, blobs: storage.blobs, log: silentLog },
        fit: pictures.upload,
        suggestions: openSuggestions({ catalog: () => queue.catalog(), storage, clock: systemClock }),
      }),
    async () => {
      while (dc.commands().length === 0) await delay(20);
      await tell(room);
    },
  );
}
