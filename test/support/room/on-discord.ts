import sharp from 'sharp';
import { asArray, asObject, asText } from '../discord-stand-in/json.ts';
import type { Interaction } from '../discord-stand-in/people.ts';
import type { DiscordStandIn } from '../discord-stand-in/stand-in.ts';
import type { Seen } from '../discord-stand-in/view.ts';
import type { StandInChannel, StandInUser } from '../discord-stand-in/world.ts';
import { answered, type Person, type Room, type RoomMessage } from './room.ts';

/** Marks of bold text and the backslashes that keep other marks from being any: nobody sees them. */
export const rendered = (text: string) => text.replace(/\*\*|\\(?=[^\w\s])/g, '');

const asMessage = ({ id, text, byBot, onlyFor, buttons, pictures }: Seen): RoomMessage => ({
  ...{ id, byBot, onlyFor, text: rendered(text) },
  buttons: buttons.filter(({ disabled }) => !disabled).map(({ label }) => label),
  pictures: pictures.map(({ name, bytes, spoiler }) => ({ name, bytes, spoiler })),
});

interface Place {
  readonly dc: DiscordStandIn;
  readonly channel: StandInChannel;
  /** Told of every form before it is answered. */
  readonly onForm: (form: Interaction) => void;
}

const messagesOf = ({ dc, channel }: Place) =>
  dc
    .messages({ channel })
    .filter(({ loading }) => !loading)
    .map(asMessage);

function seenOf({ dc, channel }: Place, { id }: RoomMessage): Seen {
  const seen = dc.messages({ channel }).find((message) => message.id === id);
  if (!seen) throw new Error(`message ${id} is gone`);
  return seen;
}

async function drawnOn(seen: Seen, svg: string): Promise<Buffer> {
  return sharp(seen.pictures[0]!.bytes)
    .composite([{ input: Buffer.from(svg) }])
    .jpeg({ quality: 80 })
    .toBuffer();
}

function personOf(place: Place, user: StandInUser): Person {
  const { dc, channel, onForm } = place;
  const press = async (on: RoomMessage, button: string) => void dc.button(user, seenOf(place, on), button);
  const more = (on: RoomMessage) =>
    answered(
      { messages: () => messagesOf(place) },
      () => press(on, '⋯'),
      (said) => said.buttons.some((label) => label.startsWith('💾')),
    );
  const fill: Person['fill'] = async (on, button, values) => {
    const form = await dc.button(user, seenOf(place, on), button).answered();
    onForm(form);
    dc.modal(form, Object.fromEntries(Object.entries(values).map(([name, value]) => [name, String(value)])));
  };
  return {
    name: user.name,
    ...{ handle: user.id, id: user.id },
    command: async (name, values = {}, { picture, mask, spoiler, about } = {}) => {
      const file = (bytes: Uint8Array, what: string) => ({ name: `${spoiler ? 'SPOILER_' : ''}${what}.png`, bytes });
      const link = about && `https://discord.com/channels/${channel.guild!.id}/${channel.id}/${about.id}`;
      dc.slash(
        user,
        name,
        {
          ...values,
          ...(picture && { image: file(picture, 'picture') }),
          ...(mask && { mask: file(mask, 'mask') }),
          ...(link && { link }),
        },
        { channel },
      );
    },
    reply: async (to, words) => void dc.message(user, words, { channel, replyTo: seenOf(place, to) }),
    draw: async (on, svg, words) => {
      const files = [{ name: 'drawn.jpg', bytes: await drawnOn(seenOf(place, on), svg) }];
      dc.message(user, words, { channel, replyTo: seenOf(place, on), files });
    },
    ...{ press, fill },
    pressFurther: async (on, button) => press(await more(on), button),
    fillFurther: async (on, button, values) => fill(await more(on), button, values),
    forge: async (on, data) => void dc.forge(user, seenOf(place, on), ['p1', ...data].join('|')),
    privately: () => dc.messages({ channel: dc.privately(user) }).map(asMessage),
  };
}

/** A form as it opens, its fields with what stands in them. */
export function formOf({ modal }: Interaction): string {
  const fields = asArray(modal?.components).map(asObject);
  const lines = fields.map(({ label, component }) => `  ${asText(label)}: [${asText(asObject(component).value)}]`);
  return [`Form "${asText(modal?.title)}" opens:`, ...lines].join('\n');
}

/** A channel of a server with three people in it. */
export function discordRoom(
  dc: DiscordStandIn,
  channel: StandInChannel,
  users: readonly [StandInUser, StandInUser, StandInUser],
  onForm: Place['onForm'] = () => {},
): Room {
  const place = { dc, channel, onForm };
  const [one, two, three] = users;
  return {
    isLookedAfter: true,
    people: [personOf(place, one), personOf(place, two), personOf(place, three)],
    messages: () => messagesOf(place),
  };
}
