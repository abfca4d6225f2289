import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
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

/** Turns to what stands behind "⋯". */
async function further(ann: Conversation, on: Awaited<ReturnType<Conversation['wait']>>) {
  ann.press('⋯', on);
  return ann.wait(({ id, buttons }) => id === on.id && buttons.flat().some(({ label }) => label.includes('💾')));
}

/** What the bot offers to post for somebody's words. */
async function listOf(ann: Conversation, words: string) {
  const query = ann.inline(words);
  await expect.poll(() => query.answer).not.toBeNull();
  return query.answer;
}

async function paramsOf(seen: Awaited<ReturnType<Conversation['wait']>>) {
  return (await chat.nodeOf(seen)).task!.request.params;
}

describe('a picture with words', () => {
  test('becomes a card at once, progress, and a photo that answers the request', async () => {
    const ann = somebody();
    chat.latch.close();
    const asked = await ann.photo(black, { caption: 'oil painting' });
    const card = await ann.wait(() => true);
    expect(card.buttons.flat().map(({ label }) => label)).toEqual(['✖️ Cancel']);
    const edits = () => chat.tg.calls('editMessageText').filter(({ fields }) => fields.message_id === card.id).length;
    for (let step = 1; step <= 4; step += 1) {
      const before = edits();
      chat.latch.release();
      await expect.poll(edits).toBeGreaterThan(before);
    }
    expect(chat.tg.calls('sendChatAction').length).toBeGreaterThan(0);
    chat.latch.open();
    const result = await ann.wait(isResult());
    expect(result).toMatchObject({ replyTo: asked.id, asFile: false, spoiler: false });
    expect(result.text).toMatch(/^#1 · img2img · @\u2060?Ann\d+\n"oil painting"\nstrength 0\.50 · 20 steps \(5 run\)/);
    await expect.poll(() => chat.tg.messages(ann.chat).some(({ id }) => id === card.id)).toBe(false);
  });

  test('is given as the PNG with its parameters on request', async () => {
    const ann = somebody();
    const { result } = await edited(ann, black);
    await further(ann, result);
    ann.press('💾', result);
    const file = await ann.wait(({ asFile }) => asFile);
    expect(file.picture!.name).toBe(`palimpsest_${(await chat.nodeOf(result)).id}.png`);
    const comments = (await sharp(file.picture!.bytes).metadata()).comments ?? [];
    expect(comments.find(({ keyword }) => keyword === 'parameters')?.text).toMatch(/^a red hat\nSteps: 7, /);
  });

  test('goes on from a reply to the result, with the bytes that were made and not the photo Telegram shows', async () => {
    const ann = somebody();
    const { result } = await edited(ann, black);
    ann.text('make it blue', { replyTo: result });
    const second = await ann.wait(isResult(2));
    const [parent, child] = [await chat.nodeOf(result), await chat.nodeOf(second)];
    expect(child.parent).toBe(parent.id);
    expect(child.task!.request).toMatchObject({ init: parent.image.ref, params: { prompt: 'make it blue' } });
  });

  test('may be said anew for a minute, as long as it waits', async () => {
    const [ann, bo] = [somebody(), somebody()];
    chat.latch.close();
    await bo.photo(black, { caption: 'first in the line' });
    await bo.wait(() => true);
    const asked = await ann.photo(black, { caption: 'a red hat' });
    await ann.wait(() => true);
    ann.edit(asked, 'a blue hat');
    await ann.wait(({ text }) => text.includes('"a blue hat"'));
    chat.latch.open();
    const result = await ann.wait(isResult());
    expect(result).toMatchObject({ replyTo: asked.id, text: expect.stringContaining('"a blue hat"') });
    ann.edit(asked, 'too late');
    await edited(somebody(), black);
    expect(chat.tg.messages(ann.chat).filter(({ byBot }) => byBot)).toHaveLength(1);
    const cy = somebody();
    const mistyped = await cy.photo(black, { caption: 'a hat --strenght 0.3' });
    await cy.wait(({ text }) => text.startsWith('⚠') && text.includes('strenght'));
    cy.edit(mistyped, 'a hat --strength 0.3');
    expect((await cy.wait(isResult(1))).text).toContain('strength 0.30');
    const wordless = await cy.photo(black);
    await cy.wait(({ text }) => text.startsWith('Got it'));
    cy.edit(wordless, 'a green hat');
    await cy.wait((seen) => isResult(1)(seen) && seen.text.includes('"a green hat"'));
  });

  test('is sent to Telegram once: what is shown again, and what somebody posts elsewhere by its name, is there', async () => {
    const ann = somebody();
    const other = somebody();
    expect(await listOf(other, '')).toMatchObject({ choices: [], button: expect.stringContaining('make one') });
    const { result } = await edited(ann, black, 'a fox in the snow');
    ann.text('a crow', { replyTo: result });
    const crow = await ann.wait(isResult(2));
    const uploads = () =>
      chat.tg.calls('sendPhoto').filter(({ fields }) => String(fields.photo ?? 'attach').startsWith('attach'));
    const before = uploads().length;
    ann.press('Undo', crow);
    const back = await ann.wait((seen) => seen.id > crow.id && seen.text.startsWith('#1 · '));
    expect(back.picture).toEqual(result.picture);
    expect(uploads()).toHaveLength(before);
    expect(await listOf(ann, '')).toMatchObject({ choices: [{ title: 'a crow' }, { title: 'a fox in the snow' }] });
    expect(await listOf(ann, 'SNOW fox')).toMatchObject({ choices: [{ bytes: result.picture!.bytes }], button: null });
    expect(await listOf(other, 'fox')).toMatchObject({ choices: [] });
    await ann.photo(black, { caption: 'a hidden cat', spoiler: true });
    await ann.wait(({ text }) => text.includes('"a hidden cat"'));
    expect(await listOf(ann, 'cat')).toMatchObject({ choices: [] });
    chat.tg.world.media.clear(); // another bot, or files that Telegram has let go of
    ann.press('Redo', back);
    await ann.wait((seen) => seen.id > back.id && seen.text.startsWith('#2 · ') && seen.picture !== null);
  });

  test('in a file is taken byte for byte', async () => {
    const ann = somebody();
    await ann.document(black, { caption: 'a red hat' });
    const node = await chat.nodeOf(await ann.wait(isResult(1)));
    expect(Buffer.from(await chat.storage.blobs.get(node.task!.request.init)).equals(black)).toBe(true);
  });

  test('that is no picture is refused in words', async () => {
    const ann = somebody();
    await ann.document(Buffer.from('%PDF-1.4'), { name: 'cat.pdf', caption: 'a red hat' });
    expect((await ann.wait(() => true)).text).toContain('That is not a picture I can read');
  });
});

describe('masks', () => {
  const commandWith = async (pictures: readonly Buffer[], caption = '/inpaint a red hat') => {
    const ann = somebody();
    await ann.album(pictures, { caption });
    return ann;
  };

  test('come second in an album, whatever arrives first, and one album is one edit', async () => {
    const ann = somebody();
    const album = await ann.album([black, await halfMask()], { caption: '/inpaint a red hat', held: [0] });
    album.release();
    const result = await ann.wait(isResult(1));
    expect(result.text).toMatch(/^#1 · inpaint · /);
    const { request } = (await chat.nodeOf(result)).task!;
    expect(request.mask).toMatchObject({ kind: 'image', read: 'auto' });
    const { blob } = request.mask as Extract<typeof request.mask, { kind: 'image' }>;
    const mask = await sharp(await chat.storage.blobs.get(blob))
      .greyscale()
      .raw()
      .toBuffer();
    expect([mask[8]! > 240, mask[56]! < 15]).toEqual([true, true]);
    expect(chat.tg.messages(ann.chat).filter(isResult())).toHaveLength(1);
  });

  test('are refused when empty or of another shape', async () => {
    const empty = await commandWith([black, black]);
    expect((await empty.wait(() => true)).text).toContain('The mask is empty');
    const wide = await commandWith([black, await halfMask(128, 64)]);
    expect((await wide.wait(() => true)).text).toContain('The mask does not fit the picture');
  });

  test('are asked for where a group shows the bot one picture of an album; what was said is kept', async () => {
    const anna = chat.tg.user('Anna');
    const group = chat.tg.group('Studio', [anna]);
    const ann = group.as(anna);
    const asks = ({ text }: { text: string }) => text.includes('Which part of it');
    await ann.album([black, await halfMask()], { caption: '/inpaint a red hat --steps 9' });
    const card = await ann.wait(asks);
    expect(card.text).toMatch(/"a red hat"\nI was shown only this one[\s\S]*Your words are kept/);
    await ann.photo(await halfMask(), { replyTo: card });
    ann.press('Use', await ann.wait(({ text }) => /Repaint this part of #0\?[\s\S]*"a red hat"/.test(text)));
    const { request } = (await chat.nodeOf(await ann.wait(isResult(1)))).task!;
    expect(request).toMatchObject({ mask: { kind: 'image' }, params: { prompt: 'a red hat', steps: 9 } });
    await ann.album([black, await halfMask()], { caption: '/inpaint a green hat' });
    ann.press('Whole picture', await ann.wait(asks));
    const whole = await ann.wait(({ text, picture }) => picture !== null && text.includes('"a green hat"'));
    expect((await chat.nodeOf(whole)).task!.request.mask).toBeNull();
    await expect.poll(() => chat.tg.messages(group.chat).some(asks)).toBe(false);
    await ann.album([black, black], { caption: '/edit a blue hat' });
    await ann.wait(({ text }) => /"a blue hat"[\s\S]*I was shown only one of the pictures/.test(text));
  });

  test('are asked about anew when the words that came with them are corrected', async () => {
    const anna = chat.tg.user('Anna');
    const group = chat.tg.group('Studio', [anna]);
    const ann = group.as(anna);
    await ann.photo(black, { caption: '/edit a hat' });
    const sent = await ann.photo(await halfMask(), { caption: 'a reed hat', replyTo: await ann.wait(isResult(1)) });
    const card = await ann.wait(({ text }) => text.includes('"a reed hat"'));
    ann.edit(sent, 'a straw hat');
    ann.press('Use', await ann.wait(({ text }) => /Repaint this part of #1\?[\s\S]*"a straw hat"/.test(text)));
    await ann.wait((seen) => isResult(2)(seen) && seen.text.includes('"a straw hat"'));
    expect(chat.tg.messages(group.chat).some(({ id }) => id === card.id)).toBe(false);
    ann.edit(sent, 'a third hat');
    await edited(somebody(), black);
    expect(chat.tg.messages(group.chat).some(({ byBot, text }) => byBot && text.includes('third'))).toBe(false);
  });

  test('by transparency are read in a reply with the file', async () => {
    const ann = somebody();
    const { result } = await edited(ann, black);
    const alpha = await sharp({ create: { width: 64, height: 64, channels: 4, background: '#00000000' } })
      .composite([{ input: await solidPng(32, 64), left: 0, top: 0 }])
      .png()
      .toBuffer();
    await ann.document(alpha, { replyTo: result, caption: '/inpaint mask a blue hat' });
    const second = await ann.wait(isResult(2));
    expect((await chat.nodeOf(second)).task!.request.mask).toMatchObject({ kind: 'image' });
  });
});

describe('buttons', () => {
  test('Again, Less and More keep what they should', async () => {
    const ann = somebody();
    const { result } = await edited(ann, black, 'a red hat --strength 0.95');
    const first = await paramsOf(result);
    ann.press('Again', result);
    const again = await paramsOf(await ann.wait(isResult(2)));
    expect(again).toEqual({ ...first, seed: again.seed, subseed: again.subseed });
    expect(again.seed).not.toBe(first.seed);
    ann.press('More', result);
    const more = await ann.wait(isResult(3));
    expect(await paramsOf(more)).toMatchObject({ denoisingStrength: 1, seed: first.seed });
    expect(more.buttons.flat().map(({ label }) => label)).not.toContain('➕ More');
    ann.press('Less', result);
    expect(await paramsOf(await ann.wait(isResult(4)))).toMatchObject({ denoisingStrength: 0.85, seed: first.seed });
  });

  test('Same mask goes on from the result with the mask it was made with', async () => {
    const ann = somebody();
    await ann.album([black, await halfMask()], { caption: '/inpaint a red hat' });
    const result = await ann.wait(isResult(1));
    ann.press('♻️', result);
    const [one, two] = [await chat.nodeOf(result), await chat.nodeOf(await ann.wait(isResult(2)))];
    expect(two.parent).toBe(one.id);
    expect(two.task!.request).toMatchObject({ init: one.image.ref, mask: one.task!.request.mask });
  });

  test('pick one of an album', async () => {
    const ann = somebody();
    await ann.photo(black, { caption: 'a red hat --count 3' });
    const words = await ann.wait(({ text, picture }) => picture === null && text.startsWith('#1 · '));
    const album = chat.tg.messages(ann.chat).filter((seen) => seen.album !== null);
    expect(album).toHaveLength(3);
    expect(album.every((seen) => seen.id < words.id)).toBe(true);
    ann.press('2', words);
    const picked = await ann.wait((seen) => seen.picture !== null && seen.text.startsWith('#2 · '));
    expect((await chat.nodeOf(picked)).pick).toBe(1);
  });

  test('Undo and Redo go back and forth', async () => {
    const ann = somebody();
    const { result } = await edited(ann, black);
    ann.text('make it blue', { replyTo: result });
    ann.press('Undo', await ann.wait(isResult(2)));
    const back = await ann.wait(
      (seen) => seen.text.startsWith('#1 · ') && seen.id > result.id && seen.picture !== null,
    );
    ann.press('Redo', back);
    await ann.wait((seen) => seen.text.startsWith('#2 · ') && seen.id > back.id && seen.picture !== null);
    ann.command('/undo');
    await ann.wait((seen) => seen.text.startsWith('#1 · ') && seen.id > back.id && seen.picture !== null);
  });

  test('Edit… asks with the present values, and a reply changes only what it names', async () => {
    const ann = somebody();
    const { result } = await edited(ann, black, 'a red hat no: blurry --seed 5');
    ann.press('✏️', result);
    const form = await ann.wait(({ text }) => text.startsWith('✏'));
    expect(form.text).toContain('a red hat');
    await chat.restart();
    ann.text('strength: 0.9\na green hat', { replyTo: form });
    expect(await paramsOf(await ann.wait(isResult(2)))).toMatchObject({
      ...{ prompt: 'a green hat', negativePrompt: 'blurry', denoisingStrength: 0.9, seed: 5 },
    });
  });

  test('Cancel stops the edit', async () => {
    const ann = somebody();
    chat.latch.close();
    await ann.photo(black, { caption: '!hang' });
    ann.press('Cancel', await ann.wait((seen) => seen.buttons.length > 0));
    await ann.wait(({ text }) => /cancel/i.test(text));
    chat.latch.open();
    expect(chat.tg.messages(ann.chat).filter(isResult())).toEqual([]);
  });

  test('that are forged or old are answered in words', async () => {
    const ann = somebody();
    const { result } = await edited(ann, black);
    ann.forge('0:ag:0123456789:', result);
    await ann.wait(({ text }) => text.includes('That button is too old'));
    ann.forge('1:ag:0000000000:', result);
    await ann.wait(({ text }) => text.includes('That is gone'));
    const elsewhere = somebody();
    elsewhere.forge(result.buttons.flat()[0]!.data!, await helpFor(elsewhere));
    await elsewhere.wait(({ text }) => text.includes('That is gone'));
    expect(chat.tg.queries.every(({ answer }) => answer !== null)).toBe(true);
  });
});

async function helpFor(ann: Conversation) {
  ann.command('/start');
  return ann.wait(() => true);
}

describe('a history', () => {
  test('is branched, shown with buttons to jump by, turned in place, compared, and redone', async () => {
    const ann = somebody();
    const { result } = await edited(ann, black);
    ann.press('Less', result);
    const second = await ann.wait(isResult(2));
    await further(ann, second);
    ann.press('Branch…', second);
    const form = await ann.wait(({ text }) => text.includes('Branch from #2'));
    ann.text('crown', { replyTo: form });
    await ann.wait(({ text }) => text.includes('The branch "crown" begins here.'));
    ann.press('History', second);
    const history = await ann.wait(({ text }) => text.startsWith('History · 3 pictures'));
    expect(history.text).toMatch(/└─ #2 a little weaker .* ◀ crown, main/);
    expect(history.buttons.flat().map(({ label }) => label)).toEqual(expect.arrayContaining(['#0', '#1', '#2']));
    ann.press('Thumbnails', history);
    await ann.wait(({ id, picture }) => id === history.id && picture !== null, 8000);
    ann.press('Back', second);
    const front = await ann.wait(
      ({ id, buttons }) => id === second.id && buttons.flat().some(({ label }) => label.includes('Compare')),
    );
    ann.press('Compare', front);
    const compared = await ann.wait(({ text }) => text.startsWith('#0 and #2'), 8000);
    ann.press('Slider', compared);
    const slider = await ann.wait(({ picture, asFile }) => asFile && picture!.name.endsWith('.gif'), 15_000);
    expect((await sharp(slider.picture!.bytes).metadata()).pages).toBe(24);
    ann.press('Undo', front);
    const root = await ann.wait(({ text }) => text.includes('#0 is the current picture'));
    ann.press('Redo', root);
    await ann.wait(({ id, text }) => id > root.id && text.includes('#2 is the current picture'));
  }, 30_000);
});
