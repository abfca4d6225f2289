import { access, copyFile, symlink, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { solidPng } from '../support/jobs.ts';
import type { Program } from '../support/program.ts';
import type { Conversation, Seen } from '../support/telegram-stand-in/index.ts';
import { hostileFiles, lyingCheckpoints, soundFiles } from './hostile-files.ts';
import { ending, expectOneEndingEach, openStage, type Stage, until } from './stage.ts';
import { visitWeb } from './web-visitor.ts';

vi.setConfig({ testTimeout: 90_000 }); // many edits in a row, on a machine that may be busy

let stage: Stage;
let running: Program;
let black: Buffer;
beforeAll(async () => {
  stage = await openStage({ webhook: true });
  const folder = join(stage.modelsDir, 'Stable-diffusion');
  await copyFile(resolve('models/palimpsest-tiny.safetensors'), join(folder, 'a-sound-one.safetensors'));
  for (const [name, bytes] of Object.entries(lyingCheckpoints)) await writeFile(join(folder, name), bytes);
  await symlink('nowhere.safetensors', join(folder, danglingLink));
  black = await solidPng(64, 64, '#000000');
  running = await stage.start('all');
}, 120_000);
afterAll(async () => await stage[Symbol.asyncDispose]());

const danglingLink = 'l9-to-nowhere.safetensors';
const quick = '--steps 2 --size 64x64';
let people = 0;
function somebody(): Conversation {
  people += 1;
  return stage.somebody(`Ann${people}`);
}

/** What somebody is told who sends this. */
async function toldAbout(bytes: Buffer, { name = 'picture.png', caption = `a red hat ${quick}` } = {}): Promise<Seen> {
  const asked = await somebody().document(bytes, { name, caption });
  return await ending(stage, asked);
}

/** Somebody else’s next edit. */
async function expectWorking(): Promise<void> {
  const asked = await somebody().photo(black, { caption: `a red hat ${quick}` });
  expect((await ending(stage, asked)).picture, stage.trouble()).not.toBeNull();
}

describe('pictures', () => {
  test('that are broken, bombs, or no pictures are refused in words that say what to do', async () => {
    for (const { name, bytes, told } of await hostileFiles()) {
      const { text, picture } = await toldAbout(bytes, { name });
      expect(text, name).toMatch(told);
      expect(picture, name).toBeNull();
    }
    await expectWorking();
  });

  test('in unusual formats, and of 40 megapixels, are edited', async () => {
    for (const { name, bytes } of await soundFiles()) {
      const { text, picture } = await toldAbout(bytes, { name });
      expect([text, picture?.width], name).toEqual([expect.stringMatching(/^#1 · img2img/), 64]);
    }
  });

  test('whose mask is of another shape, empty or broken, are refused; a mask of another size that fits is stretched', async () => {
    const half = await sharp(await solidPng(128, 128, '#000000'))
      .composite([{ input: await solidPng(64, 128, '#ffffff'), left: 0, top: 0 }])
      .png()
      .toBuffer();
    const masks: readonly (readonly [Buffer, RegExp])[] = [
      [await solidPng(128, 64, '#ffffff'), /mask does not fit the picture[\s\S]*same shape/],
      [await solidPng(64, 64, '#000000'), /mask is empty[\s\S]*White is repainted/],
      [half, /^#1 · inpaint/],
    ];
    for (const [mask, told] of masks) {
      const who = somebody();
      const { messages } = await who.album([black, mask], { caption: `/inpaint a red hat ${quick}` });
      expect((await ending(stage, messages[0]!)).text).toMatch(told);
    }
    await expectWorking();
  });
});

describe('words', () => {
  test('of 100,000 characters are refused on every platform', async () => {
    const endless = 'a hat, '.repeat(14_286);
    expect((await toldAbout(black, { caption: endless })).text).toMatch(/too long[\s\S]*I read \d+[\s\S]*shorter/);
    const visitor = await visitWeb(running.url!);
    expect(await visitor.say(endless, black)).toEqual([expect.stringContaining('That text is too long')]);
    await expectWorking();
  });

  test('with NUL, direction and half characters are painted, shown harmlessly, and come back in the settings', async () => {
    const asked = await somebody().photo(black, { caption: `a \0red \u202etah\u2066 \ud800hat @everyone ${quick}` });
    const result = await ending(stage, asked);
    expect(result.picture).not.toBeNull();
    expect(result.text).not.toMatch(/[\0\u202a-\u202e\u2066-\u2069]/);
    expect(Buffer.from(result.text).toString()).toBe(result.text); // no half characters
    await expectWorking();
  });

  test('that say nonsense about numbers are answered with what goes', async () => {
    const cases: readonly (readonly [string, RegExp])[] = [
      ['--steps 1e9', /steps cannot be[\s\S]*from 1 to 150/],
      ['--size 99999x99999', /99999x99999|limit/],
      ['--strength NaN', /strength/],
      ['--seed 99999999999999999999', /seed/],
      ['--model ../../../etc/passwd', /I know no/],
      ['(a:1e999)', /./],
    ];
    for (const [words, told] of cases) {
      const { text } = await toldAbout(black, { caption: `a hat ${words}` });
      expect(text, words).toMatch(told);
      expect(text, words).not.toContain('on my side');
    }
    await expectWorking();
  });
});

describe('buttons', () => {
  test('that are forged, of another place or of another time do nothing but explain themselves', async () => {
    const [ann, eve] = [somebody(), somebody()];
    const asked = await ann.photo(black, { caption: `a red hat ${quick}` });
    const result = await ending(stage, asked);
    const node = result.buttons.flat()[0]!.data!.split(':')[2]!;
    const before = await stage.storage.lineage.node(node as never);
    eve.command('/help');
    const on = await eve.wait(() => true, 20_000);
    await until('the whole of it', () => stage.tg.messages(eve.chat).at(-1)!.text.includes('/help edit'));
    const data = [
      `1:ag:${node}:`,
      `1:un:${node}:`,
      `1:cx:${node}:`,
      '1:ag:zzzzzzzzzz:',
      '7:ag:0:0',
      'x',
      '1:pk:0000000000:999',
    ];
    for (const one of data) {
      const count = () => stage.tg.messages(eve.chat).length;
      const told = count();
      eve.forge(one, on);
      await until(`an answer to ${one}`, () => count() > told);
      expect(stage.tg.messages(eve.chat).at(-1)!.text, one).toMatch(/That is gone|That button is too old/);
    }
    expect(await stage.storage.lineage.children(before!.id, 1)).toEqual([]);
    for (const arg of ['2', '0', '-1', 'two']) ann.forge(`1:pk:${node}:${arg}`, result);
    await until('answers', () => stage.tg.queries.every(({ answer }) => answer !== null));
    await expectWorking();
    expect((await stage.storage.lineage.lineage(before!.lineage))!.heads.main).toBe(node);
  });
});

describe('model files', () => {
  test('that lie in their headers are refused by name, and run nothing', async () => {
    for (const name of [...Object.keys(lyingCheckpoints), danglingLink]) {
      const model = name.replace(/\.\w+$/, '');
      const { text } = await toldAbout(black, { caption: `a red hat ${quick} --model ${model}` });
      expect(text, name).toMatch(/model file is damaged|cannot use that model/);
      expect(text, name).toContain(name);
    }
    await expect(access('/tmp/pwned')).rejects.toThrow();
    await expectWorking();
  });
});

test('none of this was a surprise to the program', async () => {
  expect(running.log.filter(({ level }) => Number(level) >= 50)).toEqual([]);
  const asked = stage.tg.messages(somebody().chat);
  await expectOneEndingEach(stage, asked);
});
