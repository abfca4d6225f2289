import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { isAtBound, nextStrength } from '../../../src/bots/core/buttons.ts';
import { actionIds, buttonCode } from '../../../src/bots/core/index.ts';
import type { PlaceId } from '../../../src/edit/lineage.ts';
import { solidPng } from '../../support/jobs.ts';
import { openTestChat, type TestChat } from '../../support/test-chat.ts';
import { ann, bo, buttonsOf, type Posted, type TestPlatform, wordsOf } from '../../support/test-platform.ts';

test('less and more go by tenths within their bounds', () => {
  expect([0.5, 0.12, 0.05, 0.333].map((s) => nextStrength('ls', s))).toEqual([0.4, 0.05, 0.05, 0.23]);
  expect([0.5, 0.95, 1, 0.333].map((s) => nextStrength('mo', s))).toEqual([0.6, 1, 1, 0.43]);
  expect([isAtBound('ls', 0.05), isAtBound('ls', 0.06), isAtBound('mo', 1), isAtBound('mo', 0.99)]).toEqual([
    ...[true, false, true, false],
  ]);
});

test.each([
  ['p1', '|', 100],
  ['1', ':', 64],
])('identifiers of %s fit their platform with the longest argument', (prefix, separator, limit) => {
  const code = buttonCode(prefix, separator);
  for (const action of actionIds) {
    const button = { action, target: '0123456789', arg: 'a'.repeat(40) };
    expect(code.encode(button).length).toBeLessThanOrEqual(limit);
    expect(code.decode(code.encode(button))).toEqual(button);
  }
  expect(code.decode(`${prefix}0${separator}ag${separator}0123456789${separator}`)).toBeUndefined();
});

let chat: TestChat;
let platform: TestPlatform;
let here: PlaceId;
beforeAll(async () => {
  chat = await openTestChat();
  platform = chat.platform;
});
afterAll(() => chat[Symbol.asyncDispose]());

/** A first result of Ann's in a place of its own. */
async function first(options: Record<string, string | number | boolean> = {}): Promise<Posted> {
  here = platform.newRoom();
  const files = [await solidPng(64, 64)];
  await platform.command(ann, 'edit', { prompt: 'a red hat', ...options }, { in: here, files });
  return chat.result(here);
}

describe('Again', () => {
  test('repeats the edit with another seed, beside the first one', async () => {
    const result = await first({ seed: 7, strength: 0.4 });
    await platform.press(bo, result, 'Again');
    const again = await chat.result(here, 1);
    const [a, b] = [await chat.nodeOf(result), await chat.nodeOf(again)];
    expect(b.parent).toBe(a.parent);
    const { seed, ...same } = a.task!.request.params;
    expect(b.task!.request).toEqual({ ...a.task!.request, params: { ...same, seed: expect.any(Number) } });
    expect(b.seed).not.toBe(seed);
    expect(again.options.replyTo).toBe(result.id);
    expect(wordsOf(again.card)).toMatch(/^#2 · another try · @Bo\n/);
    expect(wordsOf(again.card)).not.toContain('HEAD'); // it took the place of the first
  });

  test('by word goes on from the last picture, with what else was said', async () => {
    const result = await first({ seed: 7 });
    await platform.say(ann, '再来 --steps 30', { in: here });
    const again = await chat.nodeOf(await chat.result(here, 1));
    expect(again.task!.request.params.steps).toBe(30);
    expect(again.parent).toBe((await chat.nodeOf(result)).parent);
  });
});

describe('Less and More', () => {
  test('keep the seed and move the strength', async () => {
    const result = await first({ seed: 7, strength: 0.5 });
    await platform.press(ann, result, 'Less');
    await platform.press(ann, await chat.result(here, 1), 'Less');
    await platform.say(ann, 'more', { in: here, replyTo: result.id });
    const made = await Promise.all([1, 2, 3].map(async (n) => chat.nodeOf(await chat.result(here, n))));
    const [less, lesser, more] = made.toSorted((a, b) => a.number - b.number);
    const strengths = [less, lesser, more].map((node) => node!.task!.request.params.denoisingStrength);
    expect(strengths).toEqual([0.4, 0.3, 0.6]);
    expect(made.map((node) => node.seed)).toEqual([7, 7, 7]);
  });

  test('are off at their bounds, and a forged press there is refused', async () => {
    const result = await first({ strength: 0.05 });
    const less = buttonsOf(result.card).find((b) => b.label === 'Less')!;
    expect(less.disabled).toBe(true);
    await platform.pressRaw(ann, less, { in: here });
    expect(chat.lastTold()).toContain('It goes from 0.05 to 1.');
    await platform.press(ann, result, 'More');
    expect((await chat.nodeOf(await chat.result(here, 1))).task!.request.params.denoisingStrength).toBe(0.15);
  });
});

describe('Edit…', () => {
  test('opens a form with the present values, and its answer starts from this picture', async () => {
    const result = await first({ seed: 7, negative: 'blurry', strength: 0.4 });
    const node = await chat.nodeOf(result);
    await platform.press(bo, result, 'Edit…');
    const form = platform.forms.at(-1)!;
    expect(form).toMatchObject({ action: 'ed', target: node.id, title: 'Edit #1' });
    expect(form.fields.map((f) => [f.name, f.value])).toEqual([
      ...[
        ['prompt', 'a red hat'],
        ['negative', 'blurry'],
        ['strength', '0.4'],
        ['seed', '7'],
        ['advanced', ''],
      ],
    ]);
    const values = { prompt: 'a blue hat', negative: '', strength: '0.6', seed: '', advanced: 'steps=11' };
    await platform.pressRaw(bo, form, { in: here }, result.id, values);
    const made = await chat.nodeOf(await chat.result(here, 1));
    expect(made.parent).toBe(node.id);
    expect(made.task!.request.params).toMatchObject({
      ...{ prompt: 'a blue hat', negativePrompt: '', denoisingStrength: 0.6, steps: 11 },
    });
    expect(made.seed).not.toBe(7);
  });

  test('words that the answer leaves out stay as they are', async () => {
    const result = await first({ negative: 'blurry' });
    const { id } = await chat.nodeOf(result);
    await platform.pressRaw(bo, { action: 'ed', target: id }, { in: here }, result.id, { strength: '0.6' });
    const made = await chat.nodeOf(await chat.result(here, 1));
    expect(made.task!.request.params).toMatchObject({ prompt: 'a red hat', negativePrompt: 'blurry' });
  });

  test('answers that cannot be read are refused', async () => {
    const result = await first();
    const { id } = await chat.nodeOf(result);
    await platform.pressRaw(bo, { action: 'ed', target: id }, { in: here }, result.id, {
      prompt: 'x',
      strength: 'much',
    });
    expect(chat.lastTold()).toContain('strength cannot be much');
  });
});

test('Settings tells everything that made a picture', async () => {
  const result = await first({ seed: 7 });
  await platform.pressFurther(bo, result, 'Settings');
  const said = chat.lastTold();
  expect(said).toMatch(/^Settings of #1\na red hat\nSteps: 20, .*Seed: 7/);
  expect(said).toMatch(/by @Ann · made 20\d\d-\d\d-\d\d \d\d:\d\d UTC · id [0-9a-z]{10}\nfrom #0$/);
});

test('long settings come in pieces that fit', async () => {
  const small = await openTestChat();
  await using _ = small;
  const place = small.platform.newRoom();
  const files = [await solidPng(64, 64)];
  await small.platform.say(ann, 'word '.repeat(700), { in: place, files });
  Object.assign(small.platform.capabilities, { maxText: 1000 });
  await small.platform.pressFurther(ann, await small.result(place), 'Settings');
  expect(small.platform.told.length).toBeGreaterThan(3);
  for (const { card } of small.platform.told) expect(wordsOf(card).length).toBeLessThanOrEqual(1000);
});

describe('a press that is not right', () => {
  test.each([
    ['an unknown picture', { action: 'ag', target: '0123456789' }, 'That is gone'],
    ['an unknown job', { action: 'cx', target: '0123456789' }, 'That is gone'],
    ['something that is no id', { action: 'ag', target: "'; DROP--" }, 'That button is too old'],
  ] as const)('%s is answered', async (_, button, answer) => {
    await platform.pressRaw(ann, button, { in: platform.newRoom() });
    expect(chat.lastTold()).toContain(answer);
  });

  test('a button nobody can read is answered', async () => {
    await platform.pressUnreadable(ann);
    expect(chat.lastTold()).toContain('That button is too old');
  });

  test('a picture of another place is not shown, whatever is pressed', async () => {
    const result = await first();
    const { id } = await chat.nodeOf(result);
    const elsewhere = platform.newRoom();
    for (const action of actionIds.filter((a) => !['cx', 'rt', 'wl'].includes(a))) {
      const before = platform.told.length;
      await platform.pressRaw(bo, { action, target: id }, { in: elsewhere });
      expect(platform.told.slice(before).map((t) => t.card.title)).toEqual(['⚠ That is gone']);
    }
    expect(platform.standing(elsewhere)).toEqual([]);
  });

  test('a choice beyond the batch, and an upload that cannot be repeated, are refused', async () => {
    const node = await chat.nodeOf(await first());
    await platform.pressRaw(ann, { action: 'pk', target: node.id, arg: '9' }, { in: here });
    expect(chat.lastTold()).toContain('That button is too old');
    await platform.pressRaw(ann, { action: 'ag', target: node.parent! }, { in: here });
    expect(chat.lastTold()).toContain('Nothing to repeat');
    await platform.pressRaw(ann, { action: 'sm', target: node.id }, { in: here });
    expect(chat.lastTold()).toContain('Where shall I repaint?');
  });
});
