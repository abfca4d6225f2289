import { describe, expect, test } from 'vitest';
import { type Card, DeliveryError } from '../../../src/bots/core/index.ts';
import { solidPng } from '../../support/jobs.ts';
import { openTestChat, type TestChat } from '../../support/test-chat.ts';
import { ann, buttonsOf, room, wordsOf } from '../../support/test-platform.ts';

async function ask({ platform }: TestChat, words = 'a red hat'): Promise<void> {
  await platform.say(ann, words, { in: room, files: [await solidPng(64, 64)] });
}

/** Exactly one outcome stands, no progress card does, and nothing is left to do. */
async function expectOneResult(chat: TestChat): Promise<void> {
  await chat.result(room);
  await chat.until(async () => (await chat.storage.jobs.unfinished()).length === 0);
  expect(chat.platform.standing(room).map((p) => p.card.tone)).toEqual(['done']);
}

describe('after a stop and a new start', () => {
  test('a job that waited is made, on its old card', async () => {
    await using chat = await openTestChat({ worker: false });
    await ask(chat);
    const card = await chat.until(() => chat.platform.standing(room)[0]);
    expect(wordsOf(card.card)).toContain('queued · waiting for a worker');
    await chat.restart({ worker: true });
    await expectOneResult(chat);
    expect(chat.platform.posted).toHaveLength(2); // the same card, and the result
  });

  test('a job that ran is made anew', async () => {
    await using chat = await openTestChat();
    chat.latch.close();
    await ask(chat);
    chat.latch.release(2);
    await chat.until(async () => (await chat.storage.jobs.unfinished())[0]?.state === 'running');
    await chat.restart();
    chat.latch.open();
    await expectOneResult(chat);
  });

  test('an outcome nobody had written is written', async () => {
    await using chat = await openTestChat({ worker: false });
    await ask(chat);
    const [row] = await chat.storage.jobs.unfinished();
    await chat.restart({ worker: true });
    await expectOneResult(chat);
    expect((await chat.storage.jobs.find(row!.id))?.state).toBe('done');
  });

  test('a result that was made but not posted is posted', async () => {
    await using chat = await openTestChat();
    chat.platform.fault = (card) => {
      if (card.tone === 'done') throw new DeliveryError('retry', 100);
    };
    await ask(chat);
    await chat.until(async () => (await chat.storage.jobs.unfinished())[0]?.state === 'delivering');
    chat.platform.fault = undefined;
    await chat.restart();
    await expectOneResult(chat);
  });

  test('old buttons work', async () => {
    await using chat = await openTestChat();
    await ask(chat);
    const result = await chat.result(room);
    await chat.restart();
    await chat.platform.press(ann, result, 'More');
    expect(wordsOf((await chat.result(room, 1)).card)).toMatch(/^#2 · more · @Ann/);
  });
});

/** Fails the first posts of a tone. */
function failing(tone: Card['tone'], times: number, fail: () => never, when: 'before' | 'after' = 'before') {
  let left = times;
  return (card: Card, now: 'before' | 'after') => {
    if (card.tone === tone && now === when && left-- > 0) fail();
  };
}

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

  test('gives up a place that cannot be written to; the picture stays', async () => {
    await using chat = await openTestChat();
    chat.platform.fault = failing('done', 1, () => {
      throw new DeliveryError('unreachable', null);
    });
    await ask(chat);
    await chat.until(async () => (await chat.storage.jobs.unfinished())[0]?.state === 'delivering');
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
    expect(buttonsOf(card).map((b) => b.label)).toContain('Original');
  });

  test('is not repeated while nobody knows whether it arrived, then marked', async () => {
    let shift = 0;
    const clock = {
      now: () => Date.now() + shift,
      setTimeout: (wake: () => void, ms: number) => {
        const timer = setTimeout(wake, Math.min(ms, 20));
        return { [Symbol.dispose]: () => clearTimeout(timer) };
      },
    };
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
    await new Promise((resolve) => setTimeout(resolve, 300)); // many looks of the outbox, no second post
    expect(platform.results(room)).toHaveLength(1);
    shift = 70_000;
    const repeated = await chat.until(() => platform.results(room)[1]);
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
