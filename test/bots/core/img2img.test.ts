import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { PlaceId } from '../../../src/edit/lineage.ts';
import { solidPng } from '../../support/jobs.ts';
import { openTestChat, type TestChat } from '../../support/test-chat.ts';
import { ann, bo, buttonsOf, direct, file, type TestPlatform, wordsOf } from '../../support/test-platform.ts';

let chat: TestChat;
let platform: TestPlatform;
let here: PlaceId;
beforeAll(async () => {
  chat = await openTestChat();
  platform = chat.platform;
});
afterAll(() => chat[Symbol.asyncDispose]());
const enter = () => {
  here = platform.newRoom();
  return { in: here };
};

/** The parameters a result in the place was made with. */
async function paramsOf(n = 0) {
  const { card } = await chat.result(here, n);
  const node = await chat.storage.lineage.node(buttonsOf(card)[0]!.target as never);
  return node!.task!.request.params;
}

describe('a picture and words', () => {
  test('become a result, posted as a message of its own in reply to the request', async () => {
    enter();
    const request = await platform.say(ann, 'oil painting, warm light', { in: here, files: [await solidPng(96, 64)] });
    const result = await chat.result(here);
    expect(wordsOf(result.card)).toMatch(
      /^#1 · img2img · @Ann\n"oil painting, warm light"\nstrength 0\.50 · 20 steps \(5 run\) · cfg 7\nEuler a · seed \d+ · fake · 96×64 · 1 s\nfrom #0$/,
    );
    expect(result.options.replyTo).toBe(request);
    expect(buttonsOf(result.card).map((b) => b.label)).toEqual([
      ...['Again', 'Less', 'More', 'Edit…', 'Region…', 'Upscale…', 'Outpaint…', 'Undo', 'Compare', '⋯'],
    ]);
    expect(platform.standing(here)).toHaveLength(1); // the progress card is gone
  });

  test('as a command with typed options do the same, the advanced option winning', async () => {
    const place = enter();
    const options = { prompt: 'a red hat', strength: 0.3, steps: 10, advanced: 'steps=12 sampler="DPM++ 2M"' };
    await platform.command(ann, 'edit', options, { ...place, files: [await solidPng(64, 64)] });
    expect(await paramsOf()).toMatchObject({
      prompt: 'a red hat',
      denoisingStrength: 0.3,
      steps: 12,
      sampler: 'DPM++ 2M',
    });
    expect((await chat.result(here)).options.replyTo).toBeNull();
  });

  test('tell beside the result what did not work as it was meant', async () => {
    const place = enter();
    await platform.say(ann, '!misfit a red hat', { ...place, files: [await solidPng(64, 64)] });
    expect(wordsOf((await chat.result(here)).card)).toContain(
      '\nThe LoRA hat does not fit this model: 3 layers left out.',
    );
  });

  test('typed after a command are read by the grammar', async () => {
    const place = enter();
    const text = 'a red hat no: blurry --steps 7';
    await platform.command(ann, 'edit', {}, { ...place, text, files: [await solidPng(64, 64)] });
    expect(await paramsOf()).toMatchObject({ prompt: 'a red hat', negativePrompt: 'blurry', steps: 7 });
  });

  test('carry their parameters in the PNG that Original brings', async () => {
    const place = enter();
    await platform.say(ann, 'a red hat', { ...place, files: [await solidPng(64, 64)] });
    const result = await chat.result(here);
    await platform.pressFurther(bo, result, 'Original');
    const told = platform.told.at(-1)!;
    expect(told).toMatchObject({
      user: bo.id,
      card: { images: [{ original: true, name: /^palimpsest_[0-9a-z]{10}\.png$/ }] },
    });
    const bytes = await chat.storage.blobs.get(told.card.images[0]!.source as never);
    expect((await sharp(bytes).metadata()).comments).toContainEqual({
      keyword: 'parameters',
      text: expect.stringMatching(/^a red hat\nSteps: 20, /),
    });
  });

  test('in private are found without the message being shared with anybody', async () => {
    await platform.say(ann, 'a red hat', { in: direct, files: [await solidPng(64, 64)] });
    await chat.result(direct);
    expect((await chat.storage.people.place(direct))?.policy).toBe('owner');
  });
});

describe('what is edited', () => {
  test('a reply to a result goes on from it, in its style, words replaced', async () => {
    const place = enter();
    const options = { prompt: 'a red hat', negative: 'blurry', sampler: 'DPM++ 2M', strength: 0.9 };
    await platform.command(ann, 'edit', options, { ...place, files: [await solidPng(64, 64)] });
    const first = await chat.result(here);
    await platform.say(bo, 'a blue hat', { ...place, replyTo: first.id });
    const second = await chat.result(here, 1);
    expect(wordsOf(second.card)).toContain('#2 · img2img · @Bo');
    expect(wordsOf(second.card)).toContain('from #1 · base by @Ann');
    expect(await paramsOf(1)).toMatchObject({
      ...{ prompt: 'a blue hat', negativePrompt: 'blurry', sampler: 'DPM++ 2M', denoisingStrength: 0.5 },
    });
    const [root] = await chat.storage.lineage.nodes((await chat.nodeOf(first)).lineage, 0, 1);
    expect(root!.image.ref).not.toBe((await chat.nodeOf(second)).task!.request.init);
    expect((await chat.nodeOf(second)).task!.request.init).toBe((await chat.nodeOf(first)).image.ref);
  });

  test('a plus appends to the words of the picture', async () => {
    const place = enter();
    await platform.say(ann, 'a red hat', { ...place, files: [await solidPng(64, 64)] });
    const first = await chat.result(here);
    await platform.say(ann, '+ sunset\n+no: people', { ...place, replyTo: first.id });
    expect(await paramsOf(1)).toMatchObject({ prompt: 'a red hat, sunset', negativePrompt: 'people' });
  });

  test('words without a picture mean the speaker’s last one here, and the card says so', async () => {
    const place = enter();
    await platform.say(ann, 'a red hat', { ...place, files: [await solidPng(64, 64)] });
    await chat.result(here);
    await platform.say(ann, 'a blue hat', place);
    expect(wordsOf((await chat.result(here, 1)).card)).toContain('Source: #1 (your last picture)');
    await platform.say(bo, 'a green hat', place);
    expect(wordsOf((await chat.result(here, 2)).card)).toContain('Source: #2 (the newest picture here)');
  });

  test('somebody’s picture that is replied to is edited, and a second reply finds it again', async () => {
    const place = enter();
    const foreign = { message: '1152921504606841111', ours: false, files: [file(await solidPng(64, 64))] };
    await platform.say(ann, 'a red hat', { ...place, replyTo: foreign });
    const first = await chat.nodeOf(await chat.result(here));
    await platform.say(bo, 'a blue hat', { ...place, replyTo: { ...foreign, files: [] } });
    const second = await chat.nodeOf(await chat.result(here, 1));
    expect(second.lineage).toBe(first.lineage);
    expect(second.parent).toBe(first.parent);
  });

  test('a link to a message of this place leads to its picture, one to another place does not', async () => {
    const place = enter();
    await platform.say(ann, 'a red hat', { ...place, files: [await solidPng(64, 64)] });
    const first = await chat.result(here);
    const link = `https://discord.com/channels/${here.split(':').slice(1).join('/')}/${first.id}`;
    await platform.command(ann, 'edit', { prompt: 'a blue hat', link }, place);
    expect((await chat.nodeOf(await chat.result(here, 1))).parent).toBe((await chat.nodeOf(first)).id);
    await platform.command(ann, 'edit', { prompt: 'a blue hat', link }, { in: platform.newRoom() });
    expect(chat.lastTold()).toContain('I cannot see that message');
  });

  test('nothing at all is refused with what to do', async () => {
    await platform.say(ann, 'a red hat', enter());
    expect(chat.lastTold()).toMatch(/^⚠ Which picture\?\n/);
    expect(platform.standing(here)).toEqual([]);
  });

  test('a picture without words is kept, and words that follow are about it', async () => {
    const place = enter();
    await platform.say(ann, '', { ...place, files: [await solidPng(64, 64)] });
    expect(chat.lastTold()).toContain('Tell me what to change');
    await platform.say(ann, 'a red hat', place);
    expect(wordsOf((await chat.result(here)).card)).toContain('#1 · img2img');
  });

  test('what is no picture is refused, and so is a command without a prompt', async () => {
    const place = enter();
    await platform.say(ann, 'a red hat', { ...place, files: [new TextEncoder().encode('<svg/>')] });
    expect(chat.lastTold()).toContain('not a picture I can read');
    await platform.command(ann, 'edit', {}, { ...place, files: [await solidPng(64, 64)] });
    expect(chat.lastTold()).toContain('I do not know what to paint');
    const huge = { ...file(new Uint8Array(1)), size: 26 * 1024 * 1024 };
    await platform.say(ann, 'a red hat', { ...place, files: [huge] });
    expect(chat.lastTold()).toContain('It has 26.0 MB; I can take 25.0 MB.');
  });

  test('an empty reply is hinted at once in thirty days', async () => {
    const place = enter();
    await platform.say(ann, 'a red hat', { ...place, files: [await solidPng(64, 64)] });
    const { id: replyTo } = await chat.result(here);
    const before = platform.told.length;
    await platform.say(bo, '', { ...place, replyTo });
    await platform.say(bo, '', { ...place, replyTo });
    expect(platform.told.slice(before).map((t) => t.card.title)).toEqual(['⚠ I cannot see that message']);
  });
});

describe('several pictures', () => {
  test('are shown together, and choosing one shows it alone and makes it HEAD', async () => {
    const place = enter();
    const options = { prompt: 'a red hat', count: 3 };
    await platform.command(ann, 'edit', options, { ...place, files: [await solidPng(64, 64)] });
    const batch = await chat.result(here);
    expect(batch.card.images).toHaveLength(3);
    await platform.press(ann, batch, '2');
    const chosen = await chat.until(() => platform.standing(here)[1]);
    expect(wordsOf(chosen.card)).toBe('#2 · img2img · @Ann\n"a red hat"\n#2 is the current picture');
    expect(chosen.card.images).toEqual([batch.card.images[1]]);
    const { seed } = await chat.nodeOf(chosen);
    expect(seed).toBe((await chat.nodeOf(batch)).seed! + 1);
    await platform.press(ann, chosen, 'More');
    const more = await chat.nodeOf(await chat.result(here, 1));
    expect(more.task!.request.params).toMatchObject({ seed, batchSize: 1, denoisingStrength: 0.6 });
  });

  test('mean the one that is HEAD when nobody says which', async () => {
    const place = enter();
    const options = { prompt: 'a red hat', count: 3 };
    await platform.command(ann, 'edit', options, { ...place, files: [await solidPng(64, 64)] });
    await chat.result(here);
    await platform.say(ann, 'a blue hat', place);
    expect(wordsOf((await chat.result(here, 1)).card)).toContain('Source: #1 (your last picture)');
  });

  test('more than the server allows are clamped, and the card says so', async () => {
    const place = enter();
    const options = { prompt: 'a red hat', count: 8 };
    await platform.command(ann, 'edit', options, { ...place, files: [await solidPng(64, 64)] });
    const { card } = await chat.result(here);
    expect(card.images).toHaveLength(4);
    expect(card.lines.at(-1)).toBe('count 8→4 (server limit)');
  });
});

describe('presets', () => {
  test('win over what the command begins with, and lose against options', async () => {
    const place = enter();
    const params = { denoisingStrength: 0.9, steps: 9, cfgScale: 9 };
    await chat.storage.presets.save({
      scope: 'channel',
      owner: here,
      name: 'soft',
      content: { params, promptSuffix: 'film grain' },
    });
    await chat.storage.presets.setDefault('channel', here, 'soft');
    await platform.command(ann, 'edit', { prompt: 'a red hat', cfg: 5 }, { ...place, files: [await solidPng(64, 64)] });
    expect(await paramsOf()).toMatchObject({
      ...{ prompt: 'a red hat, film grain', denoisingStrength: 0.9, steps: 9, cfgScale: 5 },
    });
    await platform.say(ann, '+ sunset', { ...place, replyTo: (await chat.result(here)).id });
    expect(await paramsOf(1)).toMatchObject({ prompt: 'a red hat, film grain, sunset' }); // not framed twice
  });
});

describe('people’s words', () => {
  test('stay text: one line, no control or direction marks, cut when long', async () => {
    const place = enter();
    const prompt = `@everyone \u202e**bold**\u0000\n\`code\` ${'word '.repeat(200)}`;
    await platform.say({ ...ann, name: 'A\u202enn\n' }, prompt, { ...place, files: [await solidPng(64, 64)] });
    const { card } = await chat.result(here);
    expect(card.title).toBe('#1 · img2img · @Ann');
    expect(card.lines[0]).toMatch(/^"@everyone \*\*bold\*\* `code` word .*…"$/);
    expect(card.lines[0]!.length).toBeLessThanOrEqual(302);
    expect((await paramsOf()).prompt).not.toContain('\u0000');
  });

  test('a delivery that is repeated is one job', async () => {
    const place = enter();
    const files = [await solidPng(64, 64)];
    await Promise.all([1, 2, 3].map(() => platform.say(ann, 'a red hat', { ...place, files, key: 'd:m:77' })));
    await chat.result(here);
    await platform.say(ann, 'a red hat', { ...place, files, key: 'd:m:77' });
    expect(platform.results(here)).toHaveLength(1);
  });
});
