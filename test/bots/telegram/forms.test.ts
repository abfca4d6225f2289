import type { Message } from 'telegraf/types';
import { describe, expect, test } from 'vitest';
import type { Form } from '../../../src/bots/core/platform.ts';
import { formAnswer, formMessage } from '../../../src/bots/telegram/forms.ts';

const field = (name: string, label: string, value: string) => ({
  name,
  label,
  value,
  long: name !== 'strength',
  required: false,
  maxLength: 1500,
});
const form: Form = {
  action: 'ed',
  target: '0123456789',
  arg: 'x',
  title: 'Edit #3',
  fields: [
    field('prompt', 'Prompt', 'a cat,\nseed: of doubt'),
    field('negative', 'Negative prompt', ''),
    field('strength', 'Strength', '0.5'),
  ],
};

/** The message as Telegram shows it to whoever replies to it. */
function sent(of: Form, language: 'en' | 'zh' = 'en'): Message {
  return {
    message_id: 7,
    date: 0,
    chat: { id: 1, type: 'private', first_name: 'Ann' },
    ...formMessage(of, language, { card: '77', asked: null }),
  };
}

describe('a form as a message', () => {
  test('holds every present value as copyable text, and says which button it is about', () => {
    const { text, entities } = formMessage(form, 'en', { card: '77', asked: { id: 5, name: 'Ann 😀' } });
    const copyable = entities
      .filter(({ type }) => type === 'code')
      .map(({ offset, length }) => text.slice(offset, offset + length));
    expect(copyable).toEqual(['a cat,\nseed: of doubt', '0.5']);
    const mention = entities.find(({ type }) => type === 'text_mention');
    expect(mention).toMatchObject({ user: { id: 5 } });
    expect(text.slice(mention!.offset, mention!.offset + mention!.length)).toBe('Ann 😀');
    expect(text.length).toBeLessThanOrEqual(4096);
  });

  test.each(['en', 'zh'] as const)('takes a plain answer as its first field and keeps the rest (%s)', (language) => {
    expect(formAnswer(sent(form, language), 'a dog: very good\non a boat')).toEqual({
      action: 'ed',
      target: '0123456789',
      arg: 'x',
      card: '77',
      values: { prompt: 'a dog: very good\non a boat', negative: '', strength: '0.5' },
    });
  });

  test('takes parameters as in any other message, where there is a field for them', () => {
    const withAdvanced = { ...form, fields: [...form.fields, field('advanced', 'Advanced', '')] };
    const answer = 'a dog\n--strength 0.9 --steps 12\n--seed 7';
    expect(formAnswer(sent(withAdvanced), answer)?.values).toMatchObject({
      prompt: 'a dog',
      advanced: '--strength 0.9 --steps 12\n--seed 7',
    });
    expect(formAnswer(sent(form), '— a dash')?.values).toMatchObject({ prompt: '— a dash' });
  });

  test('takes lines by name or label, with either colon, in any case', () => {
    const answer = '\nSTRENGTH： 0.7\nNegative prompt: blurry,\nugly';
    expect(formAnswer(sent(form), answer)?.values).toEqual({
      prompt: 'a cat,\nseed: of doubt',
      negative: 'blurry,\nugly',
      strength: '0.7',
    });
  });

  test('a line after a short field belongs to the first one', () => {
    expect(formAnswer(sent(form), 'strength: 0.7\na dog')?.values).toMatchObject({ prompt: 'a dog', strength: '0.7' });
  });

  test('clears a field that is named with nothing after it', () => {
    expect(formAnswer(sent(form), 'prompt:')?.values).toMatchObject({ prompt: '' });
  });

  test('shows a very long value in part, and leaves it out of the answer unless it is named', () => {
    const long = { ...form, fields: [field('prompt', 'Prompt', 'x'.repeat(4000)), form.fields[2]!] };
    const { text } = formMessage(long, 'en', { card: null, asked: null });
    expect(text.length).toBeLessThan(4096);
    expect(formAnswer(sent(long), 'strength: 1')?.values).toEqual({ strength: '1' });
    expect(formAnswer(sent(long), 'short')?.values).toEqual({ prompt: 'short', strength: '0.5' });
  });

  test('is not seen in other messages, nor in links that say nothing', () => {
    const plain = { ...sent(form), entities: [] } as Message;
    expect(formAnswer(plain, 'x')).toBeUndefined();
    const forged = {
      ...sent(form),
      entities: [{ type: 'text_link', offset: 0, length: 1, url: 'https://t.me/#form-AAAA' }],
    };
    expect(formAnswer(forged as Message, 'x')).toBeUndefined();
  });
});
