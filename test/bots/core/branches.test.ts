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

const lineageOf = async (posted: Posted) => (await chat.storage.lineage.lineage((await chat.nodeOf(posted)).lineage))!;

/** Ann's first result in a place of its own. */
async function first(policy: Policy = 'anyone'): Promise<Posted> {
  here = platform.newRoom();
  await chat.storage.people.savePlace({ id: here, group: here, within: null, language: null, policy });
  await platform.say(ann, 'a red hat', { in: here, files: [await solidPng(64, 64)] });
  return chat.result(here);
}
const posted = (count: number) => chat.until(() => platform.standing(here)[count - 1]);

/** Asks for a branch behind "⋯" and gives it a name. */
async function branch(user: typeof ann, on: Posted, name: string): Promise<void> {
  await platform.pressFurther(user, on, 'Branch…');
  const form = platform.forms.at(-1)!;
  await platform.pressRaw(user, form, { in: here }, null, { name });
}

describe('a branch', () => {
  test('begins at a picture under a name of its own, and grows from there', async () => {
    const one = await first();
    await branch(bo, one, '  crown\u202e  ');
    expect(platform.forms.at(-1)).toMatchObject({
      title: 'Branch from #1',
      fields: [{ value: 'bo-1', maxLength: 32 }],
    });
    const shown = await posted(2);
    expect(wordsOf(shown.card)).toContain('The branch "crown" begins here.');
    expect((await lineageOf(one)).begunBy).toEqual({ crown: bo.id });
    const node = await chat.nodeOf(one);
    expect((await lineageOf(one)).heads).toEqual({ crown: node.id, main: node.id });
  });

  test.each([
    ['taken', 'Main', 'There already is one of that name.'],
    ['nothing that can be seen', ' \u200b ', 'A name has 1 to 32 characters.'],
    ['too long', 'x'.repeat(33), 'A name has 1 to 32 characters.'],
  ])('cannot have a name that is %s', async (_, name, why) => {
    const one = await first();
    await branch(ann, one, name);
    expect(chat.lastTold()).toContain(why);
    expect(Object.keys((await lineageOf(one)).heads)).toEqual(['main']);
  });

  test('is forgotten by whoever began it or owns the tree, and by nobody else', async () => {
    const one = await first('owner');
    await platform.say(bo, 'a green hat', { in: here, replyTo: one.id });
    const fork = await chat.result(here, 1);
    expect((await lineageOf(one)).begunBy).toEqual({ 'bo-1': bo.id });
    const cy = { ...bo, id: 'discord:77', name: 'Cy' } as const;
    await platform.pressFurther(cy, fork, 'Delete branch');
    expect(chat.lastTold()).toContain('That is not yours to decide');
    await platform.pressFurther(bo, fork, 'Delete branch');
    expect(chat.lastTold()).toBe('The branch "bo-1" is gone; its pictures stay in the history.');
    expect(Object.keys((await lineageOf(one)).heads)).toEqual(['main']);
    expect(await chat.nodeOf(fork)).toBeDefined();
  });

  test('gets another name from whoever may move it, and edits on their way to it follow', async () => {
    const one = await first('owner');
    await platform.say(bo, 'a green hat', { in: here, replyTo: one.id });
    const fork = await chat.result(here, 1);
    const rename = async (name: string) => {
      await platform.pressFurther(bo, fork, 'Rename branch…');
      await platform.pressRaw(bo, platform.forms.at(-1)!, { in: here }, null, { name });
    };
    await rename('MAIN');
    expect(chat.lastTold()).toContain('There already is one of that name.');
    await rename('Crown');
    expect(chat.lastTold()).toBe('The branch "bo-1" is called "Crown" now.');
    expect((await lineageOf(one)).begunBy).toEqual({ Crown: bo.id });
    await platform.say(bo, 'a blue hat', { in: here, replyTo: fork.id });
    await chat.result(here, 2);
    expect(Object.keys((await lineageOf(one)).heads)).toEqual(['Crown', 'main']);
    const cy = { ...bo, id: 'discord:77', name: 'Cy' } as const;
    await platform.pressRaw(cy, { action: 'bx', target: (await chat.nodeOf(one)).id, arg: 'r' }, { in: here });
    expect(chat.lastTold()).toContain('too old');
  });

  test('of somebody’s own is theirs to move; others fork from it', async () => {
    const one = await first('owner');
    await platform.say(bo, 'a green hat', { in: here, replyTo: one.id });
    const fork = await chat.result(here, 1);
    const cy = { ...bo, id: 'discord:77', name: 'Cy' } as const;
    await platform.say(cy, 'a blue hat', { in: here, replyTo: fork.id });
    await chat.result(here, 2);
    expect(Object.keys((await lineageOf(one)).heads)).toEqual(['bo-1', 'cy-1', 'main']);
    await platform.press(bo, fork, 'Undo');
    expect((await lineageOf(one)).heads['bo-1']).toBe((await chat.nodeOf(one)).id);
  });
});

describe('the history', () => {
  test('shows the tree with its branches, and jumps to a picture', async () => {
    const one = await first();
    await platform.say(bo, 'a green hat', { in: here, replyTo: one.id });
    await chat.result(here, 1);
    await platform.press(ann, one, 'Less');
    await chat.result(here, 2);
    await branch(ann, one, 'crown');
    await platform.pressFurther(bo, one, 'History');
    const { card } = platform.told.at(-1)!;
    expect(wordsOf(card)).toBe(
      [
        'History · 4 pictures',
        '#0 source · Ann',
        '├─ #1 img2img "a red hat" · Ann  ◀ crown',
        '│  └─ #2 img2img "a green hat" · Bo  ◀ main',
        '└─ #3 a little weaker "a red hat" · Ann',
      ].join('\n'),
    );
    const jump = card.choices!.options.find(({ line }) => line === 2)!;
    await platform.pressRaw(ann, jump, { in: here });
    const shown = await posted(5);
    expect(wordsOf(shown.card)).toMatch(/^#2 · img2img · @Bo/);
  });

  test('of many pictures is turned page by page in the same card', async () => {
    const one = await first();
    const { lineage, id: parent } = await chat.nodeOf(one);
    await growBy(chat, here, { lineage, parent, count: 45 });
    await platform.pressFurther(ann, one, 'History');
    const { card } = platform.told.at(-1)!;
    expect(card.title).toBe('History · 47 pictures · page 1 of 3');
    expect(card.lines).toHaveLength(20);
    const panel = { id: 'panel', place: here, card };
    await platform.press(ann, panel, 'Next');
    expect(platform.told.at(-1)!.card.title).toContain('page 2 of 3');
    await platform.pressRaw(ann, { action: 'hs', target: parent, arg: '99999.20.0' }, { in: here });
    expect(platform.told.at(-1)!.card).toMatchObject({ title: expect.stringContaining('page 3 of 3') });
    await platform.pressRaw(ann, { action: 'hs', target: parent, arg: "0.20.0.discord.' OR 1" }, { in: here });
    expect(chat.lastTold()).toContain('That button is too old');
  });
});

/** Puts pictures of Bo's below one, without painting them. */
async function growBy(
  { storage }: TestChat,
  place: PlaceId,
  { lineage, parent, count }: { lineage: never | string; parent: string; count: number },
): Promise<void> {
  const node = (await storage.lineage.node(parent as never))!;
  const job = {
    ...{
      id: `grow${parent.slice(4)}`,
      requestKey: `grow:${parent}`,
      task: node.task!,
      author: bo.id,
      place,
      group: 'd:1',
    },
    ...{ cost: 1, lineage, parent, op: 'edit', maskAuthor: null, branch: 'main', expected: null, replyTo: null },
    ...{ language: 'en', acceptedAt: new Date() },
  };
  await storage.jobs.accept(job as never);
  const nodes = Array.from({ length: count }, (_, pick) => ({
    ...{
      id: `${parent.slice(0, 7)}${String(pick).padStart(3, '0')}`,
      parent,
      op: 'edit',
      task: node.task,
      author: bo.id,
    },
    ...{ image: node.image, seed: pick, infotext: null, pick, maskAuthor: null, job: job.id },
  }));
  const outbox = { id: job.id, key: `result:${job.id}`, place, card: {}, job: job.id, node: null, replyTo: null };
  await storage.jobs.complete(job.id as never, nodes as never, outbox as never);
}

describe('Delete', () => {
  /** Presses Delete behind "⋯" and agrees. */
  async function deleted(user: typeof ann, on: Posted): Promise<void> {
    await platform.pressFurther(user, on, 'Delete');
    const { card } = platform.told.at(-1)!;
    expect(card.title).toMatch(/^Delete #\d for good\?$/);
    await platform.press(user, { id: 'asked', place: here, card }, buttonsOf(card)[0]!.label);
  }

  test('takes a picture and its message away; what was made from it stays, and HEAD goes to what is left', async () => {
    const one = await first();
    const node = await chat.nodeOf(one);
    await platform.say(bo, 'a green hat', { in: here, replyTo: one.id });
    const two = await chat.result(here, 1);
    await platform.press(ann, two, 'Undo');
    await posted(3);
    await deleted(ann, one);
    expect(chat.lastTold()).toBe('#1 was deleted by @Ann');
    expect(platform.standing(here).map(({ id }) => id)).toEqual([two.id]);
    await expect(chat.storage.blobs.get(node.image.ref)).rejects.toThrow();
    const { heads } = await lineageOf(two);
    expect(heads.main).toBe(node.parent);
    await platform.pressFurther(bo, two, 'History');
    expect(wordsOf(platform.told.at(-1)!.card)).toContain('└─ #1 (deleted)\n   └─ #2');
    await platform.pressRaw(ann, { action: 'ag', target: node.id }, { in: here });
    expect(chat.lastTold()).toContain('That is gone');
    await platform.say(bo, 'a blue hat', { in: here, replyTo: two.id });
    expect(wordsOf((await chat.result(here, 1)).card)).toMatch(/^#3 /);
  });

  test('is for whoever made it, the owner and moderators', async () => {
    const one = await first();
    await platform.pressFurther(bo, one, 'Delete');
    expect(chat.lastTold()).toContain('That is not yours to decide');
    await deleted({ ...bo, moderator: true }, one);
    expect(chat.lastTold()).toBe('#1 was deleted by @Bo');
  });
});
