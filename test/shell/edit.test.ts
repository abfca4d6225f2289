import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { pictures } from '../../src/engine/index.ts';
import { parseArguments } from '../../src/shell/arguments.ts';
import { runEdit } from '../../src/shell/edit.ts';
import { flatPng, openTinyEngine, type TinyEngine } from '../support/tiny-engine.ts';

let tiny: TinyEngine;
let screen: string;
beforeAll(async () => {
  tiny = await openTinyEngine();
  await writeFile(join(tiny.dir, 'photo.png'), await flatPng({}));
  await writeFile(
    join(tiny.dir, 'mask.png'),
    await flatPng({ color: '#000' }, { left: 40, top: 40, width: 40, height: 40, color: '#fff' }),
  );
});
afterAll(() => tiny[Symbol.asyncDispose]());

async function run(...words: string[]) {
  screen = '';
  const tools = {
    engine: tiny.engine,
    pictures,
    random: () => 0.25,
    wordsOf: async (told: unknown) => JSON.stringify(told),
    screen: { isTTY: false, write: (text: string) => (screen += text) },
  };
  return await runEdit(
    parseArguments([join(tiny.dir, 'photo.png'), '--size', '128x128', '--steps', '2', ...words]),
    tools,
  );
}

test('the same edit twice is the same file, and its settings can be taken up again', async () => {
  const [a, b, c] = ['a.png', 'b.png', 'c.png'].map((name) => join(tiny.dir, name));
  const words = [
    '--prompt',
    'a cat',
    '--strength=0.6',
    '--seed',
    '9',
    '--mask_blur',
    '7',
    '--mask',
    join(tiny.dir, 'mask.png'),
  ];
  const [first] = await run(...words, '--out', a!);
  await run(...words, '--out', b!);
  expect(Buffer.compare(await readFile(a!), await readFile(b!))).toBe(0);
  expect(first!.infotext).toContain('Denoising strength: 0.6');
  await run('--settings', a!, '--mask', join(tiny.dir, 'mask.png'), '--out', c!);
  expect(Buffer.compare(await readFile(a!), await readFile(c!))).toBe(0);
  expect(screen).toContain('sampling');
});

test('several pictures are numbered', async () => {
  const written = await run('--prompt', 'a cat', '--count', '2', '--out', join(tiny.dir, 'many.png'));
  expect(written.map(({ path }) => path)).toEqual([join(tiny.dir, 'many.png'), join(tiny.dir, 'many-1.png')]);
});

test('a seed that was not given is drawn and told', async () => {
  const [drawn] = await run('--prompt', 'a cat', '--out', join(tiny.dir, 'drawn.png'));
  expect(drawn!.infotext).toContain('Seed: 1073741823');
});

test.each([
  [['--prompt', 'x', '--strenght', '1'], /bad-option.*strength/],
  [['--prompt', 'x', '--steps', '1000'], /out-of-range/],
  [['--prompt', 'x', '--sampler', 'Ewler'], /unknown-name.*Euler/],
  [['--prompt', 'x', '--settings', 'PHOTO'], /carries no settings/],
])('%j is refused in words', async (words, message) => {
  const given = words.map((word) => (word === 'PHOTO' ? join(tiny.dir, 'photo.png') : word));
  await expect(run(...given)).rejects.toThrow(message);
});
