import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { NodeId, PlaceId } from '../../../src/edit/lineage.ts';
import { withInfotext } from '../../../src/engine/image/infotext-file.ts';
import { solidPng } from '../../support/jobs.ts';
import { halfMask } from '../../support/running-bot.ts';
import { openTestChat, type TestChat } from '../../support/test-chat.ts';
import { ann, bo, buttonsOf, file, type TestPlatform, wordsOf } from '../../support/test-platform.ts';

let chat: TestChat;
let platform: TestPlatform;
beforeAll(async () => {
  chat = await openTestChat();
  platform = chat.platform;
});
afterAll(() => chat[Symbol.asyncDispose]());

async function made(place: PlaceId, n = 0) {
  const posted = await chat.result(place, n);
  const node = await chat.storage.lineage.node(buttonsOf(posted.card)[0]!.target as NodeId);
  return { posted, node: node!, params: node!.task!.request.params, request: node!.task!.request };
}

/** A room with one result in it. */
async function begun(prompt: string) {
  const place = platform.newRoom();
  await platform.say(ann, prompt, { in: place, files: [await solidPng(64, 64)] });
  return { place, first: (await made(place)).posted };
}

describe('words that name a part', () => {
  test('are refused, with another way, while nothing finds things by their names', async () => {
    const { place, first } = await begun('a cat in a hat');
    for (const text of ['hat -> red beret', 'remove hat', 'inpaint hat: red beret', '把帽子换成红色贝雷帽', '修复手']) {
      await platform.say(ann, text, { in: place, replyTo: first.id });
      expect(chat.lastTold()).toMatch(/^⚠ I cannot find "(hat|帽子|手)" by its name\n.*\n.*mask/);
    }
  });

  test('do what they say where a mask shows the part', async () => {
    const { place, first } = await begun('a cat in a hat, warm light');
    const mask = await halfMask();
    await platform.say(ann, 'hat -> red beret', { in: place, replyTo: first.id, files: [mask] });
    await chat.useMask(place);
    const swapped = await made(place, 1);
    expect(swapped.node.op).toBe('inpaint');
    expect(swapped.params).toMatchObject({
      ...{ prompt: 'a cat in a hat, warm light, red beret', denoisingStrength: 0.85 },
      ...{ maskedContent: 'latent noise', softInpainting: true },
    });
    const hidden = { target: 'h\u0000a\u202et' }; // nothing a database keeps, or that looks like something else
    await platform.command(ann, 'remove', hidden, { in: place, replyTo: first.id, files: [file(mask, 'mask')] });
    await chat.useMask(place);
    expect((await made(place, 2)).params).toMatchObject({
      ...{ prompt: 'warm light', negativePrompt: 'hat', denoisingStrength: 0.5, maskedContent: 'fill', dilateMask: 8 },
    });
  });
});

describe('verbs that begin another flow', () => {
  test('go on from the picture that is replied to, or sent along', async () => {
    const { place, first } = await begun('a meadow');
    await platform.say(ann, 'outpaint left 64', { in: place, replyTo: first.id });
    const wide = await made(place, 1);
    expect(wide.request.script).toMatchObject({ width: 128, height: 64 });
    expect(wide.params).toMatchObject({ prompt: 'a meadow', direction: 'left', script: 'outpainting mk2' });
    await platform.say(ann, '放大1.5倍 --size 512x512', { in: place, files: [await solidPng(64, 64)] });
    expect((await made(place, 2)).params).toMatchObject({ script: 'SD upscale', scaleFactor: 1.5 });
  });

  test('stand behind their typed commands too', async () => {
    const place = platform.newRoom();
    const files = [await solidPng(64, 64)];
    await platform.command(ann, 'outpaint', {}, { in: place, files, text: 'up 64 no: people' });
    expect((await made(place)).params).toMatchObject({ direction: 'up', pixels: 64, negativePrompt: 'people' });
  });
});

test('what cannot be read is shown with a mark below the place', async () => {
  const { place, first } = await begun('a hat');
  await platform.say(ann, '红帽子 --stregth 0.4', { in: place, replyTo: first.id });
  expect(chat.lastTold()).toBe(
    [
      '⚠ I do not know the option "stregth"\nAt character 5.\nDid you mean "strength"?',
      '红帽子 --stregth 0.4\n　　　 ^',
    ].join('\n'),
  );
  await platform.command(ann, 'edit', { prompt: 'x', advanced: 'steps=3, clp=2' }, { in: place });
  expect(platform.told.at(-1)!.card.block).toEqual(['steps=3, clp=2', '         ^']);
});

test('of a parameter said twice, the one in advanced counts, and the card says so', async () => {
  const place = platform.newRoom();
  const options = { prompt: 'a hat', steps: 5, seed: 7, advanced: 'steps=6 cfg=3 seed=8' };
  await platform.command(ann, 'edit', options, { in: place, files: [file(await solidPng(64, 64))] });
  const { posted, params } = await made(place);
  expect(params).toMatchObject({ steps: 6, cfgScale: 3, seed: 8 });
  expect(posted.history.map(wordsOf).join('\n')).toContain('Advanced wins for steps, seed.');
});

describe('which picture is meant', () => {
  test('is said when it was a guess, and can be changed for another one', async () => {
    const { place } = await begun('a cat');
    await platform.say(ann, 'a dog', { in: place, files: [await solidPng(64, 64, '#00f')] });
    const dog = await made(place, 1);
    chat.latch.close();
    await platform.say(ann, 'in the rain', { in: place });
    const card = await chat.until(() => platform.standing(place).find(({ card: { tone } }) => tone === 'busy'));
    expect(wordsOf(card.card)).toContain('Source: #1 (your last picture)');
    await platform.press(bo, card, 'Change');
    expect(chat.lastTold()).toMatch(/^⚠ That is not yours/);
    await platform.press(ann, card, 'Change');
    const offer = platform.told.at(-1)!;
    expect(offer.card.title).toBe('Which picture did you mean?');
    expect(offer.card.images.map(({ node }) => node)).not.toContain(dog.node.id);
    const cat = offer.card.images.findIndex(({ source }) => source !== dog.node.image.ref && source !== undefined);
    await platform.pressRaw(ann, buttonsOf(offer.card)[cat]!, { in: place });
    chat.latch.open();
    const changed = await made(place, 2);
    expect(changed.request.init).toBe(offer.card.images[cat]!.source);
    expect(changed.params.prompt).toBe('in the rain');
    expect(platform.results(place)).toHaveLength(3); // the first guess made nothing
  });

  test('is the first of several, the others a press away', async () => {
    const place = platform.newRoom();
    const files = await Promise.all(['#f00', '#0f0', '#00f'].map((color) => solidPng(64, 64, color)));
    chat.latch.close();
    await platform.say(ann, 'a hat', { in: place, files });
    const card = await chat.until(() => platform.standing(place).find(({ card: { tone } }) => tone === 'busy'));
    expect(wordsOf(card.card)).toContain('Picture 1/3:');
    await platform.press(ann, card, 'Change');
    expect(platform.told.at(-1)!.card.images).toHaveLength(2);
    chat.latch.open();
    await made(place);
  });

  test('is the one whose number stands before the words, of a command as well, and of a batch of ours', async () => {
    const place = platform.newRoom();
    const files = await Promise.all(['#f00', '#0f0', '#00f'].map(async (color) => file(await solidPng(64, 64, color))));
    const replyTo = { message: 'three pictures', ours: false, files };
    await platform.command(ann, 'edit', { prompt: '２/3 a hat', count: 2 }, { in: place, replyTo });
    const { node, request, posted } = await made(place);
    expect(request.params.prompt).toBe('a hat');
    const green = await chat.storage.blobs.get(request.init);
    expect((await sharp(green).stats()).dominant).toMatchObject({ g: 248 });
    const [, second] = await chat.storage.lineage.batch(node.job!);
    await platform.say(ann, '2/2 a coat', { in: place, replyTo: posted.id });
    const coat = await made(place, 1);
    expect([coat.node.parent, coat.params.prompt]).toEqual([second!.id, 'a coat']);
    await platform.say(ann, '1/3 of a coat', { in: place, replyTo: posted.id });
    expect((await made(place, 2)).params.prompt).toBe('1/3 of a coat');
  });

  test('that is not there can be a sample; what is gone leads to the newest one', async () => {
    const place = platform.newRoom();
    const pressTold = (label: string) =>
      platform.press(ann, { id: 'told', place, card: platform.told.at(-1)!.card }, label);
    await platform.say(ann, 'winter', { in: place });
    expect(buttonsOf(platform.told.at(-1)!.card).map(({ label }) => label)).toEqual([
      ...['Try a sample', 'Draw on it', 'Help'],
    ]);
    await pressTold('Try a sample');
    await chat.until(() => platform.standing(place)[0]);
    await platform.say(ann, 'winter', { in: place });
    const winter = await made(place);
    await platform.pressRaw(ann, { action: 'ag', target: '0000000000' }, { in: place });
    expect(chat.lastTold()).toContain('That is gone');
    await pressTold('Newest picture');
    const shown = await chat.until(() => platform.standing(place)[2]);
    expect(buttonsOf(shown.card)[0]!.target).toBe(winter.node.id);
  });

  test('needs no guess where it is pointed at', async () => {
    const { place, first } = await begun('a cat');
    chat.latch.close();
    await platform.say(ann, 'a dog', { in: place, replyTo: first.id });
    const card = await chat.until(() => platform.standing(place).find(({ card: { tone } }) => tone === 'busy'));
    expect(buttonsOf(card.card).map(({ action }) => action)).toEqual(['cx']);
    chat.latch.open();
    await made(place, 1);
  });

  test('stays hidden in what is made of it', async () => {
    const place = platform.newRoom();
    await platform.say(ann, 'a hat', { in: place, files: [{ ...file(await solidPng(64, 64)), spoiler: true }] });
    const { posted } = await made(place);
    expect(posted.history.every(({ spoiler }) => spoiler)).toBe(true);
  });
});

describe('what made a picture', () => {
  const infotext =
    'a red hat\nNegative prompt: blurry\nSteps: 7, Sampler: Euler, CFG scale: 5, Seed: 4242, Size: 64x64, Model: nowhere';

  test('is read from its file, and can be used on it', async () => {
    const place = platform.newRoom();
    const files = [withInfotext(await solidPng(64, 64), infotext)];
    await platform.command(ann, 'pinfo', {}, { in: place, files });
    expect(chat.lastTold()).toContain('Negative prompt: blurry');
    await platform.press(ann, { id: '1', place, card: platform.told.at(-1)!.card }, 'Use these');
    const { posted, params } = await made(place);
    expect(params).toMatchObject({
      ...{ prompt: 'a red hat', negativePrompt: 'blurry', steps: 7, sampler: 'Euler', cfgScale: 5, seed: 4242 },
    });
    expect(wordsOf(posted.card)).toContain('The model nowhere is not here');
  });

  test('is told of our own by reply, of plain uploads that there is nothing', async () => {
    const { place, first } = await begun('a cat');
    await platform.command(ann, 'pinfo', {}, { in: place, replyTo: first.id });
    expect(chat.lastTold()).toMatch(/Steps: 20, Sampler: Euler a/);
    await platform.command(ann, 'pinfo', {}, { in: place, files: [await solidPng(64, 64)] });
    expect(chat.lastTold()).toContain('An uploaded picture without parameters.');
    expect(platform.told.at(-1)!.card.rows.flat()).toEqual([]);
  });
});

test('models are listed, of a kind, and searched', async () => {
  const place = platform.newRoom();
  await platform.command(ann, 'models', {}, { in: place });
  expect(chat.lastTold()).toMatch(/^Models: \d+\nfake · checkpoint · SD1 · 64/);
  await platform.command(ann, 'models', {}, { in: place, text: 'lora what' });
  expect(chat.lastTold()).toBe('Models: 0\nThere is none like that here.');
  await platform.command(ann, 'models', { search: 'fk' }, { in: place });
  expect(chat.lastTold()).toContain('fake');
});

describe('a corrected message', () => {
  test('counts while its edit waits; what cannot be read leaves the first words standing', async () => {
    const { place } = await begun('a cat');
    chat.latch.close();
    await platform.say(bo, 'something before', { in: place, files: [await solidPng(64, 64)] });
    const files = [await solidPng(64, 64)];
    const message = await platform.say(ann, 'a rde hat', { in: place, files });
    await platform.say(ann, 'a red hat --stps 3', { in: place, files, corrects: message });
    expect(chat.lastTold()).toContain('stps');
    await platform.say(ann, 'a red hat', { in: place, files, corrects: message });
    chat.latch.open();
    await chat.result(place, 2);
    const prompts = await Promise.all([0, 1, 2].map(async (n) => (await made(place, n)).params.prompt));
    expect(prompts).toEqual(['a cat', 'something before', 'a red hat']);
    await platform.say(ann, 'too late', { in: place, files, corrects: message });
    expect(platform.results(place)).toHaveLength(3);
  });
});
