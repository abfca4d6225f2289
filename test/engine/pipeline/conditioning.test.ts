import { describe, expect, test } from 'vitest';
import {
  type EncodeText,
  encodePrompts,
  promptDefaults,
  type RowFix,
} from '../../../src/engine/pipeline/conditioning.ts';
import { openTokenizer } from '../../../src/engine/prompt/tokenizer.ts';
import { stretchAt } from '../../../src/engine/sampling/conditioning.ts';
import type { Tensor } from '../../../src/engine/tensor/tensor.ts';

const tokenize = await openTokenizer();
const rowLength = 77;

/** Stands in for a text encoder: each token says its own id, in as many columns as `width`, plus one for the clip skip. */
function idStates(rows: readonly (readonly number[])[], width: number, clipSkip: number): Tensor {
  const data = rows.flatMap((tokens) => tokens.flatMap((id) => [...Array<number>(width).fill(id), clipSkip]));
  return { data: Float32Array.from(data), shape: [rows.length, rowLength, width + 1] };
}

interface Recorded {
  readonly rows: (readonly number[])[];
  readonly fixes: RowFix[];
}

function recordingEncoder(): { readonly encodeText: EncodeText; readonly recorded: Recorded } {
  const recorded: Recorded = { rows: [], fixes: [] };
  const encodeText: EncodeText = (tokenRows, clipSkip, fixes) => {
    recorded.rows.push(...tokenRows);
    recorded.fixes.push(...fixes);
    return Promise.resolve({ states: [idStates(tokenRows, 1, clipSkip)] });
  };
  return { encodeText, recorded };
}

const request = { ...promptDefaults, prompt: '', negativePrompt: '', steps: 4, clipSkip: 2 };

describe('the conditioning of a pair of prompts', () => {
  test('has a context per stretch of time, and shares those of the same text', async () => {
    const { encodeText, recorded } = recordingEncoder();
    const { parts, uncond } = await encodePrompts(tokenize, encodeText, { ...request, prompt: '[cat|dog]' });
    const [schedule] = parts.map((part) => part.schedule);
    expect(schedule!.map(({ endAt }) => endAt)).toEqual([1, 2, 3, 4]);
    expect(schedule![2]!.cond).toBe(schedule![0]!.cond);
    expect([...schedule![1]!.cond.data.slice(0, 6)]).toEqual([49406, 2, 1929, 2, 49407, 2]);
    expect(uncond).toHaveLength(1);
    expect(recorded.rows).toHaveLength(3); // cat, dog, nothing
  });

  test('has the parts of AND with their weights, each as long as its own text', async () => {
    const { encodeText } = recordingEncoder();
    const prompt = 'a BREAK b BREAK c AND d :0.5';
    const { parts, uncond } = await encodePrompts(tokenize, encodeText, { ...request, prompt });
    expect(parts.map(({ weight }) => weight)).toEqual([1, 0.5]);
    expect(parts.map(({ schedule }) => schedule[0]!.cond.shape)).toEqual([
      [231, 2],
      [77, 2],
    ]);
    expect(uncond[0]!.cond.shape).toEqual([77, 2]);
  });

  test('gives every stretch of a part as many chunks as the longest one needs', async () => {
    const { encodeText } = recordingEncoder();
    const { parts } = await encodePrompts(tokenize, encodeText, { ...request, prompt: '[a:b BREAK c:2]' });
    const [short] = parts[0]!.schedule;
    expect(short!.cond.shape).toEqual([154, 2]);
    expect([...short!.cond.data.slice(154, 160)]).toEqual([49406, 2, 49407, 2, 49407, 2]);
  });

  test('keeps the mean under Original emphasis, over all texts of the part together', async () => {
    const { encodeText } = recordingEncoder();
    const mean = (conds: readonly Tensor[]) => {
      const values = conds.flatMap(({ data }) => [...data]);
      return values.reduce((sum, value) => sum + value, 0) / values.length;
    };
    const contexts = async (prompt: string) => {
      const { parts } = await encodePrompts(tokenize, encodeText, { ...request, prompt });
      return parts[0]!.schedule.map(({ cond }) => cond);
    };
    const weighted = await contexts('[(cat:2)|(dog:0.1)|(dog:0.1)]');
    const plain = await contexts('[cat|dog|dog]');
    expect(mean(weighted) / mean(plain)).toBeCloseTo(1, 5);
    const ratio = weighted[0]!.data[0]! / plain[0]!.data[0]!; // the start token, whose own weight is 1
    expect(ratio).not.toBeCloseTo(1, 5);
    expect(weighted[1]!.data[0]! / plain[1]!.data[0]!).toBeCloseTo(ratio, 6);
  });

  test('tells the encoder where a textual inversion goes, also when two texts differ in nothing else', async () => {
    const { encodeText, recorded } = recordingEncoder();
    const vectors = (n: number) => [{ data: new Float32Array(n * 2), shape: [n, 2] }];
    const embeddings = [
      { name: 'hat', vectors: vectors(2) },
      { name: 'dog', vectors: vectors(2) },
    ];
    await encodePrompts(tokenize, encodeText, { ...request, prompt: 'a hat AND a dog', embeddings });
    expect(recorded.fixes.map(({ row, offset, embedding }) => [row, offset, embedding.name])).toEqual([
      [0, 1, 'hat'],
      [1, 1, 'dog'],
    ]);
  });

  test('joins the widths of several encoders, and pools the first chunk', async () => {
    const encodeText: EncodeText = (rows, clipSkip) => {
      const pooled = { data: Float32Array.from(rows, (tokens) => tokens[1]!), shape: [rows.length, 1] };
      return Promise.resolve({ states: [idStates(rows, 1, clipSkip), idStates(rows, 2, 9)], pooled });
    };
    const { parts } = await encodePrompts(tokenize, encodeText, { ...request, prompt: 'cat BREAK dog' });
    const { cond, pooled } = parts[0]!.schedule[0]!;
    expect(cond.shape).toEqual([154, 5]);
    expect([...cond.data.slice(5, 10)]).toEqual([2368, 2, 2368, 2368, 9]);
    expect([...pooled!.data]).toEqual([2368]);
  });

  test('is all zeros for an empty negative prompt where the family wants it so', async () => {
    const { encodeText } = recordingEncoder();
    const zero = async (negativePrompt: string) => {
      const { uncond } = await encodePrompts(tokenize, encodeText, {
        ...request,
        negativePrompt,
        zeroEmptyNegative: true,
      });
      return uncond.every(({ cond }) => cond.data.every((value) => value === 0));
    };
    expect(await zero('')).toBe(true);
    expect(await zero('[:blurry:2]')).toBe(false);
  });

  test('is refused for prompts that no one writes', async () => {
    const { encodeText } = recordingEncoder();
    const encode = (prompt: string) => encodePrompts(tokenize, encodeText, { ...request, prompt, steps: 150 });
    const swaps = Array.from({ length: 149 }, (_, i) => `[a:b:${i + 1}]`).join('');
    await expect(encode('('.repeat(20_001))).rejects.toMatchObject({
      code: 'prompt-too-long',
      details: { limit: 20_000 },
    });
    await expect(encode(`${swaps}${'long '.repeat(100)}`)).rejects.toMatchObject({ code: 'prompt-too-long' });
  });
});

describe('the stretch of a schedule', () => {
  test('is the first that has not ended, and the first of all when none is left', () => {
    const schedule = [{ endAt: 2 }, { endAt: 5 }];
    expect([0, 2, 3, 5, 6].map((call) => schedule.indexOf(stretchAt(schedule, call)))).toEqual([0, 0, 1, 1, 0]);
    expect(() => stretchAt([], 0)).toThrow(RangeError);
  });
});
