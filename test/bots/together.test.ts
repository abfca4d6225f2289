import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { picture } from '../support/room/room.ts';
import { type AnyChat, openAnyChat, platforms } from './any-room.ts';

describe.each(platforms)('working together on %s', (platform) => {
  let chat: AnyChat;
  beforeAll(async () => {
    chat = await openAnyChat(platform);
  });
  afterAll(() => chat[Symbol.asyncDispose]());

  test('a vote moves HEAD once half of the makers agree; a ballot can be taken back; who looks after the room need not ask', async () => {
    const { ann, bo, cy, answer, edited, heads, isLookedAfter } = await chat.enter();
    const first = await edited(ann);
    const second = await answer(() => bo.reply(first, 'make it blue'), picture(2));
    const third = await answer(() => cy.reply(second, 'make it green'), picture(3));
    const panel = await answer(() => ann.pressFurther(first, '👥'), /Anyone here may/);
    const voting = await answer(() => ann.press(panel, 'Here: vote'), /take a vote here/);
    const alone = await answer(() => ann.press(voting, 'Owner only'), /@Ann alone moves it on/);
    expect(alone.text).not.toContain('vote here'); // who decides alone asks nobody
    await answer(() => ann.press(alone, 'Anyone'), /take a vote here/);
    const vote = await answer(() => bo.press(third, '↩️'), /@Bo wants to go to #2/);
    expect(vote.text).toContain('1 of 2 agree');
    const asked = await answer(() => cy.press(third, '↩️'), /This is being voted on already/);
    expect(asked.buttons.join()).toContain('Agree (1/2)');
    await answer(() => bo.press(vote, '👍'), /0 of 2 agree/);
    await answer(() => cy.press(vote, '👍'), /1 of 2 agree/);
    expect(await heads()).toEqual({ main: 3 });
    const moved = await answer(() => bo.press(vote, '👍'), picture(2));
    expect(moved.text).toContain('#2 is the current picture');
    if (!isLookedAfter) return; // nobody is asked less than others
    await answer(() => ann.press(moved, '↩️'), /#1 is the current picture/);
    expect(await heads()).toEqual({ main: 1 });
  });

  test('where the owner alone moves on, others are refused with ways on, branch off by making, and may ask', async () => {
    const { bo, cy, answer, edited, heads, isLookedAfter } = await chat.enter();
    const first = await edited(bo);
    const panel = await answer(() => bo.pressFurther(first, '👥'), /Anyone here may/);
    expect(panel.buttons.join().includes('Here:')).toBe(!isLookedAfter); // what holds for the room is for who looks after it
    await answer(() => bo.press(panel, 'Owner only'), /@Bo alone moves it on/);
    const refused = await answer(() => cy.press(first, '↩️'), /not yours to decide/);
    const own = await answer(() => cy.press(first, '🎲'), picture(2));
    expect(own.text).toContain('on its own branch "cy-1"');
    const asking = await answer(() => cy.press(refused, '🙋'), /@Cy asks @Bo: may I move #0 on\?/);
    await answer(() => cy.press(asking, 'Allow Cy'), /not yours to decide/);
    await answer(() => bo.press(asking, 'Allow Cy'), /@Bo invited @Cy\./);
    await answer(() => cy.press(first, '↩️'), /#0 is the current picture/);
    expect(await heads()).toEqual({ main: 0, 'cy-1': 2 });
  });

  test('who is invited by name moves on with the owner, until the invitation is taken back', async () => {
    const { ann, bo, cy, answer, edited } = await chat.enter();
    const first = await edited(ann);
    const panel = await answer(() => ann.pressFurther(first, '👥'), /Anyone here may/);
    await answer(() => ann.press(panel, 'Owner only'), /@Ann alone moves it on/);
    await answer(() => ann.command('invite', { who: bo.handle }, { about: first }), /is invited\./);
    await answer(() => cy.press(first, '↩️'), /not yours to decide/);
    const back = await answer(() => bo.press(first, '↩️'), /#0 is the current picture/);
    await answer(() => bo.press(back, '↪️'), /#1 is the current picture/);
    await answer(() => ann.command('invite', { who: bo.handle, remove: true }, { about: first }), /no longer invited/);
    await answer(() => bo.press(first, '↩️'), /not yours to decide/);
  });

  test('somebody who fills a form is not disturbed: others go on in parallel, or ask and are told', async () => {
    const { ann, bo, cy, answer, edited, heads, newest } = await chat.enter();
    const first = await edited(ann);
    const { id } = await newest();
    await bo.press(first, '✏️');
    await expect.poll(() => chat.storage.together.holders(id), { timeout: 10_000 }).toHaveLength(1);
    const busy = await answer(() => cy.reply(first, 'make it blue'), /@Bo is working on this picture/);
    const waits = await answer(() => cy.press(busy, '🙋'), /@Cy waits to go on from #1/);
    const beside = await answer(() => cy.press(busy, 'Work in parallel'), picture(2));
    expect(beside.text).toContain('on its own branch "cy-1"');
    await answer(() => bo.press(waits, 'I am done with it'), /@Bo is done with #1\./);
    await answer(() => cy.reply(first, 'make it green'), picture(3));
    expect(await heads()).toEqual({ main: 3, 'cy-1': 2 });
  });

  test('a lock keeps others from moving on, offers them a branch, and is opened by who closed it', async () => {
    const { ann, bo, answer, edited, heads } = await chat.enter();
    const first = await edited(ann);
    await answer(() => ann.pressFurther(first, '🔒'), /@Ann locked this history/);
    const refused = await answer(() => bo.press(first, '↩️'), /This history is locked/);
    await answer(() => bo.fill(refused, '🌿', { name: 'mine' }), /The branch "mine" begins here\./);
    const own = await answer(() => bo.reply(first, 'make it blue'), picture(2));
    expect(own.text).toContain('on its own branch');
    await answer(() => ann.pressFurther(first, '🔒'), /@Ann unlocked this history/);
    await answer(() => bo.press(first, '↩️'), /#0 is the current picture/);
    expect((await heads()).mine).toBe(0);
  });

  test('of two who went on from the same picture, the second is told, and follows or keeps a branch', async () => {
    const { ann, bo, cy, answer, edited, heads, numbered } = await chat.enter();
    const first = await edited(ann);
    chat.latch.close();
    await answer(() => bo.reply(first, 'make it blue'), /⏳/);
    await answer(() => cy.reply(first, 'make it green'), /⏳[\s\S]*green/);
    const late = await answer(() => chat.latch.open(), /^#3 · [\s\S]*#2 became the current picture/);
    const followed = await answer(() => cy.press(late, 'Apply there'), picture(4));
    expect((await numbered(4)).parent).toBe((await numbered(2)).id);
    expect(followed.text).toContain('"make it green"');
    await answer(() => cy.fill(late, 'Keep as a branch', { name: 'green' }), /The branch "green" begins here\./);
    expect(await heads()).toEqual({ main: 4, green: 3 });
  });

  test('a step from a card that is no longer current asks first; redo asks where several ways lead on', async () => {
    const { ann, bo, cy, answer, edited, heads } = await chat.enter();
    const first = await edited(ann);
    const second = await answer(() => bo.reply(first, 'make it blue'), picture(2));
    const elsewhere = await answer(() => cy.press(first, '↩️'), /The current picture is #2/);
    await answer(() => cy.press(elsewhere, 'Go to #0'), /#0 is the current picture/);
    await answer(() => bo.press(second, '↩️'), /The current picture is #0/);
    const again = await answer(() => bo.press(first, '🎲'), picture(3));
    const root = await answer(() => ann.press(again, '↩️'), /current picture is|#0 is the current picture/);
    expect(root.text).toContain('#0');
    const which = await answer(() => bo.command('redo'), /Several pictures come next/);
    await answer(
      () => bo.press(which, which.buttons.find((label) => label.includes('#3'))!),
      /#3 is the current picture/,
    );
    expect(await heads()).toEqual({ main: 3 });
  });

  test('a history is turned page by page, cut to one person, and its branches are forgotten', async () => {
    const { ann, bo, answer, edited, heads } = await chat.enter();
    const first = await edited(ann);
    const second = await answer(() => bo.press(first, '🎲'), picture(2));
    await answer(() => ann.fillFurther(second, '🌿', { name: 'other' }), /The branch "other" begins here\./);
    const third = await answer(() => bo.reply(second, 'make it blue'), picture(3));
    const tree = await answer(() => ann.command('history', {}, { about: first }), /History · 4 pictures/);
    const drawn = await answer(() => ann.press(tree, '🖼️'), /🔵 Ann · 🟢 Bo/);
    expect(drawn.pictures).toHaveLength(1);
    const page = await answer(() => ann.command('history', { limit: 2 }, { about: first }), /page 1 of 2/);
    expect((await answer(() => ann.press(page, 'Next'), /page 2 of 2/)).text).toContain('#3');
    const own = await answer(
      () => ann.command('history', { user: bo.handle }, { about: first }),
      /History · 2 pictures/,
    );
    expect(own.text).not.toContain('#1 ');
    await answer(() => ann.command('compare', { a: '0', b: '3', style: 'difference' }), /^#0 and #3/);
    expect(await heads()).toEqual({ main: 3, other: 2 });
    await answer(() => ann.pressFurther(second, '✂️'), /The branch "other" is gone/);
    expect(await heads()).toEqual({ main: 3 });
    await answer(() => bo.pressFurther(third, '🗑️'), /Delete #3 for good\?/);
  });
});
