import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { PlaceId } from '../../../src/edit/lineage.ts';
import { solidPng } from '../../support/jobs.ts';
import { patience } from '../../support/running-bot.ts';
import type { FaultRule } from '../../support/telegram-stand-in/faults.ts';
import type { Conversation } from '../../support/telegram-stand-in/index.ts';
import { type Chat, isResult, openChat } from './chat.ts';

let chat: Chat;
let black: Buffer;
let people = 0;
beforeAll(async () => {
  chat = await openChat({ speed: 200 });
  black = await solidPng(64, 64, '#000000');
});
afterAll(() => chat[Symbol.asyncDispose]());

function somebody(): Conversation {
  people += 1;
  return chat.tg.private(chat.tg.user(`Ann${people}`));
}
const refuse = (code: number, description: string, retryAfter?: number) =>
  ({ kind: 'refuse', code, description, ...(retryAfter !== undefined && { retryAfter }) }) as const;
const byBot = (ann: Conversation) => chat.tg.messages(ann.chat).filter((seen) => seen.byBot);

describe.each<readonly [string, readonly FaultRule[]]>([
  ['429 for a post', [{ method: 'sendPhoto', mishap: refuse(429, 'Too Many Requests: retry after 1', 1) }]],
  ['429 for everything', [{ method: /^send/, times: 3, mishap: refuse(429, 'Too Many Requests: retry after 1', 1) }]],
  ['429 for edits', [{ method: /^edit/, times: 2, mishap: refuse(429, 'Too Many Requests: retry after 1', 1) }]],
  ['401 once', [{ method: 'sendPhoto', mishap: refuse(401, 'Unauthorized') }]],
  ['413', [{ method: 'sendPhoto', mishap: refuse(413, 'Request Entity Too Large') }]],
  ['an answer that takes five seconds', [{ method: 'sendPhoto', mishap: { kind: 'slow', ms: 5000 } }]],
  ['"message is not modified"', [{ method: /^edit/, mishap: refuse(400, 'Bad Request: message is not modified') }]],
  ['a card that is gone', [{ method: /^edit/, mishap: refuse(400, 'Bad Request: message to edit not found') }]],
  ['edits that fail', [{ method: /^edit/, times: 3, mishap: refuse(500, 'Internal Server Error') }]],
  [
    'a card that cannot be deleted',
    [{ method: 'deleteMessage', mishap: refuse(400, "Bad Request: message can't be deleted") }],
  ],
])('with %s', (_, rules) => {
  test('there is one result', async () => {
    const ann = somebody();
    for (const rule of rules) chat.tg.fail(rule);
    await ann.photo(black, { caption: 'a red hat' });
    await ann.wait(isResult(1), patience.timeout);
    expect(chat.tg.messages(ann.chat).filter(isResult())).toHaveLength(1);
  }, 20_000);
});

test('as long as every post fails there is no result, and one afterwards', async () => {
  const ann = somebody();
  chat.latch.close();
  await ann.photo(black, { caption: 'a red hat' });
  await ann.wait(({ byBot }) => byBot, patience.timeout);
  const recover = chat.tg.fail({
    ...{ method: 'sendPhoto', times: Number.POSITIVE_INFINITY },
    mishap: refuse(500, 'Internal Server Error'),
  });
  const before = chat.tg.calls('sendPhoto').length;
  chat.latch.open();
  await expect.poll(() => chat.tg.calls('sendPhoto').length - before, patience).toBeGreaterThan(3);
  recover();
  await ann.wait(isResult(1), patience.timeout);
  await expect.poll(() => byBot(ann).length, patience).toBe(1);
});

test.each([
  ['corrupt', 'That is not a picture I can read'],
  ['expired', 'The picture did not arrive'],
] as const)('a photo whose file comes %s is refused in words', async (how, words) => {
  const ann = somebody();
  const recover = chat.tg.fail({ method: 'file', times: 9, mishap: { kind: 'bytes', how } });
  await ann.photo(black, { caption: 'a red hat' });
  await ann.wait(({ text }) => text.includes(words), patience.timeout);
  recover();
  expect(chat.tg.messages(ann.chat).filter(isResult())).toEqual([]);
});

test.each([
  ['500', refuse(500, 'Internal Server Error')],
  ['a line closed before', { kind: 'drop', when: 'before' } as const],
  ['a line closed after', { kind: 'drop', when: 'after' } as const],
])('with %s for a post the result comes again, marked, and never more often than twice', async (_, mishap) => {
  const ann = somebody();
  chat.tg.fail({ method: 'sendPhoto', mishap });
  await ann.photo(black, { caption: 'a red hat' });
  await ann.wait((seen) => isResult(1)(seen) && seen.text.includes('(repeated)'), patience.timeout);
  expect(chat.tg.messages(ann.chat).filter(isResult()).length).toBeLessThanOrEqual(2);
});

test('a press whose query is too old counts all the same', async () => {
  const ann = somebody();
  await ann.photo(black, { caption: 'a red hat' });
  const result = await ann.wait(isResult(1), patience.timeout);
  const old = 'Bad Request: query is too old and response timeout expired or query ID is invalid';
  chat.tg.fail({ method: 'answerCallbackQuery', mishap: refuse(400, old) });
  ann.press('Again', result);
  await ann.wait(isResult(2), patience.timeout);
});

test('an update that is delivered twice, before and after a restart, is one edit', async () => {
  const ann = somebody();
  await ann.photo(black, { caption: 'a red hat' });
  chat.tg.replay();
  await ann.wait(isResult(1), patience.timeout);
  await chat.restart(() => chat.tg.replay());
  await ann.photo(black, { caption: 'another' });
  await ann.wait((seen) => isResult(1)(seen) && seen.text.includes('"another"'), patience.timeout);
  const place = `t:${ann.chat.id}:0` as PlaceId;
  const made = (await chat.storage.lineage.recent(place, new Date(0), 9)).flatMap(({ task }) => task ?? []);
  expect(made.map(({ request }) => request.params.prompt).sort()).toEqual(['a red hat', 'another']);
  await expect.poll(() => byBot(ann).length, patience).toBe(2);
});
