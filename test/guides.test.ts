import { readFile, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { callOf } from '../src/bots/core/calls.ts';
import { subcommandsOf } from '../src/bots/core/command.ts';
import { commandList } from '../src/bots/core/commands.ts';
import { takePreset } from '../src/bots/core/house/preset-names.ts';
import { settingNames } from '../src/bots/core/house/settings.ts';
import type { CommandIncoming } from '../src/bots/core/platform.ts';
import { parseText } from '../src/bots/core/verbs.ts';

/** Bytes of a picture in a guide at most. */
const PICTURE_LIMIT = 150_000;

const guides = ['together.md', 'together.zh.md', 'server.md', 'server.zh.md'].map((name) => `docs/guide/${name}`);

/** What stands in backticks. */
const codesIn = (page: string) => [...page.matchAll(/`([^`\n]+)`/g)].map(([, code]) => code!);

/** Whether there is a command of that name, and where it has parts, the part that is named. */
function isKnown(call: string): boolean {
  const [name = '', ...rest] = call.slice(1).split(' ');
  const command = commandList.find((one) => one.name === name);
  if (!command) return false;
  const parts = [...subcommandsOf(command).keys()];
  return rest.length === 0 || parts.length === 0 || parts.some((part) => `${rest.join(' ')} `.startsWith(`${part} `));
}

describe.each(guides)('%s', (guide) => {
  test('names commands and settings that there are', async () => {
    const codes = codesIn(await readFile(guide, 'utf8'));
    const calls = codes.filter((code) => /^\/[a-z]/.test(code) && !code.endsWith('/'));
    expect(calls.length).toBeGreaterThan(5);
    expect(calls.filter((call) => !isKnown(call))).toEqual([]);
    const settings = codes.filter((code) => /^(?:max|min|queued|credits)-[a-z-]+$/.test(code));
    expect(settings.filter((name) => !settingNames.some((known) => known === name))).toEqual([]);
  });

  test('shows calls and words that are read as they stand there', async () => {
    const codes = codesIn(await readFile(guide, 'utf8'));
    const calls = codes.filter((code) => /^\/[a-z]+ .*\d/.test(code)); // those with a value are whole
    for (const call of calls) {
      const [, name = '', text = ''] = /^\/(\w+) (.*)$/.exec(call) ?? [];
      expect(callOf({ name, sub: '', options: {}, text } as CommandIncoming)?.command.name, call).toBe(name);
    }
    const words = codes.filter((code) => /^\+ | --|^(?:again|more|less|再来|更多|更少)$|^(?:remove|移除) /.test(code));
    for (const said of words)
      expect(parseText(takePreset(said).rest), said).toMatchObject({ kind: expect.stringMatching(/verb|edit/) });
    expect(calls.length + words.length).toBeGreaterThan(2);
  });

  test('leads to pages and pictures that there are, none of them heavy', async () => {
    const page = await readFile(guide, 'utf8');
    const links = [...page.matchAll(/\]\(([^)#]+)\)/g)].map(([, link]) => join(dirname(guide), link!));
    expect(links.length).toBeGreaterThan(2);
    for (const link of links) {
      const { size } = await stat(link);
      if (/\.(?:png|webp)$/.test(link)) expect(size, link).toBeLessThan(PICTURE_LIMIT);
    }
  });
});
