import { describe, expect, test } from 'vitest';
import { type Card, DeliveryError } from '../../../src/bots/core/index.ts';
import type { PlaceId } from '../../../src/edit/lineage.ts';
import { Refusal } from '../../../src/errors.ts';
import { openTestChat } from '../../support/test-chat.ts';
import { ann, buttonsOf, otherRoom, room, wordsOf } from '../../support/test-platform.ts';
import { ask, expectOneResult, failing, shifted } from './outcomes.ts';

describe('posting', () => {
  test('is tried again as the platform says, progress staying silent', async () => {
    await using chat = await openTestChat();
    const start = Date.now();
    chat.platform.fault = failing('done', 2, () => {
      throw new DeliveryError('retry', 150);
    });
    await ask(chat);
    await expectOneResult(chat);
    expect(Date.now() - start).toBeGreaterThan(300);
  });

  test('keeps the order of a place', async () => {
    await using chat = await openTestChat();
    chat.platform.fault = failing('done', 1, () => {
      throw new DeliveryError('retry', 200);
    });
    await ask(chat, 'first');
    await chat.until(async () => (await chat.queue.line()).running.length === 0);
    await ask(chat, 'second');
    await chat.result(room, 1);
    expect(chat.platform.results(room).map((p) => p.card.lines[0])).toEqual(['"first"', '"second"']);
  });

  test('goes on elsewhere while a place has to wait, however much waits there', async () => {
    await using chat = await openTestChat();
    const { platform, storage } = chat;
    const held: Card = { title: 'held', lines: [], images: [], rows: [], tone: 'plain', spoiler: false };
    platform.fault = ({ title }) => {
      if (title === held.title) throw new DeliveryError('retry', 3_600_000);
    };
    for (let n = 0; n < 250; n += 1) {
      const about = { place: otherRoom, job: null, node: null, replyTo: null };
      await storage.outbox.put({
        id: `${n}`,
        key: `${n}`,
        card: { kind: 'card', language: 'en', card: held },
        ...about,
      });
    }
    await ask(chat);
    await expectOneResult(chat);
  });

  test('leaves what is for a platform of another process to that process', async () => {
    await using chat = await openTestChat();
    const { outbox } = chat.storage;
    const foreign = { id: 'foreign', key: 'foreign', place: 't:1:0' as PlaceId };
    await outbox.put({ ...foreign, card: { nonsense: 1 }, job: null, node: null, replyTo: null });
    await ask(chat);
    await expectOneResult(chat);
    const due = await outbox.due(new Date(), new Date(0), 10);
    expect(due).toMatchObject([{ id: 'foreign', state: 'waiting', attempts: 0 }]);
  });

  test('is tried again before anything else is edited in the place', async () => {
    await using chat = await openTestChat();
    const { platform, latch } = chat;
    latch.close();
    for (const words of ['one', 'two']) await ask(chat, words);
    const edits = () => platform.posted.find(({ card }) => wordsOf(card).includes('"two"'))!.history.length;
    const seen: number[] = [];
    platform.fault = (card) => {
      if (card.tone !== 'done') return;
      seen.push(edits());
      if (seen.length < 3) throw new DeliveryError('retry', 150);
    };
    const stepping = setInterval(() => latch.release(), 10);
    await chat.result(room, 0);
    clearInterval(stepping);
    expect(latch.passed).toBeGreaterThan(6); // there was progress to show
    expect(new Set(seen)).toEqual(new Set([1]));
    platform.fault = undefined;
    latch.open();
    await chat.result(room, 1);
  });

  test('gives up a place that cannot be written to; the picture stays', async () => {
    await using chat = await openTestChat();
    chat.platform.fault = failing('done', 1, () => {
      throw new DeliveryError('unreachable', null);
    });
    await ask(chat);
    await chat.until(async () => (await chat.storage.jobs.unfinished()).length === 0);
    await chat.platform.say(ann, 'a blue hat', { in: room });
    expect(wordsOf((await chat.result(room)).card)).toContain('#2 · img2img');
  });

  test('leaves the picture out when it is too big', async () => {
    await using chat = await openTestChat();
    chat.platform.fault = failing('done', 1, () => {
      throw new DeliveryError('too-big', null);
    });
    await ask(chat);
    const { card } = await chat.result(room);
    expect(card.images).toEqual([]);
    expect(card.lines.at(-1)).toBe('The picture is too big to be posted here.');
    expect(buttonsOf(card).map((b) => b.label)).toContain('⋯');
  });

  test('leaves the picture out when it is no longer kept', async () => {
    await using chat = await openTestChat();
    chat.platform.fault = failing('done', 1, () => {
      throw new Refusal('gone', {});
    });
    await ask(chat);
    expect((await chat.result(room)).card.lines.at(-1)).toBe('I do not have it here (any more).');
  });

  test('is not repeated while nobody knows whether it arrived, then marked', async () => {
    const clock = shifted();
    await using chat = await openTestChat({ clock });
    const { platform } = chat;
    platform.fault = failing(
      'done',
      1,
      () => {
        throw new Error('socket hang up');
      },
      'after',
    );
    await ask(chat);
    await chat.until(() => platform.results(room)[0]);
    await ask(chat, 'a blue hat');
    clock.shift = 10_000; // others need not wait for it
    await chat.until(() => platform.results(room)[1]);
    expect(platform.results(room).map(({ card }) => card.lines[0])).toEqual(['"a red hat"', '"a blue hat"']);
    clock.shift = 70_000;
    const repeated = await chat.until(() => platform.results(room)[2]);
    expect(repeated.options).toMatchObject({ repeated: true, nonce: platform.results(room)[0]!.options.nonce });
    await chat.until(async () => (await chat.storage.jobs.unfinished()).length === 0);
  });

  test('of the first card failing for good ends the job and tells its author', async () => {
    await using chat = await openTestChat();
    chat.latch.close();
    chat.platform.fault = failing('busy', 1, () => {
      throw new DeliveryError('unreachable', null);
    });
    await ask(chat);
    expect(chat.lastTold()).toContain('I may not post here');
    await chat.until(async () => (await chat.queue.line()).running.length === 0);
    expect(await chat.storage.jobs.unfinished()).toEqual([]);
    expect(chat.platform.standing(room)).toEqual([]);
  });

  test('of the first card failing otherwise does not harm the result', async () => {
    await using chat = await openTestChat();
    chat.platform.fault = failing('busy', 1, () => {
      throw new DeliveryError('retry', 50);
    });
    await ask(chat);
    await expectOneResult(chat);
  });
});

test('what is in the database may be damaged: one bad row does not stop the others', async () => {
  await using chat = await openTestChat();
  const { outbox } = chat.storage;
  await outbox.put({
    id: 'bad',
    key: 'bad',
    place: chat.platform.newRoom(),
    card: { nonsense: 1 },
    job: null,
    node: null,
    replyTo: null,
  });
  await ask(chat);
  await expectOneResult(chat);
});
