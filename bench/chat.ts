import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import sharp from 'sharp';
import { type DiscordStandIn, openDiscordStandIn } from '../test/support/discord-stand-in/stand-in.ts';
import { channelJson, guildJson } from '../test/support/discord-stand-in/wire.ts';
import { openTelegramStandIn, type TelegramStandIn } from '../test/support/telegram-stand-in/index.ts';
import type { JobEnd, Told } from './chat-child.ts';
import { fairness } from './fair-order.ts';
import type { Measured } from './report.ts';
import { type Answers, answeredOnTelegram, openAnswers, repliedOnDiscord } from './wire.ts';

const USERS = 500;
const PLACES = 40;
const ROUNDS = 10;
/** Everybody does something about this often, ms. */
const EVERY_MS = 20_000;
/** Time the line has to become empty after a round, ms. */
const DRAIN_MS = 120_000;
/** Time for anything to be answered at all, ms. */
const ANSWER_MS = 20_000;

/** What people do, and what counts as the answer to it. */
const kinds = {
  'Discord press': 'acknowledged',
  'Discord command': 'acknowledged',
  'Discord words': 'replied to',
  'Telegram press': 'answered',
  'Telegram command': 'replied to',
  'Telegram words': 'replied to',
} as const;
type Kind = keyof typeof kinds;
/** The most the 99th of a hundred may wait, ms. */
const LIMIT_MS = 1000;

/** Something somebody did, and the bot's first answer to it. */
interface Answer {
  readonly kind: Kind;
  /** What the job it asks for is called by; null for what asks for none. */
  readonly key: string | null;
  /** After how many ms it was answered; null while they wait. */
  readonly after: () => number | null;
  /** How many answers came, where there shall be one. */
  readonly answers?: () => number;
}

/** Somebody in a place, and what they do there again and again. */
interface Person {
  press(): Answer;
  /** Replies to a picture with what shall become of it. */
  say(): Answer;
  command(): Answer;
}

/** A place with its first result, which everybody presses and replies to. */
interface Place {
  readonly people: readonly Person[];
  /** What is shown, message by message: the pictures their buttons are about. */
  shown(): readonly string[];
}

const picture = () =>
  sharp({ create: { width: 64, height: 64, channels: 3, background: '#c83' } })
    .png()
    .toBuffer();

/** What the buttons of a message are about, each once: `p1|ag|<node>|` or `1:ag:<node>:`. */
const targetsOf = (data: readonly (string | null)[]): readonly string[] => [
  ...new Set(data.flatMap((one) => one?.split(/[|:]/)[2] ?? [])),
];

const since = (start: number, end: number | undefined): number | null => (end === undefined ? null : end - start);

async function discordPlace(dc: DiscordStandIn, answers: Answers, at: number, people: number): Promise<Place> {
  const guild = at % 4 === 0 ? dc.addGuild(`guild ${at}`) : dc.guild;
  const channel = dc.addChannel(`channel-${at}`, { guild });
  if (guild !== dc.guild) dc.gateway.dispatch('GUILD_CREATE', guildJson(dc.world, guild), channel);
  else dc.gateway.dispatch('CHANNEL_CREATE', channelJson(dc.world, channel), channel);
  const users = Array.from({ length: people }, (_, i) => dc.user(`d${at}-${i}`));
  dc.slash(users[0]!, 'edit', { prompt: 'a red hat', image: { name: 'a.png', bytes: await picture() } }, { channel });
  const card = await dc.waitCard((seen) => seen.channel.id === channel.id && seen.buttons.length > 3, 30_000);
  return {
    shown: () =>
      dc
        .messages({ channel })
        .flatMap(({ pictures, buttons }) =>
          pictures.length > 0 ? targetsOf(buttons.map(({ customId }) => customId)) : [],
        ),
    people: users.map((user) => ({
      press: () => {
        const pressed = dc.button(user, card, 'Again');
        return { kind: 'Discord press', key: `d:${pressed.id}`, after: () => pressed.answeredAfterMs };
      },
      say: () => {
        const [start, { id }] = [dc.clock.now(), dc.message(user, 'make it blue', { channel, replyTo: card })];
        return { kind: 'Discord words', key: `d:${id}`, after: () => since(start, answers.first(id)) };
      },
      command: () => {
        const typed = dc.slash(user, 'queue', {}, { channel });
        return { kind: 'Discord command', key: null, after: () => typed.answeredAfterMs };
      },
    })),
  };
}

async function telegramPlace(tg: TelegramStandIn, answers: Answers, at: number, people: number): Promise<Place> {
  const users = Array.from({ length: people }, (_, i) => tg.user(`t${at}-${i}`));
  const group = tg.group(`group ${at}`, users);
  const { id: chat } = group.chat;
  const first = group.as(users[0]!);
  await first.photo(await picture(), { caption: '/edit a red hat' });
  const card = await first.wait((seen) => seen.byBot && seen.buttons.flat().length > 3, 30_000);
  const answer = (kind: Kind, key: string | null, name: string): Answer => {
    const start = tg.clock.now();
    return { kind, key, after: () => since(start, answers.first(name)) };
  };
  return {
    shown: () =>
      tg
        .messages(group.chat)
        .flatMap(({ picture, buttons }) => (picture === null ? [] : targetsOf(buttons.flat().map(({ data }) => data)))),
    people: users.map((user) => ({
      press: () => {
        const { id } = group.as(user).press('Again', card);
        return answer('Telegram press', `t:${tg.bot.id}:press:${id}`, id);
      },
      say: () => {
        const { id } = group.as(user).text('make it blue', { replyTo: card });
        return answer('Telegram words', `t:${tg.bot.id}:${chat}:message:${id}`, `${chat}:${id}`);
      },
      command: () => {
        const name = `${chat}:${group.as(user).command('/queue').id}`;
        return { ...answer('Telegram command', null, name), answers: () => answers.count(name) };
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

/** Everything that was asked for has ended, or time is up. */
async function drained(child: ChildProcess): Promise<void> {
  for (const end = Date.now() + DRAIN_MS; Date.now() < end; await delay(100))
    if ((await told<{ unfinished: number }>(child, 'state')).unfinished === 0) return;
}

interface Load {
  readonly done: readonly Answer[];
  readonly waits: ReadonlyMap<Kind, readonly number[]>;
  readonly unanswered: number;
  /** Of the child after each round, when it has nothing to do, bytes. */
  readonly memory: readonly number[];
}

/** One of what a person does: half of it asks for an edit. */
function act(person: Person): Answer {
  const dice = Math.random();
  if (dice < 0.25) return person.press();
  return dice < 0.5 ? person.say() : person.command();
}

/**
 * People press and type at random moments for `roundMs`, then what they asked for comes to its end, round after round; the child's
 * memory is read after each.
 */
async function load(child: ChildProcess, people: readonly Person[], roundMs: number): Promise<Load> {
  const perRound = (people.length * roundMs) / EVERY_MS;
  const open = new Set<Answer>();
  const waits = new Map<Kind, number[]>();
  const memory: number[] = [];
  const done: Answer[] = [];
  const look = () => {
    for (const answer of open) {
      const after = answer.after();
      if (after === null) continue;
      waits.set(answer.kind, [...(waits.get(answer.kind) ?? []), after]);
      open.delete(answer);
    }
  };
  const looking = setInterval(look, 10);
  for (let round = 0; round < ROUNDS; round++) {
    const start = performance.now();
    for (let i = 0; i < perRound; i++) {
      const answer = act(people[Math.floor(Math.random() * people.length)]!);
      open.add(answer);
      done.push(answer);
      await delay(Math.max(0, start + ((i + 1) * roundMs) / perRound - performance.now()));
    }
    for (const end = Date.now() + ANSWER_MS; open.size > 0 && Date.now() < end; ) await delay(20);
    await drained(child);
    memory.push((await told<{ memory: number }>(child, 'memory')).memory);
  }
  clearInterval(looking);
  return { done, waits, unanswered: open.size, memory };
}

const share = (values: readonly number[], of: number) =>
  values.toSorted((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * of))] ?? 0;

/** The last rounds against the third to fifth: 1 is flat. The first two fill caches. */
function growth(memory: readonly number[]): number {
  const mean = (part: readonly number[]) => part.reduce((sum, one) => sum + one, 0) / part.length;
  return mean(memory.slice(-3)) / mean(memory.slice(2, 5));
}

/** Of every request by its own name: what became of it, and what can be seen of that. */
function accounted(done: readonly Answer[], jobs: readonly JobEnd[], places: readonly Place[]) {
  const keys = done.flatMap(({ key }) => key ?? []);
  const shown = places.flatMap((place) => place.shown());
  const isShown = new Set(shown);
  const byKey = new Map(jobs.map((job) => [job.key, job]));
  const isDone = (key: string) => {
    const job = byKey.get(key);
    return job?.state === 'done' && job.nodes.length === 1 && isShown.has(job.nodes[0]!);
  };
  const answeredTwice = done.filter(({ answers }) => (answers?.() ?? 1) > 1).length;
  return {
    asked: keys.length,
    lost: keys.filter((key) => !isDone(key)).length,
    unasked: jobs.length - places.length - keys.filter((key) => byKey.has(key)).length,
    repeated: shown.length - isShown.size + answeredTwice,
  };
}

/** 500 people in 40 places press and type for some minutes, on Discord and Telegram at once, against one process of bots. */
export async function chat(minutes: number): Promise<readonly Measured[]> {
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
  const onDiscord = openAnswers(dc.log, repliedOnDiscord);
  const onTelegram = openAnswers(tg.log, answeredOnTelegram);
  for (let at = 0; at < PLACES; at++)
    places.push(await (at % 2 === 0 ? discordPlace(dc, onDiscord, at, each) : telegramPlace(tg, onTelegram, at, each)));
  await drained(child);
  const people = places.flatMap((place) => place.people);
  const { done, waits, unanswered, memory } = await load(child, people, (minutes * 60_000) / ROUNDS);
  const { events, jobs } = await told<Told>(child, 'stop');
  await once(child, 'exit');
  const { asked, lost, unasked, repeated } = accounted(done, jobs, places);
  const { outOfOrder, contested } = fairness(events);
  const answers = [...waits].flatMap(([kind, all]): Measured[] => [
    { what: `${kind} ${kinds[kind]}, p99 of ${all.length}`, value: share(all, 0.99), unit: 'ms', limit: LIMIT_MS },
    { what: `${kind} ${kinds[kind]}, median`, value: share(all, 0.5), unit: 'ms', limit: null },
  ]);
  const started = events.filter(({ what }) => what === 'started').length;
  return [
    ...answers,
    { what: 'never answered', value: unanswered, unit: '', limit: 0 },
    { what: `edits lost, of ${asked} asked for`, value: lost, unit: '', limit: 0 },
    { what: 'edits nobody asked for', value: unasked, unit: '', limit: 0 },
    { what: 'answers and results posted twice', value: repeated, unit: '', limit: 0 },
    { what: `jobs begun out of fair order, of ${started}`, value: outOfOrder, unit: '', limit: 0 },
    { what: 'jobs begun while several people waited', value: contested, unit: '', limit: null },
    { what: `memory after round 3 of ${ROUNDS}`, value: memory[2]! / 2 ** 20, unit: 'MB', limit: null },
    { what: 'memory after the last, against the third', value: growth(memory), unit: '×', limit: 1.1 },
  ];
}
