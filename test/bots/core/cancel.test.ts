import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { messagesIn } from '../../../src/bots/core/messages/index.ts';
import { queueCard } from '../../../src/bots/core/queue-card.ts';
import type { PlaceId } from '../../../src/edit/lineage.ts';
import { solidPng, testJob } from '../../support/jobs.ts';
import { openTestChat, type TestChat } from '../../support/test-chat.ts';
import {
  ann,
  bo,
  type Posted,
  quickCapabilities,
  type TestPlatform,
  type TestUser,
  wordsOf,
} from '../../support/test-platform.ts';

const ada = { ...ann, id: 'discord:900719925474099309', name: 'Ada', moderator: true } as const;

let chat: TestChat;
let platform: TestPlatform;
let here: PlaceId;
beforeAll(async () => {
  chat = await openTestChat();
  platform = chat.platform;
});
afterAll(() => chat[Symbol.asyncDispose]());
beforeEach(() => {
  here = platform.newRoom();
  chat.latch.close();
});

const busyCards = () => platform.standing(here).filter((p) => p.card.tone === 'busy');
async function ask(user: TestUser): Promise<Posted> {
  const before = busyCards().length;
  await platform.say(user, 'a red hat', { in: here, files: [await solidPng(64, 64)] });
  return chat.until(() => busyCards()[before]);
}
const running = (count: number) => chat.until(async () => (await chat.queue.line()).running.length === count);

describe('/queue', () => {
  test('shows where one’s edits stand, what is at work, and a list by which to cancel them', async () => {
    await ask(ann);
    await running(1);
    const waiting = await ask(bo);
    await platform.command(bo, 'queue', {}, { in: here });
    const { card } = platform.told.at(-1)!;
    expect(wordsOf(card)).toMatch(/^Queue: .*\n.*a red hat\n1 worker up · fake · 1 waiting$/);
    const [first, ...others] = card.choices?.options ?? [];
    expect(first).toMatchObject({ label: 'a red hat', action: 'cx', line: 0 });
    expect(others).toEqual([]);
    await platform.pressRaw(bo, first!, { in: here });
    await chat.until(() => waiting.removed);
    chat.latch.open();
    await chat.result(here);
    await platform.command(bo, 'queue', {}, { in: here });
    expect(platform.told.at(-1)!.card.choices).toBeUndefined();
    expect(chat.lastTold()).toContain('no model at work');
  });

  test('has a button for each edit where there are no lists', async () => {
    const line = {
      running: [{ ...testJob({ author: ann.id, group: 'd:1' }), leftSeconds: 1 }],
      waiting: [],
      workers: 1,
    };
    const who = { user: ann.id, group: 'd:1' };
    const card = queueCard(messagesIn('en'), line, who, { ...quickCapabilities, selectMenus: false });
    expect(card.rows.flat()).toMatchObject([{ action: 'cx', label: '1' }]);
    expect(card.choices).toBeUndefined();
  });
});

describe('Cancel', () => {
  test('takes a waiting job out of the line, and only that one', async () => {
    await ask(ann);
    await running(1);
    const waiting = await ask(bo);
    await platform.press(bo, waiting, 'Cancel');
    expect((await chat.queue.line()).waiting).toEqual([]);
    const said = await chat.until(() => platform.standing(here).find((p) => p.card.tone === 'warning'));
    expect(wordsOf(said.card)).toBe('Cancelled by @Bo\n"a red hat" · @Bo');
    await chat.until(() => waiting.removed);
    chat.latch.open();
    await chat.result(here);
    expect(platform.standing(here)).toHaveLength(2);
  });

  test('stops a running job within a step', async () => {
    const card = await ask(ann);
    await running(1);
    chat.latch.release(2);
    await chat.until(() => card.card.lines.some((line) => line.includes('2/5')));
    await platform.press(ann, card, 'Cancel');
    await running(0);
    await chat.until(() => card.removed);
    expect(platform.standing(here).map((p) => wordsOf(p.card))).toEqual(['Cancelled by @Ann\n"a red hat" · @Ann']);
  });

  test('is for the author and moderators', async () => {
    const card = await ask(ann);
    await platform.press(bo, card, 'Cancel');
    expect(chat.lastTold()).toContain('This edit is @Ann’s');
    await platform.press({ ...bo, moderator: true }, card, 'Cancel');
    await chat.until(() => card.removed);
    expect(platform.standing(here).map((p) => wordsOf(p.card))).toEqual(['Cancelled by @Bo\n"a red hat" · @Ann']);
    await running(0);
  });

  test('comes too late for what is finished', async () => {
    const card = await ask(ann);
    chat.latch.open();
    await chat.result(here);
    await platform.press(ann, card, 'Cancel');
    expect(chat.lastTold()).toContain('Too late to cancel');
    await platform.command(ann, 'cancel', {}, { in: here });
    expect(chat.lastTold()).toContain('Too late to cancel');
    expect(platform.standing(here)).toHaveLength(1);
  });

  test('in another place finds nothing', async () => {
    const card = await ask(ann);
    await platform.press(ann, { ...card, place: platform.newRoom() }, 'Cancel');
    expect(chat.lastTold()).toContain('That is gone');
    await platform.press(ann, card, 'Cancel');
    await running(0);
  });

  test('as a command takes the replied job, or one’s newest', async () => {
    const first = await ask(ann);
    await running(1);
    const second = await ask(ann);
    const third = await ask(ann);
    await platform.command(ann, 'cancel', {}, { in: here, replyTo: second.id });
    await chat.until(() => second.removed);
    await platform.command(ann, 'cancel', {}, { in: here });
    await chat.until(() => third.removed);
    await platform.command(ann, 'cancel', {}, { in: here });
    await chat.until(() => first.removed);
    await running(0);
  });
});

describe('an edit that fails', () => {
  test('ends in one card that says why, and can be tried again', async () => {
    chat.latch.open();
    const request = await platform.say(ann, '!oom', { in: here, files: [await solidPng(512, 512)] });
    const failed = await chat.until(() => platform.standing(here).find((p) => p.card.tone === 'warning'));
    expect(wordsOf(failed.card)).toMatch(
      /^⚠ Not enough memory for this edit\n"![^"]*" · @Ann\nLower size\.\nref: [0-9a-z]{8}$/,
    );
    expect(failed.options.replyTo).toBe(request);
    await chat.until(() => platform.standing(here).length === 1);
    await platform.press(bo, failed, 'Smaller ×0.75');
    await chat.until(() => platform.standing(here).filter((p) => p.card.tone === 'warning').length === 2);
  });

  test('by a bug names only a reference; tried again it keeps the limits that came since', async () => {
    chat.latch.open();
    await platform.say(ann, '!bug', { in: here, files: [await solidPng(64, 64)] });
    const failed = await chat.until(() => platform.standing(here).find((p) => p.card.tone === 'warning'));
    expect(failed.card.title).toBe('⚠ Something went wrong on my side');
    expect(wordsOf(failed.card)).not.toMatch(/fake engine|Error|\bat /);
    await platform.command(ada, 'server', {}, { text: 'limits set max-steps 9', in: here });
    await platform.press(bo, failed, 'Retry');
    const again = () => platform.posted.filter((p) => p.place === here).flatMap((p) => p.history);
    await chat.until(() => again().some((card) => wordsOf(card).includes('steps 20→9 (server limit)')));
  });
});
