import { describe, expect, test } from 'vitest';
import type { FaultRule } from '../../support/discord-stand-in/faults.ts';
import type { Seen } from '../../support/discord-stand-in/view.ts';
import { patience } from '../../support/running-bot.ts';
import { isResult } from './chat.ts';
import { black, chat, newest, openHands, somebody, told } from './hands.ts';

openHands();

type Ann = ReturnType<typeof somebody>;
const isPost = /\/channels\/\d+\/messages$/;
const isEdit = /\/channels\/\d+\/messages\/\d+$/;
const results = (ann: Ann) => chat.dc.messages(ann).filter(isResult());
const cards = (ann: Ann) => chat.dc.messages(ann).filter(({ onlyFor }) => onlyFor === null);

/** Asks for an edit, waits for its one result, and for everything else to be taken away. */
async function expectOneResult(ann: Ann): Promise<Seen> {
  chat.dc.slash(ann.user, 'edit', { prompt: 'a red hat', image: black }, ann);
  const result = await newest(ann, isResult(1));
  await expect.poll(() => cards(ann).length, patience).toBe(1);
  expect(results(ann)).toHaveLength(1);
  return result;
}

describe.each<readonly [string, readonly FaultRule[]]>([
  ['a limit of the channel', [{ method: 'POST', path: isPost, mishap: { kind: 'limit', waitMs: 200, scope: 'user' } }]],
  [
    'a limit of everything',
    [{ method: 'POST', path: isPost, mishap: { kind: 'limit', waitMs: 200, scope: 'global' } }],
  ],
  ['500 once', [{ method: 'POST', path: isPost, mishap: { kind: 'status', status: 500 } }]],
  ['503 several times', [{ method: 'POST', path: isPost, times: 4, mishap: { kind: 'status', status: 503 } }]],
  ['a line closed before', [{ method: 'POST', path: isPost, times: 2, mishap: { kind: 'drop', when: 'before' } }]],
  ['a line closed after', [{ method: 'POST', path: isPost, times: 2, mishap: { kind: 'drop', when: 'after' } }]],
  ['a file said to be too big', [{ method: 'POST', path: isPost, times: 2, mishap: { kind: 'code', code: 40005 } }]],
  ['edits refused', [{ method: 'PATCH', path: isEdit, times: 3, mishap: { kind: 'status', status: 500 } }]],
  ['a card that is gone already', [{ method: 'PATCH', path: isEdit, times: 2, mishap: { kind: 'code', code: 10008 } }]],
  ['an acknowledgement that comes late', [{ path: /callback/, mishap: { kind: 'code', code: 10062 } }]],
  ['an answer that takes five seconds', [{ method: 'POST', path: isPost, mishap: { kind: 'slow', ms: 5000 } }]],
  ['a token that is refused once', [{ method: 'POST', path: isPost, mishap: { kind: 'status', status: 401 } }]],
])('with %s', (_, rules) => {
  test('there is one result, and nothing else stays', async () => {
    const ann = somebody();
    for (const rule of rules) chat.dc.fail(rule);
    await expectOneResult(ann);
  }, 20_000);
});

test('as long as every post fails there is no result, and one afterwards', async () => {
  const ann = somebody();
  chat.latch.close();
  chat.dc.slash(ann.user, 'edit', { prompt: 'a red hat', image: black }, ann);
  await newest(ann, ({ onlyFor, buttons }) => onlyFor === null && buttons.length > 0);
  const recover = chat.dc.fail({
    ...{ method: 'POST', path: isPost, times: Number.POSITIVE_INFINITY },
    mishap: { kind: 'status', status: 500 },
  });
  const before = chat.dc.calls('POST', isPost).length;
  chat.dc.clock.advance(61_000); // sooner the card itself would become the result
  chat.latch.open();
  await expect.poll(() => chat.dc.calls('POST', isPost).length - before, { timeout: 20_000 }).toBeGreaterThan(8);
  recover();
  await newest(ann, isResult(1));
  await expect.poll(() => cards(ann).length, patience).toBe(1);
}, 40_000);

describe('the gateway', () => {
  test.each([
    ['asks to reconnect (RESUME)', () => chat.dc.gateway.askToReconnect()],
    ['declares the session invalid (op 9)', () => chat.dc.gateway.invalidate()],
    ['breaks off (1006)', () => chat.dc.gateway.close()],
  ] as const)(
    '%s while an edit runs: it ends in one result, and buttons work afterwards',
    async (_, trouble) => {
      const ann = somebody();
      const before = { ...chat.dc.gateway.identified };
      chat.latch.close();
      chat.dc.slash(ann.user, 'edit', { prompt: 'a red hat', image: black }, ann);
      await newest(ann, ({ onlyFor, buttons }) => onlyFor === null && buttons.length > 0);
      trouble();
      chat.latch.open();
      const result = await newest(ann, isResult(1));
      const { identified } = chat.dc.gateway;
      const isBack = () => identified.count + identified.resumed > before.count + before.resumed;
      await expect.poll(isBack, { ...patience, timeout: 20_000 }).toBe(true);
      chat.dc.button(ann.user, result, 'Again');
      await newest(ann, isResult(2));
      expect(results(ann)).toHaveLength(2);
    },
    45_000,
  );

  test('delivers a command twice: it is one edit', async () => {
    const ann = somebody();
    chat.dc.gateway.duplicateNext('INTERACTION_CREATE');
    await expectOneResult(ann);
  });
});

test.each([2, 16])(
  '%i minutes after the command its result is an ordinary message, whether it could still be answered or not',
  async (minutes) => {
    const ann = somebody();
    chat.latch.close();
    chat.dc.slash(ann.user, 'edit', { prompt: 'a red hat', image: black }, ann);
    await newest(ann, ({ onlyFor, buttons }) => onlyFor === null && buttons.length > 0);
    chat.dc.clock.advance(minutes * 60_000);
    chat.latch.open();
    expect(await newest(ann, isResult(1))).toMatchObject({ interaction: null, onlyFor: null });
  },
);

test.each(['corrupt', 'expired'] as const)('an uploaded file that comes %s is refused in words', async (how) => {
  const ann = somebody();
  const recover = chat.dc.fail({ method: 'GET', path: /cdn/, times: 9, mishap: { kind: 'bytes', how } });
  chat.dc.slash(ann.user, 'edit', { prompt: 'a red hat', image: black }, ann);
  await told(ann, /⚠/);
  recover();
  expect(results(ann)).toEqual([]);
});

test('an uploaded file that breaks off on the way is fetched again', async () => {
  const ann = somebody();
  chat.dc.fail({ path: /^\/cdn\//, mishap: { kind: 'bytes', how: 'partial' } });
  await expectOneResult(ann);
});
