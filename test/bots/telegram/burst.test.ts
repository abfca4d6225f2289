import { expect, test } from 'vitest';
import { defaultLimits } from '../../../src/bots/core/index.ts';
import { solidPng } from '../../support/jobs.ts';
import { type StandInChat, telegramLimits } from '../../support/telegram-stand-in/index.ts';
import { isResult, openChat } from './chat.ts';

const speed = 60;
/** So much sooner a call may arrive than the bot meant, ms of its time: one before it took longer on its way. */
const jitterMs = 40 * speed;

/** Most of these times within a span, ms. */
const mostWithin = (times: readonly number[], ms: number): number =>
  Math.max(0, ...times.map((from) => times.filter((at) => at >= from && at < from + ms).length));

test('fifty edits at once, in a group and in private, stay within the limits, and everybody gets theirs', async () => {
  const limits = { ...defaultLimits, queuedPerPerson: 60, queuedPerGroup: 60, creditsPerHour: 1e6 };
  await using chat = await openChat({ speed, limits, standIn: { limits: telegramLimits, speed } });
  const { tg } = chat;
  const black = await solidPng(64, 64, '#000000');
  const people = ['Anna', 'Boris', 'Clara', 'Dora', 'Emil'].map((name) => tg.user(name));
  const group = tg.group('Studio', people);
  const ann = tg.private(tg.user('Ann'));
  const first = group.as(people[0]!);
  await first.photo(black, { caption: '/edit a cap' });
  await ann.photo(black, { caption: 'a cap' });
  const [inGroup, alone] = [await first.wait(isResult(1), 10_000), await ann.wait(isResult(1), 10_000)];
  const asked = { group: 35, alone: 15 };
  for (let n = 0; n < asked.group; n += 1) group.as(people[n % 5]!).command(`/edit hat ${n}`, { replyTo: inGroup });
  for (let n = 0; n < asked.alone; n += 1) ann.command(`/edit hat ${n}`, { replyTo: alone });

  const ofBot = (place: StandInChat) => tg.messages(place).filter(({ byBot, text }) => byBot && text.includes('"hat '));
  const allDone = async (place: StandInChat, count: number) => {
    const results = () => ofBot(place).filter(isResult()).length;
    await expect.poll(results, { timeout: 60_000, interval: 100 }).toBe(count);
    await expect.poll(() => ofBot(place).length, { timeout: 10_000 }).toBe(count); // no progress card is left behind
    expect(new Set(ofBot(place).map(({ text }) => /"hat \d+"/.exec(text)?.[0])).size).toBe(count);
  };
  await allDone(group.chat, asked.group);
  await allDone(ann.chat, asked.alone);

  const editsIn = (place: StandInChat) =>
    tg.log
      .filter(({ way, what, fields }) => way === 'call' && /^edit/.test(what) && Number(fields.chat_id) === place.id)
      .map(({ at }) => at);
  expect(editsIn(group.chat).length).toBeGreaterThan(0);
  expect(mostWithin(editsIn(group.chat), 60_000 - jitterMs)).toBeLessThanOrEqual(12);
  expect(mostWithin(editsIn(ann.chat), 60_000 - jitterMs)).toBeLessThanOrEqual(40);
  const refused = tg.log.filter(({ way, status }) => way === 'answer' && status === 429).length;
  expect(refused).toBeLessThan(asked.group + asked.alone); // asked to wait, the bot waits: some twenty, or several times as many
}, 120_000);
