import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { buttonGroups } from '../../scripts/button-words.ts';
import { commandsPage } from '../../scripts/command-pages.ts';
import { groups, parametersPage } from '../../scripts/parameter-pages.ts';
import { commandList } from '../../src/bots/core/commands.ts';
import { messagesIn } from '../../src/bots/core/messages/index.ts';
import { fieldNames } from '../../src/edit/fields.ts';

test('every parameter is on the page once', () => {
  expect(groups.flatMap((group) => group.fields).toSorted()).toEqual([...fieldNames].toSorted());
});

test('every command and every button is explained once', () => {
  const page = commandsPage('en');
  for (const { name } of commandList) expect(page).toMatch(new RegExp(`^(- \`|### )/${name}\\b`, 'm'));
  const explained = buttonGroups.flatMap(({ buttons }) => Object.keys(buttons));
  expect(explained.toSorted()).toEqual(Object.keys(messagesIn('en').buttons).toSorted());
});

test.each([
  ['docs/guide/parameters.md', parametersPage('en')],
  ['docs/guide/parameters.zh.md', parametersPage('zh')],
  ['docs/guide/commands.md', commandsPage('en')],
  ['docs/guide/commands.zh.md', commandsPage('zh')],
])('%s says what the tables say', async (path, page) => {
  expect(await readFile(path, 'utf8')).toBe(page);
});
