import { readFile } from 'node:fs/promises';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { encodeWord, pairKey } from '../../../src/engine/prompt/byte-pairs.ts';
import { cleanText } from '../../../src/engine/prompt/clean-text.ts';
import { openTokenizer } from '../../../src/engine/prompt/tokenizer.ts';
import { readVocabulary } from '../../../src/engine/prompt/vocabulary.ts';

const tokenize = await openTokenizer();

describe("CLIP's vocabulary", () => {
  test('has the ids its public facts state', async () => {
    const url = new URL('../../golden/models/tokenizer/vocab_facts.json', import.meta.url);
    const facts = JSON.parse(await readFile(url, 'utf8')) as { merges: number; samples: Record<string, number> };
    const { inner, final, merged } = await readVocabulary();
    const [i, n, t, h] = [...'inth'].map((letter) => inner[letter.charCodeAt(0)]!);
    expect(merged.size).toBe(facts.merges);
    expect(inner[33]).toBe(facts.samples['!']);
    expect(inner[0]).toBe(facts.samples.Ā);
    expect(final[','.charCodeAt(0)]).toBe(facts.samples[',</w>']);
    expect(merged.get(pairKey(i!, n!))).toBe(facts.samples.in);
    expect(merged.get(pairKey(t!, h!))).toBe(facts.samples.th);
    expect(new Set(merged.values()).size).toBe(facts.merges);
  });
});

describe('the tokenizer', () => {
  test('knows the two special tokens by name', () => {
    expect(tokenize('a <|endoftext|> b <|STARTOFTEXT|>')).toEqual([320, 49407, 321, 49406]);
  });

  test('takes capitals and white space for nothing', () => {
    expect(tokenize(' A\n Photo  of\tan ASTRONAUT ')).toEqual(tokenize('a photo of an astronaut'));
  });

  test('gives ids of the vocabulary for any text', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 0x10ffff })), (codes) => {
        const ids = tokenize(String.fromCodePoint(...codes));
        return ids.every((id) => Number.isInteger(id) && id >= 0 && id < 49408);
      }),
    );
  });

  test('goes through a hundred thousand letters, words or signs', () => {
    const texts = ['a'.repeat(100_000), 'very nice cat, '.repeat(6667), '&#!'.repeat(33_333), 'ﬁ'.repeat(50_000)];
    for (const text of texts) expect(tokenize(text).length).toBeGreaterThan(10_000);
  });
});

describe('byte-pair encoding', () => {
  const letters = 'abcd';

  test('merges as often as merging the first-ranked pair everywhere, again and again', async () => {
    const pairs = await readVocabulary();
    const word = fc.string({
      unit: fc.constantFrom(...letters, 'e', 'n', 't', 'h', 'i', "'"),
      minLength: 1,
      maxLength: 30,
    });
    fc.assert(
      fc.property(word, (text) => {
        const bytes = new TextEncoder().encode(text);
        const ids = [...bytes].map((byte, i) => (i + 1 < bytes.length ? pairs.inner : pairs.final)[byte]!);
        expect(encodeWord(pairs, bytes)).toEqual(mergeAgainAndAgain(ids, pairs.merged));
      }),
    );
  });
});

function mergeAgainAndAgain(ids: readonly number[], merged: ReadonlyMap<number, number>): number[] {
  const possible = ids.flatMap((id, i) => merged.get(pairKey(id, ids[i + 1] ?? -1)) ?? []);
  const first = Math.min(...possible);
  if (first === Number.POSITIVE_INFINITY) return [...ids];
  const out: number[] = [];
  for (let i = 0; i < ids.length; i++) {
    const makesFirst = i + 1 < ids.length && merged.get(pairKey(ids[i]!, ids[i + 1]!)) === first;
    out.push(makesFirst ? first : ids[i]!);
    if (makesFirst) i++;
  }
  return mergeAgainAndAgain(out, merged);
}

describe('clean text', () => {
  test.each([
    ['Fish &amp; Chips', 'fish & chips'],
    ['&NTILDE;andu &amp;amp; &lt;', 'ñandu & <'],
    ['a < b &lt; c', 'a < b < c'],
    ['<b>&AMPx &notit; &#x41;&#66 &#150; &#0; &#x110000; &#xFDD0;|', '<b>&x ¬it; ab – \ufffd \ufffd |'],
    ['&unknown; &#; &', '&unknown; &#; &'],
    ['smart \u0093quotes\u0094 and \u0085', 'smart "quotes" and …'],
    ['Ĳ ǅ ŉ', "ij dž 'n"],
    ['１２３　ＡＢＣ　ｶﾞ', '123 abc ガ'],
    ['a\u2028b\r\nc', 'a b c'],
    ['half \ud83d a pair', 'half \ufffd a pair'],
    ['\u001b[1;31mred\u001b[0m', 'red'],
    ['schÃ¶n Ã¼ber', 'schön über'],
    ['â€œquotedâ€\u009d', '"quoted"'],
    ['CAFÉ® NESTLÉ®', 'café® nestlé®'],
    ['Ã¶ 你', 'ã¶ 你'],
    ['ΟΔΟΣ İ', 'οδος i̇'],
  ])('of %j is %j', (text, clean) => {
    expect(cleanText(text)).toBe(clean);
  });

  test('is clean already', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'aB é;#&<1\n’ﬁＡ') }), (text) => {
        const clean = cleanText(text);
        expect(clean).not.toMatch(/^\s|\s$|\s\s|[A-Zﬁ’]/u);
      }),
    );
  });
});

test('a smaller vocabulary makes fewer merges, and no token it does not have', async () => {
  const tokenize = await openTokenizer();
  const whole = tokenize('a photograph of the cat');
  const small = tokenize('a photograph of the cat', 600);
  expect(small.length).toBeGreaterThan(whole.length);
  expect(Math.max(...small)).toBeLessThan(598);
  expect(tokenize('a photograph of the cat', 49_408)).toEqual(whole);
});
