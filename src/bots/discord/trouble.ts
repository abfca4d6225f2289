import type { Refusal } from '../../errors.ts';
import { languageOf } from '../core/language.ts';
import { messagesIn, troubleOf } from '../core/messages/index.ts';
import type { Card } from '../core/platform.ts';

/** A refusal that is noticed here, in the person's language. */
export function troubleCard({ code: which, details }: Refusal, locale: string | null): Card {
  const messages = messagesIn(languageOf(locale) ?? 'en');
  const { what, why, next } = troubleOf(messages, { code: which, details } as Parameters<typeof troubleOf>[1]);
  const lines = [why, next].filter((line) => line !== '');
  return { title: `⚠ ${what}`, lines, images: [], rows: [], tone: 'warning', spoiler: false };
}
