import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { chunkText, emptyChunk, openClipTokens } from '../../../src/engine/prompt/chunks.ts';
import { embeddingFinder } from '../../../src/engine/prompt/embeddings.ts';
import { openTokenizer } from '../../../src/engine/prompt/tokenizer.ts';

const tokenize = await openTokenizer();
const none = embeddingFinder([], tokenize);
const options = { tokenize, findEmbedding: none, emphasis: 'Original', commaPaddingBacktrack: 20 } as const;

describe('chunks', () => {
  test('always have 77 tokens between start and end, and one weight for each', () => {
    const word = fc.constantFrom('cat', ',', 'BREAK', '(a', 'b:1.3)', '[', 'unbelievable', 'emb', '🐱');
    const findEmbedding = embeddingFinder([{ name: 'emb', vectors: 7 }], tokenize);
    fc.assert(
      fc.property(fc.array(word, { maxLength: 300 }), fc.nat({ max: 74 }), (words, commaPaddingBacktrack) => {
        const { chunks, tokenCount } = chunkText(words.join(' '), { ...options, findEmbedding, commaPaddingBacktrack });
        expect(chunks.every(({ tokens }) => tokens.length === 77 && tokens[0] === 49406 && tokens[76] === 49407)).toBe(
          true,
        );
        expect(chunks.every(({ multipliers }) => multipliers.length === 77)).toBe(true);
        expect(tokenCount).toBeLessThanOrEqual(chunks.length * 75);
      }),
    );
  });

  test('hold all tokens in order when nothing but their number cuts them', () => {
    const text = 'red blue green yellow '.repeat(50);
    const { chunks } = chunkText(text, { ...options, commaPaddingBacktrack: 0 });
    const inside = chunks.flatMap(({ tokens }) => tokens.slice(1, -1)).filter((token) => token !== 49407);
    expect(inside).toEqual(tokenize(text));
  });

  test('weigh every token of a bracket, unless emphasis is None and the bracket is text', () => {
    const weighted = chunkText('a (big cat:1.5)', options);
    expect(weighted.chunks[0]!.multipliers.slice(0, 5)).toEqual([1, 1, 1.5, 1.5, 1]);
    const plain = chunkText('a (big cat:1.5)', { ...options, emphasis: 'None' });
    expect(new Set(plain.chunks[0]!.multipliers)).toEqual(new Set([1]));
    expect(plain.tokenCount).toBeGreaterThan(weighted.tokenCount);
  });

  test('of no text are the empty chunk', () => {
    expect(chunkText('', options).chunks).toEqual([emptyChunk]);
  });

  test('are refilled with zeros after the first end for the encoders that were trained so', () => {
    expect(openClipTokens(emptyChunk.tokens)).toEqual([49406, 49407, ...Array<number>(75).fill(0)]);
  });
});

describe('textual inversions', () => {
  test('are found by the longest name, whatever its capitals, also inside a longer run', () => {
    const names = [
      { name: 'bad', vectors: 1 },
      { name: 'bad hand', vectors: 2 },
      { name: 'BAD HAND', vectors: 3 },
    ];
    const find = embeddingFinder(names, tokenize);
    const tokens = tokenize('very Bad Hand, bad');
    expect([1, 2, 3, 4].map((at) => find(tokens, at)?.name)).toEqual(['bad hand', undefined, undefined, 'bad']);
  });

  test('that no chunk could hold are not found', () => {
    expect(embeddingFinder([{ name: 'big', vectors: 76 }], tokenize)(tokenize('big'), 0)).toBeUndefined();
    expect(embeddingFinder([{ name: 'big', vectors: 75 }], tokenize)(tokenize('big'), 0)).toMatchObject({ tokens: 1 });
  });
});
