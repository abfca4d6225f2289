import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { defaultLimits } from '../../src/bots/core/index.ts';
import { openEngineHost } from '../../src/jobs/engine-host.ts';
import { silentLog } from '../../src/log.ts';
import { solidPng } from '../support/jobs.ts';
import type { Person } from '../support/room/room.ts';
import { type AnyChat, type AnyRoom, messengers, openAnyChat, platforms } from './any-room.ts';

/** The fake engine in a thread of its own, which "!exit" ends. */
const openDyingEngine = () =>
  openEngineHost(
    {
      ...{ modelsDir: '/nowhere', builtinModel: '/nowhere/model', cacheDir: '/nowhere', version: 'test' },
      ...{ device: 'cpu', memoryBudgetMb: 100, previews: 'off', threads: 1 },
    },
    silentLog,
    { thread: new URL('../support/fake-engine-thread.ts', import.meta.url) },
  );

const waiting = (prompt: string) => new RegExp(`⏳[\\s\\S]*"${prompt}"`);
const limits = { ...defaultLimits, queuedPerPerson: 50, queuedPerGroup: 50, creditsPerHour: 10_000 };

describe.each(messengers)('the line on %s', (platform) => {
  let chat: AnyChat;
  let black: Buffer;
  beforeAll(async () => {
    chat = await openAnyChat(platform, { limits });
    black = await solidPng(64, 64, '#000000');
  });
  afterAll(() => chat[Symbol.asyncDispose]());

  /** Asks for an edit that costs as many times a quarter of the picture as it has tens of steps, and waits for its card. */
  const ask = ({ answer }: AnyRoom, who: Person, prompt: string, cost = 1) => {
    const values = { prompt, steps: 10 * cost, strength: 1 };
    return answer(() => who.command('edit', values, { picture: black }), waiting(prompt));
  };
  /** What was painted in rooms, in the order in which it was. */
  async function painted(...rooms: readonly AnyRoom[]): Promise<readonly string[]> {
    const made = rooms.map(({ place }) => chat.storage.lineage.recent(place, new Date(0), 50));
    const nodes = (await Promise.all(made)).flat().filter(({ task }) => task !== null);
    return nodes.sort((a, b) => +a.createdAt - +b.createdAt).map(({ task }) => task!.request.params.prompt);
  }

  test('is shared between rooms by what their edits cost, and in a room between its people', async () => {
    const [x, y] = [await chat.enter(), await chat.enter()];
    chat.latch.close();
    await ask(x, x.ann, 'X: A1', 4);
    await ask(x, x.ann, 'X: A2', 4);
    await ask(x, x.bo, 'X: B1');
    await ask(y, y.ann, 'Y: C1');
    await ask(y, y.ann, 'Y: C2');
    await ask(y, y.bo, 'Y: D1', 2);
    await ask(x, x.ann, 'X: A3');
    chat.latch.open();
    await expect.poll(() => painted(x, y), { timeout: 20_000 }).toHaveLength(7);
    const order = ['X: A1', 'Y: C1', 'Y: D1', 'Y: C2', 'X: B1', 'X: A2', 'X: A3'];
    expect(await painted(x, y)).toEqual(order);
  });

  test('gives everybody in a room a turn before anybody has a second one', async () => {
    const room = await chat.enter();
    const { ann, bo, cy } = room;
    chat.latch.close();
    for (const [who, prompt] of [
      ...[[ann, 'A1'] as const, [ann, 'A2'] as const, [bo, 'B1'] as const],
      ...[[cy, 'C1'] as const, [cy, 'C2'] as const, [ann, 'A3'] as const],
    ])
      await ask(room, who, prompt);
    chat.latch.open();
    await expect.poll(() => painted(room), { timeout: 20_000 }).toHaveLength(6);
    expect(await painted(room)).toEqual(['A1', 'B1', 'C1', 'A2', 'C2', 'A3']);
  });

  test('lets go of what waits and of what runs, for whoever asked for it or looks after the room', async () => {
    const room = await chat.enter();
    const { ann, bo, cy, answer, messages } = room;
    chat.latch.close();
    const runs = await ask(room, bo, 'first');
    const waits = await ask(room, bo, 'second');
    await ask(room, cy, 'third');
    await answer(() => cy.press(waits, '✖️'), /This edit is @Bo’s/);
    await answer(() => bo.press(waits, '✖️'), /Cancelled by @Bo\n"second"/);
    await answer(() => ann.press(runs, '✖️'), /Cancelled by @Ann\n"first"/);
    await answer(() => chat.latch.open(), /^#1 · [\s\S]*"third"/);
    expect(await painted(room)).toEqual(['third']);
    await expect.poll(() => messages().filter(({ text }) => text.includes('⏳')), { timeout: 10_000 }).toEqual([]);
  });
});

describe.each(platforms)('an engine that dies on %s', (platform) => {
  test('takes one edit with it, which is told and costs nothing; the next ones are painted', async () => {
    await using engine = await openDyingEngine();
    await using chat = await openAnyChat(platform, { engine, limits: { ...limits, creditsPerHour: 0.01 } });
    const { ann, bo, answer, messages } = await chat.enter();
    const black = await solidPng(64, 64, '#000000');
    const ask = (who: Person, prompt: string) => who.command('edit', { prompt }, { picture: black });
    await answer(() => ask(bo, '!exit'), waiting('!exit'));
    await answer(() => ask(ann, 'a red hat'), /^#1 · [\s\S]*"a red hat"/);
    const told = messages().findLast(({ text }) => text.includes('went away'));
    expect(told).toMatchObject({ text: expect.stringMatching(/^⚠ [\s\S]*"!exit" · @Bo/), onlyFor: null });
    expect(told!.buttons).toEqual([expect.stringContaining('🔁')]);
    await answer(() => ask(bo, 'a blue hat'), /^#1 · [\s\S]*"a blue hat"/);
  });
});

describe.each(platforms)('credits on %s', (platform) => {
  test('come back for what was cancelled', async () => {
    await using chat = await openAnyChat(platform, {
      limits: { ...defaultLimits, creditsPerHour: 0.01 },
      worker: false,
    });
    const { bo, answer } = await chat.enter();
    const black = await solidPng(64, 64, '#000000');
    const ask = (prompt: string) => () => bo.command('edit', { prompt }, { picture: black });
    const waits = await answer(ask('first'), waiting('first'));
    await answer(ask('second'), /That is enough for this hour/);
    await answer(() => bo.press(waits, '✖️'), /Cancelled by @Bo/);
    await answer(ask('third'), waiting('third'));
  });
});

describe.each(messengers)('fifty edits at once on %s', (platform) => {
  const speed = 20;
  /** A card is edited this often at most, and all of a place this many times in so long, ms. */
  const bounds = { discord: { most: 4, every: 5000 }, telegram: { most: 12, every: 60_000 } }[platform];

  test('end in a result each, and edit their cards no more often than the place bears', async () => {
    await using chat = await openAnyChat(platform, { limits, speed });
    const { ann, bo, cy, messages } = await chat.enter();
    const black = await solidPng(64, 64, '#000000');
    chat.latch.close();
    for (let n = 0; n < 50; n += 1)
      await [ann, bo, cy][n % 3]!.command('edit', { prompt: `${n}!` }, { picture: black });
    const results = () => messages().filter(({ byBot, text }) => byBot && /^#1 · /.test(text));
    const all = () => results().length === 50 || void chat.latch.release(3); // some steps of a job at each look
    await expect.poll(all, { timeout: 90_000, interval: 20 }).toBe(true);
    const prompts = results().map(({ text }) => /"(\d+)!"/.exec(text)?.[1]);
    expect(new Set(prompts).size).toBe(50);
    const edits = chat.editsOfCards();
    expect(edits.length).toBeGreaterThan(3);
    // However late a busy machine lets single edits arrive: all in all there are no more than the time between them allows.
    const span = (Math.max(...edits) - Math.min(...edits)) * speed;
    expect(edits.length).toBeLessThanOrEqual(bounds.most * (1 + span / bounds.every));
  }, 120_000);
});
