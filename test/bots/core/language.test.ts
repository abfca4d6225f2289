import { expect, test } from 'vitest';
import { languageForPerson, languageForPlace, languageOf } from '../../../src/bots/core/language.ts';

test('locales of the platforms', () => {
  expect(['zh-CN', 'zh-TW', 'zh-hans', 'ZH', 'en-US', 'en', 'de', null].map(languageOf)).toEqual([
    ...['zh', 'zh', 'zh', 'zh', 'en', 'en', undefined, undefined],
  ]);
});

const base = {
  chosen: null,
  ofPlace: null,
  speaker: { locale: 'zh-CN' },
  where: { kind: 'room', locale: 'en-US' },
} as const;

test('one person alone reads their client’s language, a room the server’s', () => {
  expect(languageForPerson(base)).toBe('zh');
  expect(languageForPlace(base)).toBe('en');
  expect(languageForPlace({ ...base, where: { kind: 'private', locale: null } })).toBe('zh');
});

test('what was chosen wins, English is last', () => {
  expect(languageForPerson({ ...base, chosen: 'en' })).toBe('en');
  expect(languageForPlace({ ...base, ofPlace: 'zh' })).toBe('zh');
  expect(languageForPlace({ ...base, speaker: { locale: 'de' }, where: { kind: 'room', locale: null } })).toBe('en');
});
