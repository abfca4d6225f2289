import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { containerOf } from '../../../src/bots/discord/render.ts';
import { cutToMessage, inert } from '../../../src/bots/discord/text.ts';
import { checkComponents } from '../../support/discord-stand-in/components.ts';
import type { JsonObject } from '../../support/discord-stand-in/json.ts';
import { plain } from './adapter.ts';

/** Reads a text as Discord does when it takes backslashes before punctuation away. */
const shown = (text: string): string => text.replace(/\\([!-/:-@[-`{-~])/g, '$1').replaceAll('\u2060', '');

describe("people's words", () => {
  test.each([
    ['**bold** _it_ ~~no~~ `code` ||spoiler||', String.raw`\*\*bold\*\* \_it\_ \~\~no\~\~ \`code\` \|\|spoiler\|\|`],
    ['<@1> <#2> <:cat:3> <t:4>', String.raw`\<@1> \<#2> \<:cat:3> \<t:4>`],
    ['# big\n-# small\n> said\n- item\n1. first', '\\# big\n-\\# small\n\\> said\n\\- item\n1\\. first'],
    ['@everyone and @here, @Ann', '@\u2060everyone and @\u2060here, @Ann'],
    ['[a](https://x.y)', String.raw`\[a\](https://x.y)`],
    ['#3 · img2img · (hat:1.2), 1.5x', '#3 · img2img · (hat:1.2), 1.5x'],
  ])('%j stay words', (words, written) => {
    expect(inert(words)).toBe(written);
  });

  test('read the same as they were written', () =>
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'ab*_~`|<[]()#>-+1. \n@') }), (words) => {
        expect(shown(inert(words))).toBe(words);
      }),
    ));

  test('fit a message, whatever they are made of', () =>
    fc.assert(
      fc.property(
        fc.constantFrom('a', '的', '😀', '*', '_的', '\\'),
        fc.integer({ min: 0, max: 6000 }),
        (unit, count) => {
          const text = cutToMessage(inert(unit.repeat(count)));
          expect(text.length).toBeLessThanOrEqual(4000);
          expect(Buffer.byteLength(text) + 12).toBeLessThanOrEqual(10_170);
          expect(text).not.toMatch(/[\ud800-\udbff](?![\udc00-\udfff])|(?<!\\)(?:\\\\)*\\…$/);
          if (count * unit.length * 2 < 3000) expect(text).toBe(inert(unit.repeat(count)));
        },
      ),
    ));
});

test('every card keeps the limits of components', () =>
  fc.assert(
    fc.property(
      fc.string({ maxLength: 5000, unit: 'grapheme' }),
      fc.array(fc.string({ maxLength: 400, unit: 'grapheme' }), { maxLength: 40 }),
      fc.array(fc.integer({ min: 1, max: 9 }), { maxLength: 6 }),
      fc.integer({ min: 0, max: 10 }),
      (title, lines, widths, pictures) => {
        const rows = widths.map((width, row) =>
          Array.from({ length: width }, (_, at) => ({
            label: title.slice(0, 100) || 'x',
            action: 'ag' as const,
            target: '0123456789',
            arg: `${row}.${at}`,
          })),
        );
        const shownPictures = Array.from({ length: pictures }, (_, at) => ({
          name: `${at}.png`,
          description: title,
          asFile: false,
        }));
        const container = containerOf({ ...plain, title, lines, rows }, shownPictures) as unknown as JsonObject;
        expect(checkComponents([container], true).size).toBe(pictures);
        expect((container.components as unknown[]).length).toBeLessThanOrEqual(10);
      },
    ),
  ));
