import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import sharp from 'sharp';
import { messagesIn } from '../src/bots/core/index.ts';
import { type DiscordStandIn, openDiscordStandIn } from '../test/support/discord-stand-in/stand-in.ts';
import { openTelegramStandIn, type TelegramStandIn } from '../test/support/telegram-stand-in/index.ts';
import { type LineEvent, outOfOrder } from './fair-order.ts';
import type { Measured } from './report.ts';

const USERS = 500;
const PLACES = 40;
const ROUNDS = 10;
const ROUND_MS = 6000;
/** Everybody does something about this often, ms. */
const EVERY_MS = 20_000;
/** Time the line has to become empty in the end, ms. */
const DRAIN_MS = 120_000;

/** Somebody in a place, and the two things they do there. */
interface Person {
  press(): Answer;
  type(): Answer;
}
/** After how many ms somebody was answered; null while they wait. */
interface Answer {
  readonly kind: 'Discord, acknowledged' | 'Telegram press, answered' | 'Telegram command, replied to';
  readonly after: () => number | null;
}

/** A place with its first result, whose button everybody presses. */
interface Place {
  readonly people: readonly Person[];
  /** Numbers of the pictures that presses made, one for each message that shows one. */
  results(): readonly string[];
}

const picture = () =>
  sharp({ create: { width: 64, height: 64, channels: 3, background: '#c83' } })
    .png()
    .toBuffer();
/** The number of the picture a press made, in the words of its message; nothing for other messages. */
function againIn({ byBot, text }: { readonly byBot: boolean; readonly text: string }): readonly string[] {
  const [, number, operation] = /#(\d+) · (.+?) · /.exec(text) ?? [];
  return byBot && number && operation === messagesIn('en').operations.again ? [number] : [];
}

async function discordPlace(dc: DiscordStandIn, at: number, people: number): Promise<Place> {
  const guild = at % 2 === 0 ? dc.addGuild(`guild ${at}`) : dc.guild;
  const channel = dc.addChannel(`channel-${at}`, { guild });
  const users = Array.from({ length: people }, (_, i) => dc.user(`d${at}-${i}`));
  dc.slash(users[0]!, 'edit', { prompt: 'a red hat', image: { name: 'a.png', bytes: await picture() } }, { channel });
  const card = await dc.waitCard((seen) => seen.channel.id === channel.id && seen.buttons.length > 3, 30_000);
  return {
    results: () => dc.messages({ channel }).flatMap(againIn),
    people: users.map((user) => ({
      press: () => {
        const pressed = dc.button(user, card, 'Again');
        return { kind: 'Discord, acknowledged', after: () => pressed.answeredAfterMs };
      },
      type: () => {
        const typed = dc.slash(user, 'queue', {}, { channel });
        return { kind: 'Discord, acknowledged', after: () => typed.answeredAfterMs };
      },
    })),
  };
}

async function telegramPlace(tg: TelegramStandIn, at: number, people: number): Promise<Place> {
  const users = Array.from({ length: people }, (_, i) => tg.user(`t${at}-${i}`));
  const group = tg.group(`group ${at}`, users);
  const first = group.as(users[0]!);
  await first.photo(await picture(), { caption: '/edit a red hat' });
  const card = await first.wait((seen) => seen.byBot && seen.buttons.flat().length > 3, 30_000);
  const answered = (kind: Answer['kind'], isThere: () => boolean): Answer => {
    const start = performance.now();
    let after: number | null = null;
    const look = () => {
      after ??= isThere() ? performance.now() - start : null;
      return after;
    };
    return { kind, after: look };
  };
  return {
    results: () => tg.messages(group.chat).flatMap(againIn),
    people: users.map((user) => ({
      press: () => {
        const pressed = group.as(user).press('Again', card);
        return answered('Telegram press, answered', () => pressed.answer !== null);
      },
      type: () => {
        const { id } = group.as(user).command('/queue');
        return answered('Telegram command, replied to', () =>
          tg.messages(group.chat).some((seen) => seen.byBot && seen.replyTo === id),
        );
      },
    })),
  };
}

/** One thing the child says. */
async function told<T>(child: ChildProcess, asked: string | null): Promise<T> {
  const answer = once(child, 'message');
  if (asked !== null) child.send(asked);
  return (await answer)[0] as T;
}

interface Load {
  readonly presses: number;
  readonly waits: ReadonlyMap<Answer['kind'], number[]>;
  readonly unanswered: number;
  readonly memory: readonly number[];
}

/** People press and type at random moments, round after round; the child's memory is read after each. */
async function load(child: ChildProcess, people: readonly Person[]): Promise<Load> {
  const perRound = (people.length * ROUND_MS) / EVERY_MS;
  const open = new Set<Answer>();
  const waits = new Map<Answer['kind'], number[]>();
  const memory: number[] = [];
  let presses = 0;
  const look = () => {
    for (const answer of open) {
      const after = answer.after();
      if (after === null) continue;
      const known = waits.get(answer.kind) ?? [];
      known.push(after);
      waits.set(answer.kind, known);
      open.delete(answer);
    }
  };
  const looking = setInterval(look, 10);
  for (let round = 0; round < ROUNDS; round++) {
    for (let i = 0; i < perRound; i++) {
      const person = people[Math.floor(Math.random() * people.length)]!;
      const presses_ = Math.random() < 0.5;
      if (presses_) presses += 1;
      open.add(presses_ ? person.press() : person.type());
      await delay(ROUND_MS / perRound);
    }
    memory.push((await told<{ memory: number }>(child, 'memory')).memory);
  }
  for (const end = Date.now() + 20_000; open.size > 0 && Date.now() < end; ) await delay(20);
  clearInterval(looking);
  look();
  return { presses, waits, unanswered: open.size, memory };
}

const share = (values: readonly number[], of: number) =>
  values.toSorted((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * of))] ?? 0;

/** Slope of the last rounds against the first of them: 1 is flat. The first two fill caches. */
function growth(memory: readonly number[]): number {
  const mean = (part: readonly number[]) => part.reduce((sum, one) => sum + one, 0) / part.length;
  return mean(memory.slice(-3)) / mean(memory.slice(2, 5));
}

/** 500 people in 40 places press and type for a minute, on Discord and Telegram at once, against one process of bots. */
export async function chat(): Promise<readonly Measured[]> {
  const bucket = { limit: 1000, windowMs: 1000 };
  await using dc = await openDiscordStandIn({ messageBucket: bucket });
  await using tg = await openTelegramStandIn({ limits: null });
  const where = {
    discord: { token: dc.token, apiRoot: dc.api },
    telegram: { token: tg.token, apiRoot: tg.apiRoot },
  };
  const execArgv = ['--import', 'tsx', '--expose-gc'];
  const child = fork(join(import.meta.dirname, 'chat-child.ts'), [JSON.stringify(where)], { execArgv });
  await told(child, null);
  const each = Math.ceil(USERS / PLACES);
  const places: Place[] = [];
  for (let at = 0; at < PLACES; at++)
    places.push(await (at % 2 === 0 ? discordPlace(dc, at, each) : telegramPlace(tg, at, each)));
  const { presses, waits, unanswered, memory } = await load(
    child,
    places.flatMap((place) => place.people),
  );
  for (const end = Date.now() + DRAIN_MS; Date.now() < end; await delay(250))
    if ((await told<{ unfinished: number }>(child, 'state')).unfinished === 0) break;
  const results = places.map((place) => place.results());
  const shown = results.flat().length;
  const made = results.reduce((sum, numbers) => sum + new Set(numbers).size, 0);
  const { events } = await told<{ events: readonly LineEvent[] }>(child, 'stop');
  await once(child, 'exit');
  const answers = [...waits].flatMap(([kind, all]): Measured[] => [
    { what: `${kind}, p99 of ${all.length}`, value: share(all, 0.99), unit: 'ms', limit: 1000 },
    { what: `${kind}, median`, value: share(all, 0.5), unit: 'ms', limit: null },
  ]);
  const started = events.filter(({ what }) => what === 'started').length;
  return [
    ...answers,
    { what: 'never answered', value: unanswered, unit: '', limit: 0 },
    { what: `lost, of ${presses} presses`, value: presses - made, unit: '', limit: 0 },
    { what: `results posted twice, of ${made}`, value: shown - made, unit: '', limit: 0 },
    { what: `jobs begun out of fair order, of ${started}`, value: outOfOrder(events), unit: '', limit: 0 },
    { what: `memory over ${ROUNDS} rounds, last against third`, value: growth(memory), unit: '×', limit: 1.2 },
  ];
}
