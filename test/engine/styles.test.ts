import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseStyles, stylesIn } from '../../src/engine/styles.ts';
import { flatPng, openTinyEngine, pixelsOf } from '../support/tiny-engine.ts';
import { temporaryFolder } from './weights/safetensors-file.ts';

test('styles are read as A1111 writes them: quotes, commas and lines within fields, headings between them', () => {
  const csv =
    '\uFEFFname,prompt,negative_prompt\r\n# inks,,\r\nInk,"{prompt}, ""fine"" lines",blurry\r\nTwo,"a\nb",\r\n';
  expect(parseStyles(csv)).toEqual([
    { name: 'Ink', prompt: '{prompt}, "fine" lines', negativePrompt: 'blurry' },
    { name: 'Two', prompt: 'a\nb', negativePrompt: '' },
  ]);
});

test('older files call the prompt text, and have no negative one', () => {
  expect(parseStyles('name,text\nOld,by hand')).toEqual([{ name: 'Old', prompt: 'by hand', negativePrompt: '' }]);
});

test.each([
  ['a quote within a field is a letter', 'A,5" nails,', { name: 'A', prompt: '5" nails', negativePrompt: '' }],
  [
    'what follows closed quotes belongs to the field',
    '"A"b,"x, y" z,w',
    { name: 'Ab', prompt: 'x, y z', negativePrompt: 'w' },
  ],
  ['open quotes reach to the end', 'A,"x, y\nz', { name: 'A', prompt: 'x, y\nz', negativePrompt: '' }],
  ['a row may be cut short', 'A', { name: 'A', prompt: '', negativePrompt: '' }],
  ['a row may end in a comma', 'A,x,', { name: 'A', prompt: 'x', negativePrompt: '' }],
  [
    'the place of the prompt may be named twice',
    'A,{prompt} {prompt},',
    { name: 'A', prompt: '{prompt} {prompt}', negativePrompt: '' },
  ],
])('%s', (_, row, style) => {
  expect(parseStyles(`name,prompt,negative_prompt\n${row}`)).toEqual([style]);
});

test('a file of eight megabytes without an end to its quotes is read at once', () => {
  const csv = `name,prompt\n${'a,"'.repeat(2_700_000)}`;
  expect(parseStyles(csv)).toHaveLength(1);
});

test('whatever is between the quotes comes back as it was', () => {
  const quoted = (value: string) => `"${value.replaceAll('"', '""')}"`;
  const word = fc.string({ minLength: 1 }).filter((value) => !value.startsWith('#'));
  fc.assert(
    fc.property(word, fc.string(), fc.string(), (name, prompt, negativePrompt) => {
      const row = [name, prompt, negativePrompt].map(quoted).join(',');
      expect(parseStyles(`name,prompt,negative_prompt\n${row}\n`)).toEqual([{ name, prompt, negativePrompt }]);
    }),
  );
});

test('any text at all is read without an error', () => {
  fc.assert(fc.property(fc.string(), (text) => void parseStyles(`name,prompt\n${text}`)));
});

test('a name that is not there is refused with the nearest; capitals do not count; the file counts as it is now', async () => {
  await using folder = await temporaryFolder();
  const { find, names } = stylesIn(folder.path);
  const refused = { code: 'unknown-name', details: { kind: 'style', given: 'Imk', nearest: ['Ink'] } };
  expect(await names()).toEqual([]);
  await folder.write('styles.csv', Buffer.from('name,prompt\nInk,one'));
  expect(await find(['ink'])).toEqual([{ name: 'Ink', prompt: 'one', negativePrompt: '' }]);
  expect(await find(['Imk']).catch((error: unknown) => error)).toMatchObject(refused);
  await folder.write('styles.csv', Buffer.from('name,prompt\nInk,another'));
  expect(await find(['Ink'])).toEqual([{ name: 'Ink', prompt: 'another', negativePrompt: '' }]);
});

test('an edit is painted with its styles around its prompts, and says so', async () => {
  await using tiny = await openTinyEngine();
  await writeFile(
    join(tiny.dir, 'styles.csv'),
    'name,prompt,negative_prompt\nInk,"ink of {prompt}",grey\nNight,at night,sunny\n',
  );
  const init = await flatPng({});
  const paint = async (params: Readonly<Record<string, string>>) => {
    const { images } = await tiny.run({ init, params: { steps: 2, ...params } });
    return { pixels: (await pixelsOf(images[0]!.image)).data, infotext: images[0]!.infotext };
  };
  const styled = await paint({ prompt: 'a cat', negativePrompt: 'dogs', styles: 'Ink, Night' });
  expect(styled.infotext).toMatch(/^ink of a cat, at night\nNegative prompt: dogs, grey, sunny\n/);
  const written = await paint({ prompt: 'ink of a cat, at night', negativePrompt: 'dogs, grey, sunny' });
  expect(styled.pixels.equals(written.pixels)).toBe(true);
});

test('the emphasis mode says what the weights in a prompt do', async () => {
  await using tiny = await openTinyEngine();
  const init = await flatPng({});
  const paint = async (emphasis: 'Original' | 'No norm' | 'Ignore' | 'None', prompt: string) => {
    const { images } = await tiny.run({ init, params: { steps: 2, prompt, emphasis } });
    return { pixels: (await pixelsOf(images[0]!.image)).data, infotext: images[0]!.infotext };
  };
  const ignored = await paint('Ignore', 'a (cat:1.4)');
  expect(ignored.pixels.equals((await paint('Original', 'a cat')).pixels)).toBe(true);
  expect(ignored.infotext).toContain(', Emphasis: Ignore, ');
  const [original, unnormed, none] = [
    await paint('Original', 'a (cat:1.4)'),
    await paint('No norm', 'a (cat:1.4)'),
    await paint('None', 'a (cat:1.4)'),
  ];
  expect(original.infotext).not.toContain('Emphasis');
  const all = [original, unnormed, none, ignored].map(({ pixels }) => pixels.toString('base64'));
  expect(new Set(all).size).toBe(4);
});
