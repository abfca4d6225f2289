import { describe, expect, test } from 'vitest';
import { linearPattern } from '../../../src/bots/core/house/linear-pattern.ts';
import { screened } from '../../../src/bots/core/house/words.ts';
import type { Word } from '../../../src/storage/index.ts';

const word = (entry: string, level: Word['level'] = 'block', replacement: string | null = null): Word => ({
  ...{ owner: '*', entry, level, replacement },
});
const blocks = (entry: string, text: string) => screened(text, [word(entry)]).found.block.length > 0;

describe('the word filter', () => {
  test.each([
    ['cat', 'a CAT here', true],
    ['cat', 'concatenate', false],
    ['cat*', 'cats and dogs', true],
    ['cat', 'c\u200ba\u00adt', true],
    ['cat', 'ｃａｔ', true],
    ['cat', 'cát', true],
    ['坏词', '这是坏词吗', true],
    ['坏词', '这是坏\u200b词吗', true],
    ['very bad', 'very \n  bad', true],
    ['/b[a4]d{2,3}/', 'so b4dd', true],
    ['/^bad/', 'not bad', false],
  ])('%s in %s: %s', (entry, text, found) => {
    expect(blocks(entry, text)).toBe(found);
  });

  test('replaces where a word stood, whatever hid it', () => {
    const { text } = screened('A c\u200bat, a CAT and a category', [word('cat', 'replace', 'dog')]);
    expect(text).toBe('A dog, a dog and a category');
  });

  test('replaces as often as a word stands there, and looks at what stands around each place', () => {
    const many = screened('cat '.repeat(900), [word('cat', 'replace', 'dog')]);
    expect(many.text).toBe('dog '.repeat(900));
    expect(screened('aaa baa', [word('/^a/', 'replace', 'x')]).text).toBe('xaa baa');
    expect(screened('catcat cat', [word('/\\bcat/', 'replace', 'x')]).text).toBe('xcat x');
  });

  test('gives an expression that takes too long no way past: it counts as found, and what was to be replaced is blocked', () => {
    const long = 'a'.repeat(4000);
    const slow = '(a?){50}(a?){48}(a?){50}b';
    const list = Array.from({ length: 40 }, (_, i) => word(`/${slow}${i}/`, i === 39 ? 'replace' : 'review', 'x'));
    const { found, text } = screened(long, list);
    expect(text).toBe(long);
    expect(found.review.length).toBeGreaterThan(20);
    expect(found.block).toEqual([`/${slow}39/`]);
    expect(screened('a b', list).found).toMatchObject({ block: [], review: [], replace: [] });
  });
});

describe('an expression of a word list', () => {
  test.each(['(a+)+$', '(a|aa)+$', '(a*)*b', '(.*)(.*)(.*)x', '(a?){30}a{30}'])(
    '%s takes time in proportion to the text',
    (source) => {
      const find = linearPattern(source);
      find(`${'a'.repeat(4000)}!`); // an engine that goes back needs longer than the universe has
    },
  );
  test.each(['(?=a)', '(a)\\1', '[z-a]', 'a{2,1}', '(', 'a{1000}', '(a{50}){50}'])('%s is refused', (source) => {
    expect(() => linearPattern(source)).toThrow(expect.objectContaining({ code: 'bad-expression' }));
  });
  test.each([
    ['b.d', 'a bad day', { start: 2, end: 5 }],
    ['a{2,}', 'baaac', { start: 1, end: 4 }],
    ['\\bcat\\b', 'concat cat', { start: 7, end: 10 }],
    ['[^a-c]+$', 'abcxyz', { start: 3, end: 6 }],
    ['猫|狗', '一只狗', { start: 2, end: 3 }],
  ])('%s is found in %s', (source, text, found) => {
    expect(linearPattern(source)(text)).toEqual(found);
  });
});
