import { setTimeout as delay } from 'node:timers/promises';
import sharp from 'sharp';
import type { WireAnswer, WireCard, WireEvent, WireMessage } from '../../../src/bots/web/client/wire.ts';
import { pngFile, type Visitor } from '../../bots/web/visitor.ts';
import { typed } from './on-telegram.ts';
import type { Along, Person, Room, RoomMessage, Values } from './room.ts';

/** A message as it came over the wire, and as one reads it. */
interface Known {
  readonly card: WireCard | null;
  readonly message: RoomMessage;
}

/** Everything the server tells one visitor, as it comes; and notices, which are told in answer to something and not kept. */
interface Screen {
  readonly visitor: Visitor;
  readonly known: Map<string, Known>;
}

const labelOf = ({ emoji, label }: { readonly emoji?: string | null; readonly label: string }) =>
  `${emoji ?? ''} ${label}`.trim();

function labelsOf({ rows, choices }: WireCard): readonly string[] {
  return [...rows.flat().filter(({ disabled }) => !disabled), ...choices].map(labelOf);
}

const textOf = ({ title, lines, block }: WireCard) => [title, ...lines, ...block].join('\n');

async function read(visitor: Visitor, { id, card, said, onlyYou }: WireMessage): Promise<Known> {
  const pictures = (card?.images ?? []).map(async ({ src, name }) => {
    const bytes = src.startsWith('data:')
      ? Buffer.from(src.slice(src.indexOf(',') + 1), 'base64')
      : Buffer.from(await (await visitor.fetch(src)).arrayBuffer());
    return { name, bytes, spoiler: card?.spoiler ?? false };
  });
  const message = {
    ...{ id, byBot: card !== null, onlyFor: onlyYou ? visitor.name : null },
    text: card ? textOf(card) : `${said?.name}: ${said?.text}`,
    buttons: card ? labelsOf(card) : [],
    pictures: await Promise.all(pictures),
  };
  return { card, message };
}

/** The events of a stream, as they come. */
async function* events(response: Response): AsyncGenerator<WireEvent> {
  let text = '';
  for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) {
    text += chunk;
    const blocks = text.split('\n\n');
    text = blocks.pop()!;
    for (const block of blocks) {
      const data = /^data: (.*)$/m.exec(block)?.[1];
      if (data) yield JSON.parse(data) as WireEvent;
    }
  }
}

/** Keeps a screen as the server says, over restarts of the server, until it is closed. */
async function watch({ visitor, known }: Screen, closing: AbortSignal): Promise<void> {
  const put = async (wire: WireMessage) => void known.set(wire.id, await read(visitor, wire));
  while (!closing.aborted) {
    try {
      const { messages, event } = await visitor.conversation();
      for (const wire of messages) await put(wire);
      const response = await visitor.fetch(`/api/events?after=${event}`, { signal: closing });
      for await (const change of events(response)) {
        if (change.kind === 'reset') break;
        if (change.kind === 'removed') known.delete(change.id);
        else await put(change.message);
      }
    } catch {
      await delay(20); // the server is away for a moment
    }
  }
}

/** Somebody who speaks HTTP. `notices` numbers what is told in passing. */
function personOf(screen: Screen, visitors: ReadonlyMap<string, Screen>): Person {
  const { visitor, known } = screen;
  let notices = 0;
  /** Shows what came in answer, as the page would. */
  const show = async (answer: WireAnswer): Promise<WireAnswer> => {
    for (const card of answer.told) {
      notices += 1;
      const id = `notice ${notices} for ${visitor.name}`;
      const about = { id, at: 0, replyTo: null, onlyYou: true, nonce: id, said: null };
      known.set(id, await read(visitor, { ...about, card }));
    }
    return answer;
  };
  const act = async (code: string, { id }: RoomMessage, values: Values | null = null) =>
    show(await visitor.press(code, id.startsWith('notice') ? null : id, values));
  const codeIn = (card: WireCard | null | undefined, wanted: string): string => {
    const all = card ? [...card.rows.flat().filter(({ disabled }) => !disabled), ...card.choices] : [];
    const found = all.find((button) => labelOf(button).includes(wanted));
    if (!found) throw new Error(`no button ${wanted} among ${all.map(labelOf).join(' · ')}`);
    return found.code;
  };
  /** What others see is pressed as well: cards stand on every screen. */
  const cardOf = ({ id }: RoomMessage) =>
    (known.get(id) ?? [...visitors.values()].find((one) => one.known.has(id))?.known.get(id))?.card;
  const say = async (words: string, along: Along = {}) => {
    const { picture, mask, about } = along;
    const files = { ...(picture && { image: pngFile(picture) }), ...(mask && { mask: pngFile(mask, 'mask.png') }) };
    await show(await visitor.say(words, { ...files, replyTo: about?.id ?? '' }));
  };
  const press: Person['press'] = async (on, button) => void (await act(codeIn(cardOf(on), button), on));
  const further = async (on: RoomMessage, button: string) => {
    const { menu } = await act(codeIn(cardOf(on), '⋯'), on);
    return act(codeIn(menu, button), on);
  };
  const answerForm = async ({ form }: WireAnswer, on: RoomMessage, values: Values) => {
    if (!form) throw new Error('no form opened');
    const filled = form.fields.map(({ name, value }) => [name, String(values[name] ?? value)]);
    await act(form.code, on, Object.fromEntries(filled));
  };
  return {
    ...{ name: visitor.name, handle: `@${visitor.name}`, id: /=(\w+)/.exec(visitor.cookie)![1]!, press },
    command: (name, values = {}, along = {}) => say(typed(name, values), along),
    reply: (to, words) => say(words, { about: to }),
    draw: async (on, svg, words) => {
      const drawn = await sharp(on.pictures[0]!.bytes)
        .composite([{ input: Buffer.from(svg) }])
        .png()
        .toBuffer();
      await say(words, { picture: drawn, about: on });
    },
    pressFurther: async (on, button) => void (await further(on, button)),
    fill: async (on, button, values) => answerForm(await act(codeIn(cardOf(on), button), on), on, values),
    fillFurther: async (on, button, values) => answerForm(await further(on, button), on, values),
    forge: async (on, data) => void (await act(['w1', ...data].join('|'), on)),
    privately: () => [...known.values()].map(({ message }) => message).filter(({ onlyFor }) => onlyFor !== null),
  };
}

/** The web chat with three people in it, and nothing of what was said before they came. */
export async function httpRoom(visitors: readonly [Visitor, Visitor, Visitor]): Promise<Room & Disposable> {
  const closing = new AbortController();
  const before = new Set((await visitors[0].conversation()).messages.map(({ id }) => id));
  const screens = new Map(visitors.map((visitor) => [visitor.name, { visitor, known: new Map<string, Known>() }]));
  for (const screen of screens.values()) void watch(screen, closing.signal);
  const [one, two, three] = [...screens.values()].map((screen) => personOf(screen, screens));
  return {
    isLookedAfter: false,
    people: [one!, two!, three!],
    messages: () => {
      const all = new Map([...screens.values()].flatMap(({ known }) => [...known]));
      return [...all].filter(([id]) => !before.has(id)).map(([, { message }]) => message);
    },
    [Symbol.dispose]: () => closing.abort(),
  };
}
