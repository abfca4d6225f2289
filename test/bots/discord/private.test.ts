import { describe, expect, test } from 'vitest';
import type { Seen } from '../../support/discord-stand-in/view.ts';
import { halfMask, patience } from '../../support/running-bot.ts';
import { isResult } from './chat.ts';
import { black, chat, edited, newest, openHands, somebody, told } from './hands.ts';

openHands();

type Ann = ReturnType<typeof somebody>;
const seenByAll = (ann: Ann) => chat.dc.messages(ann).filter(({ onlyFor }) => onlyFor === null);
const ownResult = (ann: Ann, number?: number) =>
  newest(ann, (seen: Seen) => seen.onlyFor === ann.user.name && isResult(number)(seen));
const secret = { prompt: 'a secret', private: true };

describe('an edit that only its author may see', () => {
  test('has card and result for them alone, and so has what its buttons make', async () => {
    const ann = somebody();
    chat.latch.close();
    chat.dc.slash(ann.user, 'edit', { ...secret, image: black }, ann);
    const card = await told(ann, /a secret/);
    expect(card.buttons.map(({ label }) => label)).toContain('✖️ Cancel');
    chat.latch.open();
    const first = await ownResult(ann, 1);
    chat.dc.button(ann.user, first, 'Again');
    const second = await ownResult(ann, 2);
    chat.dc.button(ann.user, second, '⋯');
    const panel = await told(ann, /More for #2/);
    chat.dc.button(ann.user, panel, 'Branch…');
    await expect.poll(() => chat.dc.messages(ann).some(({ text }) => text.includes('⏳')), patience).toBe(false);
    expect(seenByAll(ann)).toEqual([]);
  });

  test('asks about its mask where nobody else looks, too', async () => {
    const ann = somebody();
    const mask = { name: 'mask.png', bytes: await halfMask() };
    chat.dc.slash(ann.user, 'inpaint', { ...secret, image: black, mask }, ann);
    chat.dc.button(ann.user, await told(ann, /Red is repainted/), 'Use');
    expect((await chat.nodeOf(await ownResult(ann, 1))).op).toBe('inpaint');
    expect(seenByAll(ann)).toEqual([]);
  });

  test('of a picture that everybody sees stands beside it, on a branch of its own', async () => {
    const ann = somebody();
    const { result } = await edited(ann);
    const link = `https://discord.com/channels/${chat.dc.guild.id}/${ann.channel.id}/${result.id}`;
    chat.dc.slash(ann.user, 'edit', { ...secret, link }, ann);
    const node = await chat.nodeOf(await ownResult(ann, 2));
    const lineage = await chat.storage.lineage.lineage(node.lineage);
    expect(lineage?.heads.main).toBe((await chat.nodeOf(result)).id);
    expect(Object.values(lineage?.heads ?? {})).toContain(node.id);
  });

  test('is not what somebody else means who names no picture', async () => {
    const ann = somebody();
    chat.dc.slash(ann.user, 'edit', { ...secret, image: black }, ann);
    await ownResult(ann, 1);
    const bo = { ...ann, user: chat.dc.user('Bo') };
    chat.dc.slash(bo.user, 'edit', { prompt: 'x' }, bo);
    await told(bo, /⚠/);
  });

  test('that takes longer than it can be shown goes to their private messages', async () => {
    const ann = somebody();
    chat.latch.close();
    chat.dc.slash(ann.user, 'edit', { ...secret, image: black }, ann);
    await told(ann, /a secret/);
    await chat.restart(() => chat.latch.open());
    const direct = await chat.dc.waitCard(
      (seen) => seen.channel.recipient === ann.user && seen.pictures.length > 0,
      patience.timeout,
    );
    expect(direct.text).toContain('I could not post this where you asked for it.');
    expect(seenByAll(ann)).toEqual([]);
  });

  test('needs no option for whoever always wants it so', async () => {
    const ann = somebody();
    chat.dc.slash(ann.user, 'settings set', { name: 'private', value: 'on' }, ann);
    await told(ann, /private is on/);
    chat.dc.slash(ann.user, 'edit', { prompt: 'x', image: black }, ann);
    await ownResult(ann, 1);
    expect(seenByAll(ann)).toEqual([]);
    chat.dc.slash(ann.user, 'edit', { prompt: 'x', image: black, private: false }, ann);
    expect((await newest(ann, (seen) => seen.onlyFor === null && isResult(1)(seen))).onlyFor).toBeNull();
  });
});

test('an archive of what is kept is shown to its owner alone where they let nobody write to them', async () => {
  const ann = { ...somebody(), user: chat.dc.user('Shy', { dmClosed: true }) };
  await edited(ann);
  chat.dc.slash(ann.user, 'privacy export', {}, ann);
  const sent = await told(ann, /Your data/);
  expect(sent.pictures.map(({ name }) => name)).toEqual(['palimpsest-1.zip']);
  expect(chat.dc.messages(ann).some(({ text }) => text.includes('private messages'))).toBe(false);
});

describe('an edit that everybody may see', () => {
  test('tells its author where it is in the line and where its card is, for some seconds', async () => {
    const ann = somebody('zh-CN');
    chat.latch.close();
    chat.dc.slash(ann.user, 'edit', { prompt: 'x', image: black }, ann);
    const note = await told(ann, /discord\.com\/channels/);
    expect(note.text).toMatch(/^\*\*(?:已开始|排队第 1 位)/); // in their own language, though the card is in that of the server
    const card = await newest(ann, ({ onlyFor, buttons }) => onlyFor === null && buttons.length > 0);
    expect(note.text).toContain(`/${ann.channel.id}/${card.id}`);
    await expect.poll(() => chat.dc.messages(ann).some(({ id }) => id === note.id), patience).toBe(false);
    chat.latch.open();
    await newest(ann, isResult(1));
  });

  test('brings its result to the notice of whoever wants that, or waited long', async () => {
    const ann = somebody();
    expect((await edited(ann)).result.mentions).toEqual([]);
    chat.dc.slash(ann.user, 'settings set', { name: 'notify', value: 'always' }, ann);
    await told(ann, /notify is always/);
    chat.dc.slash(ann.user, 'edit', { prompt: 'x', image: black }, ann);
    const named = await newest(ann, (seen) => isResult(1)(seen) && seen.mentions.length > 0);
    expect(named.text).toContain(`<@${ann.user.id}>`);
  });

  test('sends its result as a file, or besides as a file, to whoever wants that', async () => {
    const ann = somebody();
    for (const [value, count] of [
      ['document', 1],
      ['both', 2],
    ] as const) {
      chat.dc.slash(ann.user, 'settings set', { name: 'files', value }, ann);
      await told(ann, new RegExp(`files is ${value}`));
      const before = chat.dc.messages(ann).length;
      chat.dc.slash(ann.user, 'edit', { prompt: value, image: black }, ann);
      const result = await newest(ann, (seen) => isResult()(seen) && seen.text.includes(`"${value}"`));
      expect(new Set(result.pictures.map(({ name }) => name)).size).toBe(count); // a body refers to files by their names
      expect(chat.dc.messages(ann).length).toBeGreaterThan(before - 1);
    }
  });
});
