import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { GoldenOutcome } from '../../src/golden/outcome.ts';
import { promptCases, tokenizerCases } from '../../src/golden/prompts.ts';

const golden = new URL('models/', import.meta.url).pathname;

async function outcomesOf(cases: AsyncIterable<GoldenOutcome>): Promise<GoldenOutcome[]> {
  const outcomes: GoldenOutcome[] = [];
  for await (const outcome of cases) outcomes.push(outcome);
  return outcomes;
}

describe('the golden data about prompts', () => {
  test('is met by the tokenizer in every case', async () => {
    const outcomes = await outcomesOf(tokenizerCases(join(golden, 'tokenizer')));
    expect(outcomes.length).toBeGreaterThan(70);
    expect(outcomes.filter(({ status }) => status !== 'ok')).toEqual([]);
  });

  test('is met by every parser, the chunks and the emphasis in every case', async () => {
    const outcomes = await outcomesOf(promptCases(join(golden, 'prompts')));
    expect(outcomes.length).toBeGreaterThan(250);
    expect(outcomes.filter(({ status }) => status !== 'ok')).toEqual([]);
  });
});

describe('golden data that says something else', () => {
  let dir: string;

  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'palimpsest-prompts-'));
    await cp(join(golden, 'prompts'), dir, { recursive: true });
  });
  afterAll(async () => {
    await rm(dir, { recursive: true });
  });

  test.each(['attention', 'chunks', 'comments', 'extra_networks', 'multicond', 'reconstruct', 'schedule', 'styles'])(
    'makes a case of %s.json fail, and only that one',
    async (file) => {
      const path = join(dir, `${file}.json`);
      const original = await readFile(path, 'utf8');
      await writeFile(path, spoilt(original));
      const failed = (await outcomesOf(promptCases(dir))).filter(({ status }) => status === 'failed');
      await writeFile(path, original);
      expect(failed).toHaveLength(1);
      expect(failed[0]!.name).toContain(`${file}.json 0:`);
    },
  );

  test('is reported as not covered when it is of a new kind', async () => {
    await writeFile(join(dir, 'new.json'), '[]');
    const outcomes = await outcomesOf(promptCases(dir));
    await rm(join(dir, 'new.json'));
    expect(outcomes.filter(({ status }) => status === 'not covered').map(({ name }) => name)).toEqual(['new.json']);
  });
});

/** The first case with a different result: the answer is the last thing every case states. */
function spoilt(text: string): string {
  const [first, ...rest] = JSON.parse(text) as Record<string, unknown>[];
  const entries = Object.entries(first!);
  const answer = entries.findIndex(([key]) => ['result', 'chunks', 'text_after', 'parts', 'segments', 'schedule'].includes(key));
  entries[answer] = [entries[answer]![0], 'something else'];
  if (entries[answer]![0] === 'chunks') entries[answer] = ['chunks', [{ tokens: [0], multipliers: [1], fixes: [] }]];
  return JSON.stringify([Object.fromEntries(entries), ...rest]);
}
