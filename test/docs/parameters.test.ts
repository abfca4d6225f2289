import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { groups, parametersPage } from '../../scripts/parameter-pages.ts';
import { fieldNames } from '../../src/edit/fields.ts';

test('every parameter is on the page once', () => {
  expect(groups.flatMap((group) => group.fields).toSorted()).toEqual([...fieldNames].toSorted());
});

test.each([
  ['en', 'docs/guide/parameters.md'],
  ['zh', 'docs/guide/parameters.zh.md'],
] as const)('the page in %s says what the table says', async (language, path) => {
  expect(await readFile(path, 'utf8')).toBe(parametersPage(language));
});
