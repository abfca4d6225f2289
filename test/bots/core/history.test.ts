import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { PlaceId, Policy } from '../../../src/edit/lineage.ts';
import { solidPng } from '../../support/jobs.ts';
import { openTestChat, type TestChat } from '../../support/test-chat.ts';
import { ann, bo, buttonsOf, type Posted, type TestPlatform, wordsOf } from '../../support/test-platform.ts';

let chat: TestChat;
let platform: TestPlatform;
let here: PlaceId;
beforeAll(async () => {
  chat = await openTestChat();
  platform = chat.platform;
});
afterAll(() => chat[Symbol.asyncDispose]());

/** Ann's first result in a place of its own, under a policy. */
async function first(policy: Policy = 'anyone'): Promise<Posted> {
  here = platform.newRoom();
  await chat.storage.people.savePlace({ id: here, group: here, within: null, language: null, policy });
  await platform.say(ann, 'a red hat', { in: here, files: [await solidPng(64, 64)] });
  return chat.result(here);
}

/** Ann's chain #0 → #1 → #2, of which the results are returned. */
async function chain(policy: Policy = 'anyone'): Promise<readonly [Posted, Posted]> {
  const one = await first(policy);
  await platform.say(ann, '+ sunset', { in: here, replyTo: one.id });
  return [one, await chat.result(here, 1)];
}

/** Number of HEAD of `main`, and of the other branches. */
async function heads(result: Posted): Promise<Record<string, number>> {
  const lineage = await chat.storage.lineage.lineage((await chat.nodeOf(result)).lineage);
  const named = Object.entries(lineage!.heads).map(async ([name, id]) => [
    name,
    (await chat.storage.lineage.node(id))!.number,
  ]);
  return Object.fromEntries(await Promise.all(named));
}

/** The newest message in the place, once there are so many. */
async function posted(count: number): Promise<Posted> {
  return chat.until(() => platform.standing(here)[count - 1]);
}

describe('Undo and Redo', () => {
  test('move HEAD and show the picture it comes to', async () => {
    const [, two] = await chain();
    expect(await heads(two)).toEqual({ main: 2 });
    await platform.press(ann, two, 'Undo');
    const back = await posted(3);
    expect(wordsOf(back.card)).toBe('#1 · img2img · @Ann\n"a red hat"\n#1 is the current picture');
    expect(await heads(two)).toEqual({ main: 1 });
    await platform.press(ann, back, 'Redo');
    const forth = await posted(4);
    expect(wordsOf(forth.card)).toBe('#2 · img2img · @Ann\n"a red hat, sunset"\n#2 is the current picture');
    expect(await heads(two)).toEqual({ main: 2 });
  });

  test('by words and commands act on the speaker’s last picture; what was undone is not meant by the next words', async () => {
    const [, two] = await chain();
    await platform.say(ann, 'undo', { in: here });
    await posted(3);
    await platform.say(ann, 'a green hat', { in: here });
    const third = await chat.result(here, 2);
    expect(wordsOf(third.card)).toContain('Source: #1 (your last picture)');
    expect(await heads(two)).toEqual({ main: 3 });
    await platform.command(ann, 'undo', {}, { in: here });
    await posted(5);
    await platform.command(ann, 'redo', {}, { in: here });
    await posted(6);
    expect(await heads(two)).toEqual({ main: 3 });
  });

  test('by command move HEAD from where somebody else has brought it', async () => {
    const [one, two] = await chain();
    await platform.say(bo, 'a green hat', { in: here, replyTo: two.id });
    await chat.result(here, 2);
    await platform.press(ann, one, 'Less');
    const beside = await chat.result(here, 3);
    expect(await heads(two)).toEqual({ main: 3 });
    await platform.command(ann, 'undo', {}, { in: here });
    await posted(5);
    expect(await heads(beside)).toEqual({ main: 2 });
    await platform.command(ann, 'redo', {}, { in: here });
    await posted(6);
    expect(await heads(beside)).toEqual({ main: 3 });
  });

  test('of a picture that somebody has undone say so', async () => {
    const [, two] = await chain();
    await platform.press(ann, two, 'Undo');
    await posted(3);
    await platform.press(bo, two, 'Undo');
    expect(chat.lastTold()).toContain('The current picture is #1 now');
    expect(await heads(two)).toEqual({ main: 1 });
  });

  test('each return to what they themselves left, else ask where the way parts', async () => {
    const [one, two] = await chain();
    await platform.press(ann, two, 'Undo');
    const back = await posted(3);
    await platform.say(bo, 'a green hat', { in: here, replyTo: one.id });
    const three = await chat.result(here, 2);
    await platform.press(bo, three, 'Undo');
    await posted(5);
    await platform.press(ann, back, 'Redo');
    expect(wordsOf((await posted(6)).card)).toMatch(/^#2 /); // Ann left #2
    await platform.press(bo, await posted(6), 'Undo');
    const cy = { ...ann, id: 'discord:77', name: 'Cy' } as const;
    await platform.press(cy, await posted(7), 'Redo'); // Cy left nothing
    const asked = platform.told.at(-1)!.card;
    expect(wordsOf(asked)).toBe('Several pictures come next. Which one?');
    expect(buttonsOf(asked).map(({ label }) => label)).toEqual(['#3 a green hat', '#2 a red hat, sunset']);
    await platform.press(cy, { id: 'told', place: here, card: asked }, '#2 a red hat, sunset');
    expect(wordsOf((await posted(8)).card)).toMatch(/^#2 /);
  });

  test('have their ends', async () => {
    const one = await first();
    await platform.press(ann, one, 'Undo');
    const root = await posted(2);
    expect(buttonsOf(root.card).map((b) => b.label)).toEqual([
      ...['Edit…', 'Region…', 'Upscale…', 'Outpaint…', 'Redo', '⋯'],
    ]);
    const { id } = await chat.nodeOf(root);
    await platform.pressRaw(ann, { action: 'un', target: id }, { in: here });
    expect(chat.lastTold()).toContain('Nothing to undo');
    await platform.press(ann, root, 'Redo');
    await posted(3);
    await platform.pressRaw(ann, { action: 'rd', target: (await chat.nodeOf(one)).id }, { in: here });
    expect(chat.lastTold()).toContain('Nothing to redo');
  });

  test('ask before moving a HEAD that is elsewhere', async () => {
    const [one, two] = await chain();
    await platform.press(ann, one, 'Undo');
    const asked = platform.told.at(-1)!;
    expect(wordsOf(asked.card)).toBe('The current picture is #2\nThis is about #1. Shall we go back to #0?');
    expect(await heads(two)).toEqual({ main: 2 });
    await platform.press(ann, { id: 'told', place: here, card: asked.card }, 'Go to #0');
    await posted(3);
    expect(await heads(two)).toEqual({ main: 0 });
    await platform.press(bo, { id: 'told', place: here, card: asked.card }, 'Go to #0');
    expect(chat.lastTold()).toContain('The current picture is #0 now.');
  });

  test('of two who press at once only one moves HEAD', async () => {
    const [, two] = await chain();
    await Promise.all([ann, bo].map((user) => platform.press(user, two, 'Undo')));
    await posted(3);
    expect(await heads(two)).toEqual({ main: 1 });
    expect(platform.standing(here)).toHaveLength(3);
    expect(chat.lastTold()).toMatch(/Somebody was quicker|The current picture is #1/);
  });

  test('pressed twice by one delivery do one step', async () => {
    const [, two] = await chain();
    await platform.press(ann, two, 'Undo', 'd:i:1');
    await platform.press(ann, two, 'Undo', 'd:i:1');
    await posted(3);
    expect(await heads(two)).toEqual({ main: 1 });
  });
});

describe('whose HEAD it is', () => {
  test('only the owner or a moderator moves it under the owner’s policy', async () => {
    const [, two] = await chain('owner');
    await platform.press(bo, two, 'Undo');
    expect(chat.lastTold()).toContain('That is not yours to decide');
    expect(await heads(two)).toEqual({ main: 2 });
    await platform.press({ ...bo, moderator: true }, two, 'Undo');
    await posted(3);
    expect(await heads(two)).toEqual({ main: 1 });
  });

  test('everybody may make a version, which starts a branch of its own', async () => {
    const [, two] = await chain('owner');
    await platform.say(bo, 'a green hat', { in: here, replyTo: two.id });
    const three = await chat.result(here, 2);
    expect(wordsOf(three.card)).toContain(
      'from #2 · base by @Ann · on its own branch "bo-1" · #2 is still the current picture',
    );
    expect(await heads(two)).toEqual({ main: 2, 'bo-1': 3 });
    await platform.say(bo, 'a blue hat', { in: here, replyTo: three.id });
    await chat.result(here, 3);
    expect(await heads(two)).toEqual({ main: 2, 'bo-1': 4 });
    await platform.say(bo, 'a pink hat', { in: here, replyTo: two.id });
    await chat.result(here, 4);
    expect(await heads(two)).toEqual({ main: 2, 'bo-1': 4, 'bo-2': 5 });
  });

  test('a version of an older picture leaves HEAD alone until it is chosen', async () => {
    const [one, two] = await chain();
    await platform.say(bo, 'a green hat', { in: here, replyTo: one.id });
    const three = await chat.result(here, 2);
    expect(wordsOf(three.card)).toContain('#2 is still the current picture');
    expect(await heads(two)).toEqual({ main: 2 });
    await platform.press(bo, three, 'Use this');
    expect(wordsOf((await posted(4)).card)).toContain('#3 is the current picture');
    expect(await heads(two)).toEqual({ main: 3 });
  });
});
