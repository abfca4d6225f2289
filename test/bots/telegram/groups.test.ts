import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { PlaceId } from '../../../src/edit/lineage.ts';
import { solidPng } from '../../support/jobs.ts';
import { halfMask } from '../../support/running-bot.ts';
import type { Conversation } from '../../support/telegram-stand-in/index.ts';
import { type Chat, edited, isResult, openChat, somebodyNew } from './chat.ts';

let chat: Chat;
let black: Buffer;
beforeAll(async () => {
  chat = await openChat();
  black = await solidPng(64, 64, '#000000');
});
afterAll(() => chat[Symbol.asyncDispose]());

const somebody = (language: string | null = 'en') => somebodyNew(chat, language);

async function helpFor(ann: Conversation) {
  ann.command('/start');
  return ann.wait(() => true);
}

describe('languages, groups, identities', () => {
  test.each(['zh-hans', 'en', 'de'])(
    'a person with %s is spoken to in a language they read, without raw keys',
    async (language) => {
      const ann = somebody(language);
      const help = await helpFor(ann);
      const { result } = await edited(ann, black, 'hat');
      const isChinese = language === 'zh-hans';
      for (const seen of [help, result]) {
        expect(/\p{Script=Han}/u.test(seen.text + JSON.stringify(seen.buttons))).toBe(isChinese);
        expect(seen.text).not.toMatch(/undefined|\[object|\{\w*\}|[a-z]+\.[a-z]+\.[a-z]+/);
      }
      const says = (where: 'private' | 'group' | 'administrator') => chat.tg.menu(language.slice(0, 2), where);
      const manages = says('administrator').map(({ command }) => command);
      expect(manages).toEqual(expect.arrayContaining(['start', 'edit', 'cancel', 'server']));
      for (const where of ['private', 'group'] as const)
        expect(says(where).map(({ command }) => command)).toEqual(manages.filter((command) => command !== 'server'));
      expect(
        says('administrator').every(({ description }) => /\p{Script=Han}/u.test(String(description)) === isChinese),
      ).toBe(true);
    },
  );

  test('in a group the bot answers commands and replies, and leaves the rest alone', async () => {
    const [ann, bo] = [chat.tg.user('Anna'), chat.tg.user('Boris')];
    const group = chat.tg.group('Studio', [ann, bo]);
    const photo = await group.as(bo).photo(black);
    group.as(bo).text('nice weather');
    group.as(ann).command('/edit@PalimpsestBot a red hat', { replyTo: photo });
    const result = await group.as(ann).wait(isResult(1));
    group.as(bo).text('blue', { replyTo: result });
    const second = await group.as(bo).wait(isResult(2));
    expect(second.text).toContain('@\u2060Boris');
    group.as(bo).command('/edit@OtherBot hat');
    group.as(ann).press('Again', result);
    await group.as(ann).wait(isResult(3));
    expect(chat.tg.messages(group.chat).filter(isResult())).toHaveLength(3);
  });

  test('a topic keeps its own conversation; General is never named', async () => {
    const ann = chat.tg.user('Anton');
    const group = chat.tg.group('Forum', [ann], { topics: ['hats', 'cats'] });
    for (const topic of ['hats', undefined]) {
      const here = group.as(ann, topic);
      await here.photo(black, { caption: '/edit a red hat' });
      const result = await here.wait((seen) => isResult(1)(seen) && (seen.topic === null) === (topic === undefined));
      here.text('blue', { replyTo: result });
      const second = await here.wait((seen) => isResult(2)(seen) && seen.topic === result.topic);
      chat.tg.world.messages.get(`${group.chat.id}:${result.id}`)!.deleted = true; // as of old messages, little is told of it
      here.forge(result.buttons.flat()[0]!.data!, result);
      const third = await here.wait((seen) => isResult(3)(seen) && seen.id > second.id);
      expect(third.topic).toBe(result.topic);
    }
    const threads = chat.tg.calls('sendPhoto').map(({ fields }) => fields.message_thread_id);
    expect(threads).not.toContain('1');
    expect(threads).not.toContain(1);
  });

  test('ids beyond 32 bits come back as they were', async () => {
    const ann = somebody();
    const { result } = await edited(ann, black);
    const node = await chat.nodeOf(result);
    expect(node.author).toBe(`telegram:${ann.user.id}`);
    const lineage = await chat.storage.lineage.lineage(node.lineage);
    expect(lineage!.place).toBe(`t:${ann.chat.id}:0`);
    expect(ann.chat.id).toBeGreaterThan(2 ** 51);
  });

  test('an update that comes twice is one edit', async () => {
    const ann = somebody();
    const { result } = await edited(ann, black);
    chat.tg.replay(1);
    ann.press('Again', result);
    chat.tg.replay(1);
    await ann.wait(isResult(2));
    await edited(somebody(), black);
    expect(chat.tg.messages(ann.chat).filter(isResult())).toHaveLength(2);
  });

  test('a group that becomes a supergroup goes on there, with everything it had', async () => {
    const ada = chat.tg.user('Ada');
    const group = chat.tg.group('Studio', [ada], { isBasic: true, administrators: [ada] });
    const below = group.as(ada);
    await below.photo(black, { caption: '/edit a red hat' });
    const first = await below.wait(isResult(1));
    below.command('/server policy set collaborators');
    await below.wait(({ text }) => text.startsWith('Done'));
    await below.photo(await halfMask(), { replyTo: first, caption: 'a green hat' });
    const asked = await below.wait(({ text }) => text.includes('Repaint this part of #1?'));
    chat.latch.close();
    below.text('a blue hat', { replyTo: first });
    await below.wait(({ text }) => text.includes('"a blue hat"'));

    const upgraded = group.upgrade();
    const above = upgraded.as(ada);
    await above.wait(({ text }) => text.startsWith('⏳') && text.includes('"a blue hat"'));
    chat.latch.open();
    const second = await above.wait(isResult(2));
    expect((await chat.nodeOf(second)).parent).toBe((await chat.nodeOf(first)).id);
    await expect.poll(() => chat.tg.messages(upgraded.chat).some(({ text }) => text.startsWith('⏳'))).toBe(false);
    above.text('a violet hat', { replyTo: second });
    expect((await chat.nodeOf(await above.wait(isResult(3)))).parent).toBe((await chat.nodeOf(second)).id);
    const place = `t:${upgraded.chat.id}:0` as PlaceId;
    expect(await chat.storage.people.place(place)).toMatchObject({ policy: 'collaborators' });
    // Ids come again: a new message is not taken for the one that had its id in the group.
    expect((await chat.storage.messages.find(place, String(first.id)))?.node).not.toBe((await chat.nodeOf(first)).id);

    await chat.restart();
    below.press('Again', first);
    await above.wait(isResult(4));
    below.press('Use', asked);
    expect((await chat.nodeOf(await above.wait(isResult(5)))).task!.request).toMatchObject({ mask: { kind: 'image' } });
    below.press('⋯', first);
    await above.wait(({ buttons }) => buttons.flat().some(({ label }) => label.includes('💾')));
    expect(chat.tg.messages(group.chat).filter(({ byBot, id }) => byBot && id > asked.id)).toHaveLength(1); // the card from before
  });
});
