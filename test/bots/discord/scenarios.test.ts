import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import { solidPng } from '../../support/jobs.ts';
import { halfMask, patience } from '../../support/running-bot.ts';
import { isResult } from './chat.ts';
import { black, chat, edited, further, newest, openHands, paramsOf, somebody, told, useMask } from './hands.ts';

openHands();

describe('a slash command with a picture', () => {
  test('is acknowledged at once, shows progress, and ends in an ordinary message', async () => {
    const ann = somebody();
    chat.latch.close();
    const asked = chat.dc.slash(ann.user, 'edit', { prompt: 'oil painting', steps: 7, image: black }, ann);
    await asked.answered();
    const card = await newest(ann, ({ interaction }) => interaction === null);
    expect(card.buttons.map(({ label }) => label)).toEqual(['✖️ Cancel']);
    const edits = () => chat.dc.calls('PATCH', new RegExp(`/messages/${card.id}$`)).length;
    for (let step = 1; step <= 3; step += 1) {
      const before = edits();
      chat.latch.release();
      await expect.poll(edits, patience).toBeGreaterThan(before);
    }
    chat.latch.open();
    const result = await newest(ann, isResult(1));
    expect(result).toMatchObject({ interaction: null, onlyFor: null, mentions: [] });
    expect(result.text).toMatch(/^\*\*#1 · img2img · @Ann\d+\*\*\n"oil painting"\nstrength 0\.50 · 7 steps/);
    await expect.poll(() => chat.dc.messages(ann).filter(({ onlyFor }) => onlyFor === null), patience).toHaveLength(1); // neither card nor "thinking" stays
    const picture = await sharp(result.pictures[0]!.bytes).metadata();
    expect(picture).toMatchObject({ format: 'png', width: 64, height: 64 });
    const parameters = picture.comments?.find(({ keyword }) => keyword === 'parameters')?.text;
    expect(parameters).toMatch(/^oil painting\nSteps: 7, /);
  });

  test('takes options, what stands in "advanced" last, and refuses to its author alone', async () => {
    const ann = somebody();
    const { result } = await edited(ann, {
      prompt: 'a hat',
      strength: 0.4,
      cfg: 5.5,
      seed: 7,
      advanced: 'clip_skip=2 cfg=6',
    });
    expect(await paramsOf(result)).toMatchObject({ denoisingStrength: 0.4, cfgScale: 6, seed: 7, clipSkip: 2 });
    chat.dc.slash(ann.user, 'edit', { prompt: 'x', advanced: 'stps=3' }, ann);
    await told(ann, /stps/);
    expect(chat.dc.view(chat.dc.user('Bo'), ann)).not.toContain('stps');
  });

  test('masks what its mask says', async () => {
    const ann = somebody();
    const mask = { name: 'mask.png', bytes: await halfMask() };
    chat.dc.slash(ann.user, 'inpaint', { prompt: 'a red hat', image: black, mask, fill: 'latent noise' }, ann);
    await useMask(ann);
    const { mask: used, params } = (await chat.nodeOf(await newest(ann, isResult(1)))).task!.request;
    expect(params).toMatchObject({ maskedContent: 'latent noise', denoisingStrength: 0.75 });
    const kept = used?.kind === 'image' ? await chat.storage.blobs.get(used.blob) : null;
    expect(Buffer.from(kept!).equals(mask.bytes)).toBe(true);
  });

  test('that brings no picture where there is none says how to bring one', async () => {
    const ann = somebody();
    chat.dc.slash(ann.user, 'edit', { prompt: 'a hat' }, ann);
    expect((await told(ann, /⚠/)).loading).toBe(false);
    expect(chat.dc.messages(ann).filter(({ onlyFor }) => onlyFor === null)).toEqual([]);
  });

  test('of another kind is answered: help and the queue, in the language of the client', async () => {
    const [ann, li] = [somebody(), somebody('zh-CN')];
    chat.dc.slash(ann.user, 'help', { topic: 'region' }, ann);
    chat.dc.slash(li.user, 'help', {}, li);
    chat.dc.slash(li.user, 'queue', {}, li);
    const region = await told(ann, /mask/i);
    expect(region.flags & 64).toBe(64);
    expect(region.pictures.map(({ name }) => name)).toEqual(['help_region.jpg']);
    expect((await told(li, /编辑/)).text).toContain('/inpaint');
    await told(li, /队列|排队/);
  });

  test('can take its source from a link to somebody’s message, as far as Discord shows it', async () => {
    const [ann, bo] = [somebody(), chat.dc.user('Bo')];
    const red = { name: 'red.png', bytes: await solidPng(64, 64, '#f00') };
    const shown = chat.dc.message(bo, '@Palimpsest', { ...ann, files: [black, red] });
    const hidden = chat.dc.message(bo, 'look', { ...ann, files: [black] });
    const linkTo = (id: string, host = 'discord') =>
      `https://${host}.com/channels/${chat.dc.guild.id}/${ann.channel.id}/${id}`;
    chat.dc.slash(ann.user, 'edit', { prompt: 'a hat', link: linkTo(hidden.id) }, ann);
    await told(ann, /⚠ I cannot see that message/);
    chat.dc.slash(ann.user, 'edit', { prompt: '2/2 a hat', link: linkTo(shown.id, 'canary.discord') }, ann);
    const { init, params } = (await chat.nodeOf(await newest(ann, isResult(1)))).task!.request;
    expect(params.prompt).toBe('a hat');
    expect(Buffer.from(await chat.storage.blobs.get(init)).equals(red.bytes)).toBe(true);
  });

  test('can take its source from a link to a message', async () => {
    const ann = somebody();
    const { result } = await edited(ann);
    await edited(ann, { prompt: 'another' });
    const link = `https://discord.com/channels/${chat.dc.guild.id}/${ann.channel.id}/${result.id}`;
    chat.dc.slash(ann.user, 'edit', { prompt: 'bluer', link }, ann);
    const child = await newest(ann, isResult(2));
    expect((await chat.nodeOf(child)).parent).toBe((await chat.nodeOf(result)).id);
  });
});

describe('a message', () => {
  test('with a mention and a picture is an edit; a reply to the result goes on from it', async () => {
    const ann = somebody();
    const asked = chat.dc.message(ann.user, '@Palimpsest a red hat --steps 9', { ...ann, files: [black] });
    const result = await newest(ann, isResult(1));
    expect(result.replyTo).toBe(asked.id);
    expect(await paramsOf(result)).toMatchObject({ prompt: 'a red hat', steps: 9 });
    chat.dc.message(ann.user, 'make it blue', { ...ann, replyTo: result });
    const second = await newest(ann, isResult(2));
    const [parent, child] = [await chat.nodeOf(result), await chat.nodeOf(second)];
    expect(child).toMatchObject({ parent: parent.id, task: { request: { init: parent.image.ref } } });
    expect(BigInt(result.id)).toBeGreaterThan(2n ** 53n);
  });

  test('that replies without notifying is answered with one hint', async () => {
    const ann = somebody();
    const { result } = await edited(ann);
    const quiet = chat.dc.message(ann.user, 'make it blue', { ...ann, replyTo: result, ping: false });
    const hint = await newest(ann, ({ replyTo }) => replyTo === quiet.id);
    expect(hint.text).toContain('⚠');
    chat.dc.message(ann.user, 'make it green', { ...ann, replyTo: result, ping: false });
    chat.dc.message(ann.user, 'make it grey', { ...ann, replyTo: result });
    await newest(ann, isResult(2));
    const posted = chat.dc.calls('POST', new RegExp(`/channels/${ann.channel.id}/messages`));
    expect(posted.filter(({ body }) => JSON.stringify(body).includes('⚠'))).toHaveLength(1);
  });

  test('with a mention that replies to a picture nobody lets us see says what helps', async () => {
    const [ann, bo] = [somebody(), chat.dc.user('Bo')];
    const foreign = chat.dc.message(bo, 'look', { channel: ann.channel, files: [black] });
    const asked = chat.dc.message(ann.user, '@Palimpsest a red hat', { ...ann, replyTo: foreign });
    expect((await newest(ann, ({ replyTo }) => replyTo === asked.id)).text).toContain('Edit image');
  });

  test('to nobody in particular, of a bot, or in another conversation is left alone', async () => {
    const ann = somebody();
    chat.dc.message(ann.user, 'hello', { ...ann, files: [black] });
    chat.dc.message(chat.dc.user('Robot', { bot: true }), '@Palimpsest a hat', { ...ann, files: [black] });
    chat.dc.message(ann.user, '@Palimpsest a red hat', { ...ann, files: [black] });
    await newest(ann, isResult(1));
    const said = chat.dc.messages(ann).filter(({ author }) => author === 'Palimpsest');
    expect(said.every(({ text }) => text.includes('a red hat'))).toBe(true);
  });

  test('in private needs neither mention nor command', async () => {
    const ann = chat.dc.user('Private');
    const channel = chat.dc.privately(ann);
    chat.dc.message(ann, 'a red hat', { channel, files: [black] });
    const result = await newest({ user: ann, channel }, isResult(1));
    chat.dc.button(ann, result, 'Again');
    await newest({ user: ann, channel }, isResult(2));
  });

  test('cannot make the bot say something else than words', async () => {
    const ann = somebody();
    const prompt = '# **bold** <@1> @everyone `code` [a](https://x.y) | ||s|| _u_';
    const { result } = await edited(ann, { prompt });
    const line = result.text.split('\n')[1]!;
    expect(line).toContain(String.raw`\*\*bold\*\* \<@1> @`);
    expect(line).not.toMatch(/(?<!\\)[*_`|[\]]|@everyone/);
    expect(result.mentions).toEqual([]);
    const sly = { ...ann, user: chat.dc.user('Sly\u202e\u0000 **<@1>**') };
    chat.dc.message(sly.user, 'a\u0000 \u202etac\u2066', { ...sly, replyTo: result });
    const second = await newest(sly, isResult(2));
    expect(second.text).toContain(String.raw`@Sly \*\*\<@1>\*\*`);
    expect(second.text).toContain('"a tac"');
    expect(second.text.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}]/u);
  });
});

describe('buttons', () => {
  test('again, less, more, pick and settings do what they say', async () => {
    const ann = somebody();
    const { result } = await edited(ann, { prompt: 'a red hat', seed: 7, strength: 0.5 });
    chat.dc.button(ann.user, result, 'Again');
    const again = await newest(ann, isResult(2));
    expect((await paramsOf(again)).seed).not.toBe(7);
    chat.dc.button(ann.user, result, 'More');
    expect(await paramsOf(await newest(ann, isResult(3)))).toMatchObject({ denoisingStrength: 0.6, seed: 7 });
    chat.dc.button(ann.user, await further(ann, result), 'Settings');
    await told(ann, /Seed: 7/);
  });

  test('undo and redo move HEAD and show it', async () => {
    const ann = somebody();
    const { result } = await edited(ann);
    chat.dc.message(ann.user, 'make it blue', { ...ann, replyTo: result });
    const second = await newest(ann, isResult(2));
    chat.dc.button(ann.user, second, 'Undo');
    const back = await newest(ann, ({ id, text }) => id > second.id && text.startsWith('**#1'));
    chat.dc.button(ann.user, back, 'Redo');
    await newest(ann, ({ id, text }) => id > back.id && text.startsWith('**#2'));
    chat.dc.slash(ann.user, 'undo', {}, ann);
    await newest(ann, ({ id, text }) => id > back.id && text.startsWith('**#1'));
  });

  test('the original is handed over byte for byte, as a file', async () => {
    const ann = somebody();
    const { result } = await edited(ann);
    const { image, id } = await chat.nodeOf(result);
    chat.dc.button(ann.user, await further(ann, result), '💾');
    const file = await newest(ann, ({ onlyFor, pictures }) => onlyFor === ann.user.name && pictures.length > 0);
    expect(file.pictures[0]!.name).toBe(`palimpsest_${id}.png`);
    expect(file.pictures[0]!.bytes.equals(Buffer.from(await chat.storage.blobs.get(image.ref)))).toBe(true);
  });

  test('Edit… opens a form with the present values, and the form is an edit of that picture', async () => {
    const ann = somebody();
    const { result } = await edited(ann, { prompt: 'a red hat', seed: 7 });
    const press = await chat.dc.button(ann.user, result, 'Edit…').answered();
    expect(press.callbackType).toBe(9);
    expect(JSON.stringify(press.modal)).toContain('a red hat');
    chat.dc.modal(press, { prompt: 'a blue hat', advanced: 'steps=4' });
    const second = await newest(ann, isResult(2));
    expect(await paramsOf(second)).toMatchObject({ prompt: 'a blue hat', steps: 4, seed: 7 });
    expect((await chat.nodeOf(second)).parent).toBe((await chat.nodeOf(result)).id);
  });

  test('that are forged, of another version, or of another place are refused to whoever pressed', async () => {
    const [ann, bo] = [somebody(), somebody()];
    const { result } = await edited(ann);
    const { result: other } = await edited(bo);
    const { id } = await chat.nodeOf(other);
    const foreign = [`p1|ag|${id}|`, `q1|ag|${id}|`, `p1|ed|${id}|`, `p1|fl|${id}|`];
    const unreadable = ['p0|ag|0123456789|', `p1|zz|${id}|`, 'x', `p1|ag|${id}|${'9'.repeat(80)}`, 'p1|ag|../../etc|'];
    for (const customId of [...foreign, ...unreadable]) await chat.dc.forge(ann.user, result, customId).answered();
    const chosen = { customId: 'p1|choose', values: [`p1|sh|${id}|`] };
    await chat.dc.select(ann.user, result, chosen).answered();
    const refused = () => chat.dc.messages(ann).filter(({ onlyFor, text }) => onlyFor && text.includes('⚠'));
    await expect.poll(() => refused().length, patience).toBe(foreign.length + unreadable.length + 1);
    expect(refused().some(({ pictures }) => pictures.length > 0)).toBe(false);
  });

  test('of others fork: nobody is asked to be somebody else', async () => {
    const ann = somebody();
    const { result } = await edited(ann);
    const bo = chat.dc.user('Bo');
    chat.dc.button(bo, result, 'Again');
    expect((await newest(ann, isResult(2))).text).toContain('@Bo');
  });
});

describe("a picture's context menu", () => {
  test('opens a form at once; sent with a mask it repaints what the mask covers', async () => {
    const ann = somebody();
    const target = chat.dc.message(chat.dc.user('Bo'), 'look', { ...ann, files: [black] });
    const opened = await chat.dc.context(ann.user, 'Edit image', target, ann).answered();
    expect(opened.callbackType).toBe(9);
    const mask = { name: 'mask.png', bytes: await halfMask() };
    expect(opened.modal?.components).toHaveLength(4);
    const sent = chat.dc.modal(opened, { prompt: 'a red hat', strength: '0.9', mask: [mask] });
    await useMask(ann);
    const request = (await chat.nodeOf(await newest(ann, isResult(1)))).task!.request;
    expect(request).toMatchObject({ params: { prompt: 'a red hat', denoisingStrength: 0.9 }, mask: { kind: 'image' } });
    expect(Buffer.from(await chat.storage.blobs.get(request.init)).equals(black.bytes)).toBe(true);
    await expect
      .poll(() => sent.answer === null || !chat.dc.messages(ann).some(({ loading }) => loading), patience)
      .toBe(true);
  });

  test('asks for an inpainting what it starts from, and fetches the picture while the form is open', async () => {
    const ann = somebody();
    const target = chat.dc.message(chat.dc.user('Bo'), 'look', { ...ann, files: [black] });
    const fetched = chat.dc.calls('GET', /cdn\/attachments/).length;
    const opened = await chat.dc.context(ann.user, 'Inpaint image', target, ann).answered();
    expect(opened.modal).toMatchObject({ title: 'Inpaint image' });
    expect(opened.modal?.components).toHaveLength(4);
    await expect.poll(() => chat.dc.calls('GET', /cdn\/attachments/).length, patience).toBe(fetched + 1);
    const mask = { name: 'mask.png', bytes: await halfMask() };
    chat.dc.modal(opened, { prompt: 'a red hat', fill: 'latent noise', mask: [mask] });
    await useMask(ann);
    const request = (await chat.nodeOf(await newest(ann, isResult(1)))).task!.request;
    expect(request).toMatchObject({ params: { maskedContent: 'latent noise', denoisingStrength: 0.75 } });
  });

  test('offers presets, and sends what was drawn instead of the picture', async () => {
    const ann = somebody();
    const target = chat.dc.message(chat.dc.user('Bo'), 'look', { ...ann, files: [black] });
    const opened = await chat.dc.context(ann.user, 'Edit image', target, ann).answered();
    const drawn = { name: 'drawn.png', bytes: await solidPng(64, 64, '#993366') };
    chat.dc.modal(opened, { prompt: 'a red hat', Preset: 'hands', mask: [drawn] });
    const { params, sketch } = (await chat.nodeOf(await newest(ann, isResult(1)))).task!.request;
    expect(sketch).toMatchObject({ kind: 'sketch' });
    expect(params.inpaintArea).toBe('only masked');
  });

  test('keeps a picture as the mask of the next command, and compares a result with what it was made from', async () => {
    const ann = somebody();
    const mask = { name: 'mask.png', bytes: await halfMask() };
    const sent = chat.dc.message(chat.dc.user('Bo'), 'a mask', { ...ann, files: [mask] });
    chat.dc.context(ann.user, 'Use as mask', sent, ann);
    await told(ann, /Kept as the mask/);
    chat.dc.slash(ann.user, 'inpaint', { prompt: 'a pond', image: black }, ann);
    await useMask(ann);
    const result = await newest(ann, isResult(1));
    expect((await chat.nodeOf(result)).task!.request.mask).toMatchObject({ kind: 'image' });
    chat.dc.context(ann.user, 'Compare', result, ann);
    await newest(ann, ({ text }) => /#0 and #1/.test(text));
  });

  test('does at once what needs no words: enlarges a picture, tells what made it', async () => {
    const ann = somebody();
    const target = chat.dc.message(chat.dc.user('Bo'), 'look', { ...ann, files: [black] });
    chat.dc.context(ann.user, 'Show settings', target, ann);
    await told(ann, /without parameters/);
    const { result } = await edited(ann);
    chat.dc.context(ann.user, 'Show settings', result, ann);
    await told(ann, /Steps: 20, Sampler: Euler a/);
  });

  test('of a result goes on from its node, and of words alone says that there is no picture', async () => {
    const ann = somebody();
    const { result } = await edited(ann);
    const opened = await chat.dc.context(ann.user, 'Edit image', result, ann).answered();
    chat.dc.modal(opened, { prompt: 'bluer' });
    const child = await newest(ann, isResult(2));
    expect((await chat.nodeOf(child)).parent).toBe((await chat.nodeOf(result)).id);
    const bare = chat.dc.message(chat.dc.user('Bo'), 'no picture here', ann);
    const refused = await chat.dc.context(ann.user, 'Edit image', bare, ann).answered();
    expect(refused.answer).toMatchObject({ onlyFor: ann.user.name, text: expect.stringContaining('⚠') });
  });
});
