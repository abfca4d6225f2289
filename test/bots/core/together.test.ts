import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Clock } from '../../../src/bots/core/index.ts';
import { agreementsNeeded } from '../../../src/bots/core/votes.ts';
import type { BlobRef } from '../../../src/edit/blob.ts';
import { paramsFromInfotext } from '../../../src/edit/infotext.ts';
import type { PlaceId, Policy } from '../../../src/edit/lineage.ts';
import { readInfotext } from '../../../src/engine/image/infotext-file.ts';
import { solidPng } from '../../support/jobs.ts';
import { halfMask } from '../../support/running-bot.ts';
import { openTestChat, type TestChat } from '../../support/test-chat.ts';
import {
  ann,
  bo,
  buttonsOf,
  type Posted,
  type TestPlatform,
  type TestUser,
  wordsOf,
} from '../../support/test-platform.ts';

/** The machine's time, moved on by hand as well. */
let later = 0;
const clock: Clock = {
  now: () => Date.now() + later,
  setTimeout(wake, ms) {
    const timer = setTimeout(wake, ms);
    return { [Symbol.dispose]: () => clearTimeout(timer) };
  },
};
const cy: TestUser = { id: 'discord:900719925474099303', name: 'Cy', locale: 'en-US' };
const mo: TestUser = { id: 'discord:900719925474099304', name: 'Mo', locale: 'en-US', moderator: true };

let chat: TestChat;
let platform: TestPlatform;
let here: PlaceId;
beforeAll(async () => {
  chat = await openTestChat({ clock });
  platform = chat.platform;
});
afterAll(() => chat[Symbol.asyncDispose]());

async function nodeOf({ card }: Posted) {
  const { target } = buttonsOf(card).find(({ action }) => action === 'mx')!;
  return (await chat.storage.lineage.node(target as never))!;
}
const lineageOf = async (posted: Posted) => (await chat.storage.lineage.lineage((await nodeOf(posted)).lineage))!;

/** The message posted after `step`. */
async function next(step: () => Promise<unknown>): Promise<Posted> {
  const before = platform.posted.length;
  await step();
  return chat.until(() => platform.posted.slice(before).find((p) => p.place === here && p.card.tone !== 'busy'));
}

/** Ann's first result in a place of its own. */
async function first(policy: Policy = 'anyone'): Promise<Posted> {
  here = platform.newRoom();
  await chat.storage.people.savePlace({ id: here, group: here, within: null, language: null, policy });
  await platform.say(ann, 'a red hat', { in: here, files: [await solidPng(64, 64)] });
  return chat.result(here);
}
const edited = (user: TestUser, text: string, on: Posted) =>
  next(() => platform.say(user, text, { in: here, replyTo: on.id }));
/** Presses a button of what was last told to somebody alone. */
async function follow(user: TestUser, label: string): Promise<void> {
  await platform.press(user, { id: 'told', place: here, card: platform.told.at(-1)!.card }, label);
}

describe('who may move a picture on', () => {
  test('is chosen by its owner; the invited may, others fork and are offered to ask', async () => {
    const one = await first('owner');
    await platform.pressFurther(bo, one, 'Together…');
    expect(wordsOf(platform.told.at(-1)!.card)).toContain('@Ann alone moves it on');
    expect(platform.told.at(-1)!.card.rows).toEqual([]);
    await platform.press(bo, one, 'Undo');
    expect(chat.lastTold()).toContain('That is not yours to decide');
    expect(buttonsOf(platform.told.at(-1)!.card).map(({ label }) => label)).toEqual(['Branch…', 'Ask']);
    const asked = await next(() => follow(bo, 'Ask'));
    expect(asked.card.title).toBe('@Bo asks @Ann: may I move #0 on?');
    await platform.press(cy, asked, 'Allow Bo');
    expect(chat.lastTold()).toContain('That is not yours to decide');
    await platform.press(ann, asked, 'Allow Bo');
    expect(asked.card.title).toBe('@Ann invited @Bo.');
    expect(await lineageOf(one)).toMatchObject({
      policy: 'collaborators',
      collaborators: [{ member: bo.id, name: 'Bo' }],
    });
    await next(() => platform.press(bo, one, 'Undo'));
    const fork = await edited(cy, 'a green hat', one);
    expect(wordsOf(fork.card)).toContain('on its own branch "cy-1"');
  });

  test('may be everybody with a role, or a name, by command', async () => {
    const one = await first('owner');
    await next(() => platform.command(ann, 'invite', { role: '77' }, { in: here }));
    await next(() => platform.command(ann, 'invite', { who: '@Cy_Name' }, { in: here }));
    expect((await lineageOf(one)).collaborators.map(({ member }) => member)).toEqual([
      'discord-role:77',
      'discord:@cy_name',
    ]);
    await next(() => platform.press({ ...bo, alias: ['discord-role:77'] }, one, 'Undo'));
    await platform.command(bo, 'invite', { who: cy.id.slice(8) }, { in: here, replyTo: one.id });
    expect(chat.lastTold()).toContain('That is not yours to decide');
    await next(() => platform.command(ann, 'invite', { role: '77', remove: true }, { in: here, replyTo: one.id }));
    expect((await lineageOf(one)).collaborators).toHaveLength(1);
  });

  test('is set for a whole place by moderators', async () => {
    const one = await first();
    await platform.pressFurther(ann, one, 'Together…');
    expect(buttonsOf(platform.told.at(-1)!.card).map(({ label }) => label)).toEqual([
      'Anyone',
      'Invited',
      'Owner only',
    ]);
    await follow(ann, 'Invited');
    expect((await lineageOf(one)).policy).toBe('collaborators');
    await platform.pressFurther(mo, one, 'Together…');
    await follow(mo, 'Here: owner');
    await follow(mo, 'Here: vote');
    expect((await chat.storage.people.place(here))!.policy).toBe('owner');
    expect(await chat.storage.together.rules(here)).toEqual({ votes: true, authors: false, threads: false });
    await platform.pressRaw(bo, { action: 'tg', target: (await nodeOf(one)).id, arg: 'pa' }, { in: here });
    expect(chat.lastTold()).toContain('That is not yours to decide');
  });
});

describe('a lock', () => {
  test('keeps HEAD for who locked it, the owner and moderators; others fork; asking can open it', async () => {
    const one = await first();
    await platform.pressFurther(bo, one, 'Lock / unlock');
    expect(chat.lastTold()).toContain('That is not yours to decide');
    const said = await next(() => platform.pressFurther(ann, one, 'Lock / unlock'));
    expect(said.card.title).toBe('@Ann locked this history. Others go on in branches of their own.');
    await platform.press(bo, one, 'Undo');
    expect(chat.lastTold()).toContain('This history is locked');
    const fork = await edited(bo, 'a green hat', one);
    expect(wordsOf(fork.card)).toContain('on its own branch "bo-1"');
    await next(() => platform.press(mo, one, 'Undo'));
    const asked = await next(() =>
      platform.pressRaw(bo, { action: 'as', target: buttonsOf(one.card)[0]!.target }, { in: here }),
    );
    await platform.press(ann, asked, 'Allow Bo');
    expect((await lineageOf(one)).lockedBy).toBeNull();
  });
});

describe('somebody who is busy with a picture', () => {
  test('is seen by others, who may work in parallel or ask; it ends with the edit, by saying so, or after two minutes', async () => {
    const one = await first();
    await platform.press(ann, one, 'Edit…');
    await platform.press(bo, one, 'Again');
    expect(chat.lastTold()).toMatch(/@Ann is working on this picture \((?:2:00|1:5\d)\)/);
    const beside = await next(() => follow(bo, 'Work in parallel'));
    expect(wordsOf(beside.card)).toMatch(/^#2 · another try · @Bo.*on its own branch "bo-1"/s);
    await platform.press(bo, one, 'Less');
    const refused = { id: 'told', place: here, card: platform.told.at(-1)!.card };
    await platform.press(cy, refused, 'Work in parallel');
    expect(chat.lastTold()).toContain('That is not yours to decide');
    const waiting = await next(() => platform.press(bo, refused, 'Ask'));
    expect(waiting.card.title).toBe('@Bo waits to go on from #1');
    await platform.press(ann, waiting, 'I am done with it');
    expect(waiting.card.title).toBe('@Ann is done with #1.');
    await next(() => platform.press(bo, one, 'Less'));
    await platform.press(ann, one, 'Edit…');
    await platform.press(bo, one, 'Edit…'); // who came later is in nobody's way
    await next(() => platform.press(ann, one, 'Again'));
    await platform.press(ann, one, 'Edit…');
    later += 121_000;
    await next(() => platform.press(bo, one, 'More'));
  });

  test('counts as busy while they work on a mask, until it is used or put away', async () => {
    const one = await first();
    const files = [await halfMask()];
    const mask = await next(() => platform.say(ann, 'mask', { in: here, replyTo: one.id, files }));
    await platform.press(ann, mask, 'Grow 4');
    await platform.press(bo, one, 'Again');
    expect(chat.lastTold()).toContain('@Ann is working on this picture');
    await platform.press(ann, mask, 'Dismiss');
    await next(() => platform.press(bo, one, 'Again'));
    const other = await next(() => platform.say(ann, 'mask, a hat', { in: here, replyTo: one.id, files }));
    await platform.press(ann, other, 'Grow 4');
    await next(() => platform.press(bo, other, 'Use'));
    await next(() => platform.press(bo, one, 'Less'));
  });
});

describe('a vote', () => {
  test.each([
    [0, 1],
    [1, 1],
    [2, 1],
    [3, 2],
    [5, 3],
    [50, 3],
  ])('of %i people takes %i', (makers, needed) => expect(agreementsNeeded(makers)).toBe(needed));

  /** Three people's pictures in a place that votes; Ann's, Bo's and Cy's, HEAD at Cy's. */
  async function votingRoom(): Promise<Posted> {
    const one = await first();
    await chat.storage.together.setRules(here, { votes: true });
    const two = await edited(bo, 'a green hat', one);
    return edited(cy, 'a blue hat', two);
  }

  test('is taken before HEAD moves, counts everybody once, and is carried out once', async () => {
    const three = await votingRoom();
    const vote = await next(() => platform.press(ann, three, 'Undo'));
    expect(wordsOf(vote.card)).toContain('@Ann wants to go to #2\n1 of 2 agree');
    const asked = { id: vote.id, place: here, card: vote.card };
    for (const key of ['d:press:1', 'd:press:1']) await platform.press(ann, asked, 'Agree (1/2)', key); // delivered twice
    expect(buttonsOf(vote.card)[0]!.label).toBe('Agree (0/2)');
    await platform.press(bo, vote, 'Agree (0/2)');
    const stale = { id: vote.id, place: here, card: vote.card };
    const moved = await next(() => Promise.all([cy, mo].map((user) => platform.press(user, stale, 'Agree (1/2)'))));
    expect(wordsOf(moved.card)).toContain('#2 is the current picture');
    expect(wordsOf(vote.card)).toBe('@Ann wants to go to #2\nAgreed.');
    await platform.press(cy, stale, 'Agree (1/2)');
    expect(chat.lastTold()).toContain('This vote is over');
  });

  test('closes after ten minutes, and its result is refused where HEAD went on', async () => {
    const three = await votingRoom();
    const vote = await next(() => platform.press(ann, three, 'Undo'));
    later += 10 * 60_000;
    await platform.press(bo, vote, 'Agree (1/2)');
    expect(chat.lastTold()).toContain('This vote is over');
    expect(wordsOf(vote.card)).toContain('Not enough agreed in ten minutes.');
    const another = await next(() => platform.press(bo, three, 'Undo'));
    await edited(ann, 'a pink hat', three);
    await platform.press(cy, another, 'Agree (1/2)');
    expect(chat.lastTold()).toContain('The current picture is #4 now');
    expect(buttonsOf(platform.told.at(-1)!.card).map(({ label }) => label)).toEqual([
      'Apply there',
      'Keep as a branch',
    ]);
  });

  test('that is lost leaves Redo where it was; one that is won takes it', async () => {
    const one = await first();
    const two = await edited(bo, 'a green hat', one);
    const back = await next(() => platform.press(ann, two, 'Undo'));
    const three = await edited(cy, 'a blue hat', one);
    await next(() => platform.press(ann, three, 'Undo'));
    await chat.storage.together.setRules(here, { votes: true });
    const lost = await next(() => platform.press(ann, back, 'Redo'));
    expect(wordsOf(lost.card)).toContain('@Ann wants to go to #3');
    later += 10 * 60_000;
    await platform.press(bo, lost, 'Agree (1/2)');
    const vote = await next(() => platform.press(ann, back, 'Redo'));
    expect(wordsOf(vote.card)).toContain('@Ann wants to go to #3');
    await next(() => platform.press(bo, vote, 'Agree (1/2)'));
    const lineage = await lineageOf(one);
    expect(lineage.heads.main).toBe((await nodeOf(three)).id);
    const root = (await nodeOf(one)).id;
    expect(await chat.storage.lineage.undone(lineage.id, ann.id, root)).toBe((await nodeOf(two)).id);
  });

  test('about the same thing is not opened twice; it is agreed to where it is', async () => {
    const three = await votingRoom();
    const vote = await next(() => platform.press(ann, three, 'Undo'));
    await platform.press(ann, three, 'Undo');
    expect(chat.lastTold()).toContain('This is being voted on already');
    expect(buttonsOf(platform.told.at(-1)!.card)).toEqual([]);
    await platform.press(bo, three, 'Undo');
    const shown = platform.told.at(-1)!.card;
    await next(() => platform.press(bo, { id: 'told', place: here, card: shown }, 'Agree (1/2)'));
    expect(wordsOf(vote.card)).toContain('Agreed.');
  });

  test('is not begun by somebody who has three open', async () => {
    const three = await votingRoom();
    const [one] = await chat.storage.lineage.nodes((await nodeOf(three)).lineage, 1, 1);
    const raw = (action: 'dl' | 'lk', arg = '') =>
      platform.pressRaw(ann, { action, target: one!.id, arg }, { in: here });
    await next(() => platform.press(ann, three, 'Undo'));
    await next(() => raw('lk'));
    await next(() => raw('dl', 'y'));
    await platform.command(ann, 'undo', { steps: 2 }, { in: here, replyTo: three.id });
    expect(chat.lastTold()).toContain('3 of your votes are open here');
    later += 10 * 60_000;
    await next(() => platform.command(ann, 'undo', { steps: 2 }, { in: here, replyTo: three.id }));
  });

  test('is not needed by moderators', async () => {
    const three = await votingRoom();
    expect(wordsOf((await next(() => platform.press(mo, three, 'Undo'))).card)).toContain('#2 is the current picture');
  });
});

describe('a race', () => {
  test('leaves the later result beside HEAD, and offers to apply it there or to keep it as a branch', async () => {
    const one = await first();
    chat.latch.close();
    await platform.say(ann, 'a green hat', { in: here, replyTo: one.id });
    await platform.say(bo, 'a blue hat', { in: here, replyTo: one.id });
    chat.latch.open();
    const late = await chat.result(here, 2);
    expect(wordsOf(late.card)).toContain('While this was painted, #2 became the current picture.');
    expect(
      buttonsOf(late.card)
        .map(({ label }) => label)
        .slice(0, 2),
    ).toEqual(['Apply there', 'Keep as a branch']);
    const key = { scope: 'server', owner: here.slice(0, here.lastIndexOf(':')), key: 'max-steps' } as const;
    await chat.storage.settings.set({ ...key, value: 5 });
    const applied = await next(() => platform.press(bo, late, 'Apply there'));
    await chat.storage.settings.reset(key);
    expect(wordsOf(applied.card)).toMatch(/^#4 · img2img · @Bo\n"a blue hat".*from #2.*steps 20→5 \(server limit\)/s);
    expect((await lineageOf(one)).heads.main).toBe((await nodeOf(applied)).id);
  });

  test('takes a mask along to where its part of the picture is now', async () => {
    const one = await first();
    const files = [await halfMask()];
    await platform.say(bo, 'mask a blue hat', { in: here, replyTo: one.id, files });
    const card = await chat.until(() => platform.standing(here).find((p) => p.card.title.startsWith('Repaint')));
    chat.latch.close();
    await platform.say(ann, 'outpaint left 64', { in: here, replyTo: one.id });
    await platform.press(bo, card, 'Use');
    chat.latch.open();
    const late = await chat.result(here, 2);
    const wide = (await chat.storage.lineage.lineage((await nodeOf(one)).lineage))!.heads.main;
    const applied = await next(() => platform.press(bo, late, 'Apply there'));
    const { parent, task } = await nodeOf(applied);
    expect(parent).toBe(wide);
    const { mask } = task!.request;
    const bytes = await chat.storage.blobs.get((mask as { blob: BlobRef }).blob);
    const { data, info } = await sharp(bytes).greyscale().raw().toBuffer({ resolveWithObject: true });
    const row = [...data.subarray(0, info.width)];
    expect([row.indexOf(255), row.lastIndexOf(255), info.width, info.height]).toEqual([64, 95, 128, 64]);
  });
});

test('pictures name who made them where the place asks for it, in the file too', async () => {
  const one = await first();
  await chat.storage.together.setRules(here, { authors: true });
  const two = await edited(bo, 'a green hat', one);
  const { infotext, image } = await nodeOf(two);
  expect(infotext).toMatch(/^a green hat\nSteps: .*, Palimpsest authors: "Bo, base Ann"$/);
  expect(await readInfotext(await chat.storage.blobs.get(image.ref))).toBe(infotext);
  expect(paramsFromInfotext(infotext!)).toMatchObject({ prompt: 'a green hat' });
});
