import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { PlaceId } from '../../../src/edit/lineage.ts';
import { solidPng } from '../../support/jobs.ts';
import { openTestChat, type TestChat } from '../../support/test-chat.ts';
import { ann, bo, buttonsOf, type Posted, type TestPlatform, wordsOf } from '../../support/test-platform.ts';

let chat: TestChat;
let platform: TestPlatform;
let here: PlaceId;
let result: Posted;
beforeAll(async () => {
  chat = await openTestChat();
  platform = chat.platform;
  here = platform.newRoom();
  await platform.say(ann, 'a red hat', { in: here, files: [await solidPng(96, 64)] });
  result = await chat.result(here);
});
afterAll(() => chat[Symbol.asyncDispose]());

/** The comparison posted after `step`. */
async function compared(step: () => Promise<void>): Promise<Posted> {
  const before = platform.standing(here).length;
  await step();
  return chat.until(() => platform.standing(here)[before]);
}
const bytesOf = ({ card }: Posted) => chat.storage.blobs.get(card.images[0]!.source as never);

describe('Compare', () => {
  test('shows a picture beside the one it was made from, to everybody, and offers the other styles', async () => {
    const side = await compared(() => platform.press(bo, result, 'Compare'));
    expect(wordsOf(side.card)).toBe('#0 and #1');
    expect(side.card.images[0]!.name).toBe('compare_0_1.png');
    expect(buttonsOf(side.card).map(({ label }) => label)).toEqual(['Slider', 'Difference']);
    const wipe = await compared(() => platform.press(ann, side, 'Slider'));
    expect(Buffer.from(await bytesOf(wipe)).toString('latin1', 0, 6)).toBe('GIF89a');
    const difference = await compared(() => platform.press(ann, side, 'Difference'));
    expect(wordsOf(difference.card)).toMatch(/^#0 and #1\n\d+ % of the picture looks different · mean ΔE \d+\.\d/);
  });

  test('by command takes two numbers of the same history', async () => {
    const side = await compared(() =>
      platform.command(ann, 'compare', { a: '#1', b: '0 · 14:32', style: 'side' }, { in: here }),
    );
    expect(side.card.title).toBe('#1 and #0');
    await platform.command(ann, 'compare', { a: '99' }, { in: here });
    expect(chat.lastTold()).toContain('I know no picture "99"');
    await platform.command(ann, 'compare', { a: '1', b: '1' }, { in: here });
    expect(chat.lastTold()).toContain('Nothing to compare with');
  });

  test('survives a sweep as long as it is shown', async () => {
    const side = await compared(() => platform.press(bo, result, 'Compare'));
    await chat.storage.sweep(new Date(Date.now() + 60_000));
    expect((await bytesOf(side)).length).toBeGreaterThan(100);
  });

  test('of forged pictures is refused', async () => {
    const [cp] = buttonsOf(result.card).filter(({ action }) => action === 'cp');
    for (const [arg, says] of [
      ['s0000000000', 'That is gone'],
      ['x', 'That button is too old'],
    ] as const) {
      await platform.pressRaw(bo, { ...cp!, arg }, { in: here });
      expect(chat.lastTold()).toContain(says);
    }
  });
});

test('thumbnails of a history stand in one tree, its makers told by colours', async () => {
  await platform.pressFurther(ann, result, 'History');
  const panel = { id: 'panel', place: here, card: platform.told.at(-1)!.card };
  await platform.press(ann, panel, 'Thumbnails');
  const { card } = platform.told.at(-1)!;
  expect(card.images[0]).toMatchObject({ name: 'history.webp' });
  expect(card.lines.at(-1)).toBe('🔵 Ann');
  expect(buttonsOf(card).map(({ label }) => label)).not.toContain('Thumbnails');
});
