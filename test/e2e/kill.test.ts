import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import type { NodeId } from '../../src/edit/lineage.ts';
import { startMortalRedis } from '../jobs/mortal-redis.ts';
import { solidPng } from '../support/jobs.ts';
import type { Person } from '../support/room/room.ts';
import { databaseUrl, program } from '../support/services.ts';
import type { Conversation, Seen } from '../support/telegram-stand-in/index.ts';
import { ending, endingIn, expectOneEndingEach, openStage, type Stage, until } from './stage.ts';

let black: Buffer;
beforeAll(async () => {
  [black] = await Promise.all([solidPng(64, 64, '#000000'), program()]);
}, 120_000);

const short = 'a red hat --steps 3 --size 64x64';
/** A few seconds of work. */
const long = 'a red hat --steps 150 --size 128x128 --strength 1';

const ask = (who: Conversation, caption = short): Promise<Seen> => who.photo(black, { caption });
/** Its card is there: from now on the edit is promised. */
const promised = (asked: Seen, { tg }: Stage) =>
  until('a card', () => tg.messages(asked.chat).find(({ byBot, replyTo }) => byBot && replyTo === asked.id));

function nodeBehind(seen: Seen): NodeId {
  const [, , id] = seen.buttons.flat()[0]?.data?.split(':') ?? [];
  return id as NodeId;
}

/** HEAD of the tree a result is in. */
async function headOf({ storage }: Stage, seen: Seen): Promise<NodeId | undefined> {
  const node = await storage.lineage.node(nodeBehind(seen));
  return (await storage.lineage.lineage(node!.lineage))?.heads.main;
}

/** Presses a button; what follows replies to the message it stands under. */
function press(who: Conversation, label: string, on: Seen): Seen {
  who.press(label, on);
  return on;
}

describe.concurrent('every accepted edit ends in one message, whoever is killed', { timeout: 180_000 }, () => {
  test('the whole program: while one edit is posted, one runs and one waits; right after a result; while starting', async () => {
    await using stage = await openStage();
    const { tg, storage } = stage;
    const [ann, bo, cy, di] = ['Ann', 'Bo', 'Cy', 'Di'].map((name) => stage.somebody(name)) as Conversation[];
    let running = await stage.start('all');
    const before = await ask(ann!);
    const first = await ending(stage, before);

    tg.fail({ method: 'sendPhoto', mishap: { kind: 'drop', when: 'before' } });
    tg.fail({ method: 'sendPhoto', mishap: { kind: 'drop', when: 'after' } });
    const [lost, arrived] = [await ask(ann!), await ask(bo!)];
    await until('both to be posted', () => tg.calls('sendPhoto').length === 3);
    const [runs, waits] = [await ask(cy!, long), await ask(di!)];
    await stage.job(runs, ['running']);
    await promised(waits, stage);
    await running.kill();
    const [posting] = await storage.outbox.due(new Date(0), new Date(), 10);
    expect(posting).toBeDefined();

    await stage.aMinutePasses();
    running = await stage.start('all');
    await running.kill(); // while it takes up what is unfinished
    running = await stage.start('all');
    const posted = () => tg.log.some(({ way, what, at }) => way === 'answer' && what === 'sendPhoto' && at > startedAt);
    const startedAt = tg.clock.now();
    await until('something to be posted', posted);
    await running.kill(); // before or after it has written that down
    await stage.aMinutePasses();
    running = await stage.start('all');
    const results = await Promise.all([lost, arrived, waits].map((asked) => ending(stage, asked)));
    for (const result of results) expect(await headOf(stage, result)).toBe(nodeBehind(result));
    // The other one was at work in the first crash; if it was in another as well, it is not begun a third time.
    expect((await ending(stage, runs)).text).toMatch(/^#1 · |went away/);

    const again = press(ann!, 'Again', first);
    const [, , third] = results;
    press(di!, 'Undo', third!);
    const second = await ending(stage, again);
    expect(await headOf(stage, second)).toBe(nodeBehind(second));
    const root = (await storage.lineage.node(nodeBehind(third!)))!.parent;
    await until('HEAD to step back', async () => (await headOf(stage, third!)) === root);
    expect(await expectOneEndingEach(stage, [before, lost, arrived, runs, waits, again])).toBeGreaterThan(0);
    expect(await running.stop()).toBe(0);
  });

  test('a worker, the bots and a Redis that keeps its data, one after another', async () => {
    await using redis = await startMortalRedis({ persistent: true });
    await using stage = await openStage({ redis: redis.url, database: await databaseUrl() });
    const [ann, bo, cy] = ['Ann', 'Bo', 'Cy'].map((name) => stage.somebody(name)) as Conversation[];
    const [bots, worker] = [await stage.start('bots'), await stage.start('worker')];
    const runs = await ask(ann!, long);
    await stage.job(runs, ['running']);
    const waits = await ask(bo!);
    await promised(waits, stage);
    await worker.kill();
    await bots.kill();
    await redis.kill();
    await redis.restart();
    const [_, next] = await Promise.all([stage.start('bots'), stage.start('worker')]);
    const other = await ending(stage, waits);
    const asked = await ask(cy!);
    const again = press(bo!, 'Again', other);
    const results = await Promise.all([runs, asked, again].map((one) => ending(stage, one)));
    for (const result of results) expect(await headOf(stage, result)).toBe(nodeBehind(result));
    expect(await expectOneEndingEach(stage, [runs, waits, asked, again])).toBe(0);
    expect(await next.stop()).toBe(0);
  });

  test('a Redis that loses its data, under an edit that runs, one that waits and one that is being asked for', async () => {
    await using redis = await startMortalRedis({ persistent: false });
    await using stage = await openStage({ redis: redis.url });
    const [ann, bo, cy] = ['Ann', 'Bo', 'Cy'].map((name) => stage.somebody(name)) as Conversation[];
    const [bots] = [await stage.start('bots'), await stage.start('worker')];
    const runs = await ask(ann!, long);
    await stage.job(runs, ['running']);
    const waits = await ask(bo!);
    await promised(waits, stage);
    await redis.kill();
    const away = await ask(cy!);
    await redis.restart();
    const results = await Promise.all([runs, waits, away].map((asked) => ending(stage, asked)));
    for (const result of results) expect(await headOf(stage, result)).toBe(nodeBehind(result));
    const again = press(ann!, 'Again', results[0]!);
    await stage.job(again, ['running']);
    await bots.kill();
    await redis.kill();
    await redis.restart();
    await stage.start('bots');
    const [repeated] = [await ending(stage, again)];
    expect(await headOf(stage, repeated!)).toBe(nodeBehind(repeated!));
    expect(await expectOneEndingEach(stage, [runs, waits, away, again])).toBe(0);
  });

  test('two processes with bots, a platform each: a worker lost twice, a Redis that stands still, bots that are stopped', async () => {
    await using redis = await startMortalRedis({ persistent: true });
    await using stage = await openStage({ redis: redis.url, database: await databaseUrl(), withDiscord: true });
    const [onTelegram, onDiscord] = [stage.room('telegram'), stage.room('discord')];
    const [[ann], [bo]] = [onTelegram.people, onDiscord.people];
    const [_, bots] = await Promise.all([
      stage.start('bots', { platforms: ['telegram'] }),
      stage.start('bots', { platforms: ['discord'] }),
    ]);
    const order = (who: Person, prompt: string, steps: number, size = 64) =>
      who.command('edit', { prompt, steps, size: `${size}x${size}`, strength: 1 }, { picture: black });

    const first = await stage.start('worker');
    await order(bo, 'deadly', 150, 256);
    await stage.jobWith('deadly', ['running']);
    await order(ann, 'patient', 3);
    await first.kill();
    const second = await stage.start('worker');
    const says = (words: RegExp) => () => onDiscord.messages().some(({ text }) => words.test(text));
    await until('it to be begun again', says(/"deadly"\n▰[\s\S]*begins again/));
    await second.kill();
    await stage.start('worker');
    const { text, buttons } = await endingIn(stage, onDiscord, 'deadly');
    expect(text).toMatch(/^⚠ [\s\S]*went away/);
    expect(buttons).toEqual([expect.stringContaining('🔁')]);
    expect(await stage.storage.jobs.creditsSince(`discord:${bo.id}`, new Date(0))).toBe(0);
    expect((await endingIn(stage, onTelegram, 'patient')).text).toMatch(/^#1 · /);

    const blobs = async () => (await readdir(join(stage.dataDir, 'blobs'), { recursive: true })).length;
    await order(ann, 'held up', 150, 128);
    await stage.jobWith('held up', ['running']);
    const before = await blobs();
    redis.pause(true);
    await order(bo, 'meanwhile', 3);
    await until('a picture to be painted that nobody can be told of', async () => (await blobs()) > before);
    redis.pause(false);
    expect((await endingIn(stage, onTelegram, 'held up')).text).toMatch(/^#1 · /);
    expect((await endingIn(stage, onDiscord, 'meanwhile')).text).toMatch(/^#1 · /);

    await order(bo, 'long', 150, 128);
    await stage.jobWith('long', ['running']);
    expect(await bots.stop()).toBe(0);
    await stage.start('bots', { platforms: ['discord'] });
    expect((await endingIn(stage, onDiscord, 'long')).text).toMatch(/^#1 · /);
    await until('nothing to be unfinished', async () => (await stage.storage.jobs.unfinished()).length === 0);
  });
});
