import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Button } from '../../../src/bots/core/platform.ts';
import { linkTo, messageNumber, placeOf, spotOf, spotOfMessage } from '../../../src/bots/telegram/places.ts';
import { cells, cut, exceeds, formatted, inert, keyboard } from '../../../src/bots/telegram/render.ts';
import type { PlaceId } from '../../../src/edit/lineage.ts';

const button: Button = { label: 'Again', emoji: '🎲', action: 'ag', target: '0123456789' };

describe("a card's words on Telegram", () => {
  test('the title is bold, lines follow, and people’s markup stays text', () => {
    const { text, entities } = formatted({ title: '😀 #3', lines: ['"<b>*x*"', 'seed 42'] }, 4096);
    expect(text).toBe('😀 #3\n"<b>*x*"\nseed 42');
    expect(entities).toEqual([{ type: 'bold', offset: 0, length: 5 }]);
  });

  test('nobody is notified by a name in a prompt', () => {
    expect(inert('ping @somebody_else and me@example.org')).toBe('ping @\u2060somebody_else and me@\u2060example.org');
    expect(inert('by @Ann, 3 @ 4')).toBe('by @Ann, 3 @ 4');
  });

  test('words never exceed the limit, and are never cut inside a character', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 40 }), fc.integer({ min: 2, max: 30 }), (text, limit) => {
        const short = cut(text, limit);
        expect(short.length).toBeLessThanOrEqual(limit);
        expect(short).not.toMatch(/[\ud800-\udbff](?![\udc00-\udfff])/);
        expect(exceeds({ title: '', lines: [text] }, 1000)).toBe(false);
        if (text.length <= limit) expect(short).toBe(text);
      }),
    );
  });
});

test('what stands below a picture loses the ends of its longest lines, and none of the last', () => {
  const tree = Array.from({ length: 20 }, (_, at) => `     ├─ #${at} "${'雪😀'.repeat(2 * at)}" · 小波`);
  const { text, entities } = formatted({ title: '历史', lines: [...tree, '🔵 Ann · 🟢 小波'] }, 1024);
  expect(text.length).toBeLessThanOrEqual(1024); // UTF-16 units, as Telegram counts
  expect(text.split('\n')).toHaveLength(22);
  expect(text).toMatch(/\n {5}├─ #1 "雪😀雪😀" · 小波\n[\s\S]*…\n🔵 Ann · 🟢 小波$/u);
  expect(text).not.toMatch(/[\ud800-\udbff](?![\udc00-\udfff])/);
  expect(entities).toEqual([{ type: 'bold', offset: 0, length: 2 }]);
});

describe('buttons on Telegram', () => {
  test('carry their identifier and leave out what cannot be pressed', () => {
    const rows = [[button, { ...button, action: 'ls', disabled: true } as const], [{ ...button, disabled: true }]];
    expect(keyboard(rows).inline_keyboard).toEqual([[{ text: '🎲 Again', callback_data: '1:ag:0123456789:' }]]);
  });

  test('are cut to what a phone shows, where wide characters count twice', () => {
    const faces = [
      'realisticVisionV60B1_v51HyperVAE',
      '一只戴红帽子的猫坐在雪地里看着我',
      '👍🏽👍🏽👍🏽 a very long name',
    ].map((label) => keyboard([[{ ...button, label }]]).inline_keyboard[0]![0]!.text);
    for (const face of faces) {
      expect(cells(face)).toBeLessThanOrEqual(24);
      expect(face).toMatch(/^🎲 .+…$/u);
    }
    expect(cells('↩️ 撤销')).toBe(7);
  });

  test('an identifier over 64 bytes is a mistake of ours', () => {
    expect(() => keyboard([[{ ...button, arg: 'x'.repeat(50) }]])).toThrow(RangeError);
  });
});

describe('places on Telegram', () => {
  test('name a chat and its topic, also beyond 2^53', () => {
    for (const place of ['t:-1002147483647123:0', 't:9007199254740993:12']) {
      expect(placeOf(spotOf(place as never))).toBe(place);
    }
    expect(() => spotOf('d:1:2' as never)).toThrow(RangeError);
    expect(() => messageNumber('12x')).toThrow(RangeError);
  });

  test('of supergroups have addresses, private chats and basic groups have none', () => {
    expect(linkTo('t:-1002147483647:0' as PlaceId, '5')).toBe('https://t.me/c/2147483647/5');
    expect(linkTo('t:-1002147483647:12' as PlaceId, '5')).toBe('https://t.me/c/2147483647/12/5');
    for (const place of ['t:7:0', 't:-5147483640:0'] as PlaceId[]) expect(linkTo(place, '5')).toBeNull();
    expect(linkTo('t:-1002147483647:0' as PlaceId, 't:-5147483640:0/5')).toBeNull();
  });

  test('a thread outside a topic is no topic', () => {
    const chat = { id: -100 };
    expect(spotOfMessage({ chat, message_thread_id: 5, is_topic_message: true })).toEqual({ chat: '-100', topic: 5 });
    expect(spotOfMessage({ chat, message_thread_id: 5 })).toEqual({ chat: '-100', topic: null });
  });
});
